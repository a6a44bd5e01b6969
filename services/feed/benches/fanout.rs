//! How fast a post gets into its followers' cached timelines, against plain ZADDs of the same members
//! on the same server.
//!
//! `scripts/bench fanout` runs it with servers of its own. By hand, inside `nova servers --`:
//! `cargo bench --workspace --bench fanout -- [--quick]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nova_feed::store::redis::Redis;
use nova_feed::store::timelines::{Timeline, Timelines};
use nova_ids::{PostId, UserId};
use nova_service::postgres::migrator;
use nova_service::redis::Access;
use nova_testkit::Stack;
use nova_testkit::bench::{Rounds, Row, grouped};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use redis::aio::MultiplexedConnection;
use tokio::task::JoinSet;

const GOAL: f64 = 0.7;
/// What a timeline holds by default.
const LENGTH: usize = 500;
/// What Postgres may take to answer; nothing here waits for it.
const DEADLINE: Duration = Duration::from_secs(10);
/// Posts on their way at once: a consumer has a lane per partition.
const LANES: usize = 4;
/// ZADDs sent together.
const PIPELINE: usize = 1_000;
const AUTHORS: usize = 50;

/// How much to do.
struct Extent {
    users: usize,
    followers: usize,
    posts: usize,
    rounds: usize,
}

const WHOLE: Extent = Extent {
    users: 5_000,
    followers: 1_000,
    posts: 1_000,
    rounds: 3,
};
const QUICK: Extent = Extent {
    users: 200,
    followers: 50,
    posts: 50,
    rounds: 1,
};

fn main() -> anyhow::Result<()> {
    let is_quick = std::env::args().any(|arg| arg == "--quick");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(if is_quick { QUICK } else { WHOLE }))
}

async fn measure(extent: Extent) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack.create_database("feed", "").await;
    migrator(&nova_feed::MIGRATIONS)?.run(&pool).await?;
    let url = std::env::var("NOVA_TEST_REDIS").context("NOVA_TEST_REDIS is not set")?;
    let prefix = format!("{}nova:", stack.redis_prefix);
    let server = Access::default().server("NOVA_TEST_REDIS", &url.parse()?, DEADLINE)?;
    let redis = Redis::new(server, pool, DEADLINE);
    redis.look().await;
    let timelines = Timelines::new(redis, &prefix, LENGTH);
    let mut rng = StdRng::seed_from_u64(1);
    let users: Vec<UserId> = (0..extent.users).map(|_| UserId::new()).collect();
    let audiences: Vec<Vec<UserId>> = (0..AUTHORS)
        .map(|_| users.sample(&mut rng, extent.followers).copied().collect())
        .collect();
    let plain = Plain {
        redis: stack.redis().await,
        prefix: format!("{}plain:", stack.redis_prefix),
    };
    let old: Vec<PostId> = (0..LENGTH).map(|_| PostId::new()).collect();
    build(&timelines, &users, &old).await?;
    plain.build(&users, &old).await?;

    let inserts = (extent.posts * extent.followers) as f64;
    let (mut nova, mut zadd) = (Rounds::default(), Rounds::default());
    for round in 1..=extent.rounds {
        let first = fan_out(&timelines, &audiences, extent.posts).await?;
        // As long as the others again.
        plain.trim(&users).await?;
        let second = plain.fan_out(&audiences, extent.posts).await?;
        let (first, second) = (
            inserts / first.as_secs_f64(),
            inserts / second.as_secs_f64(),
        );
        println!(
            "fan-out, round {round}: nova {} /s, pipelined ZADD {} /s",
            grouped(first),
            grouped(second)
        );
        nova.push(first);
        zadd.push(second);
    }
    println!("{}", row(&extent, &nova, &zadd));
    stack.finish().await;
    Ok(())
}

fn row(extent: &Extent, nova: &Rounds, zadd: &Rounds) -> Row {
    let ratio = nova.median() / zadd.median();
    Row {
        what: format!(
            "fan-out: posts into the timelines of {} followers each, {} timelines of {LENGTH} posts",
            grouped(extent.followers as f64),
            grouped(extent.users as f64)
        ),
        measured: format!("{nova} timeline inserts"),
        limit: format!("pipelined ZADD of the same members, nothing checked or cut: {zadd}"),
        ratio: format!("{ratio:.2}"),
        goal: format!("≥ {GOAL}"),
        met: Some(ratio >= GOAL),
    }
}

/// Full timelines for all, as readers make them.
async fn build(timelines: &Timelines, users: &[UserId], posts: &[PostId]) -> anyhow::Result<()> {
    for user in users {
        let build = timelines.begin_build(timeline(timelines, *user)).await?;
        timelines.finish_build(build, posts, true).await?;
    }
    Ok(())
}

/// Fans that many new posts out, each author's to the same followers, and looks that they arrived.
async fn fan_out(
    timelines: &Timelines,
    audiences: &[Vec<UserId>],
    posts: usize,
) -> anyhow::Result<Duration> {
    let posts: Vec<PostId> = (0..posts).map(|_| PostId::new()).collect();
    let mut lanes = JoinSet::new();
    let began = Instant::now();
    for lane in 0..LANES {
        let timelines = timelines.clone();
        let work = share_of(lane, audiences, &posts);
        lanes.spawn(async move {
            for (followers, post) in work {
                let followers = followers.iter().map(|user| timeline(&timelines, *user));
                let followers: Vec<Timeline> = followers.collect();
                timelines.add(&followers, &[post]).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane??;
    }
    let took = began.elapsed();
    for (at, post) in posts.iter().enumerate().rev().take(AUTHORS) {
        let follower = audiences[at % AUTHORS]
            .first()
            .context("an author without followers")?;
        let follower = timeline(timelines, *follower);
        let cached = timelines.read(follower, None, 2 * LENGTH).await?;
        let ids = cached.map(|cached| cached.ids).unwrap_or_default();
        ensure!(ids.contains(post), "a timeline lacks its post");
        // They are cut now and then, not at each post.
        ensure!(
            ids.len() < 2 * LENGTH,
            "a timeline is not cut to its length"
        );
    }
    Ok(took)
}

/// Of the generation that is valid.
fn timeline(timelines: &Timelines, user: UserId) -> Timeline {
    let version = timelines.redis().epoch();
    Timeline { user, version }
}

/// What a lane has to do: every so many-th post, with whom it is for.
fn share_of(
    lane: usize,
    audiences: &[Vec<UserId>],
    posts: &[PostId],
) -> Vec<(Vec<UserId>, PostId)> {
    let posts = posts
        .iter()
        .enumerate()
        .filter(|(at, _)| at % LANES == lane);
    posts
        .map(|(at, post)| (audiences[at % audiences.len()].clone(), *post))
        .collect()
}

/// Sorted sets of the same members under names of the same length, without anything that makes them
/// timelines.
struct Plain {
    redis: MultiplexedConnection,
    prefix: String,
}

impl Plain {
    async fn build(&self, users: &[UserId], posts: &[PostId]) -> anyhow::Result<()> {
        for user in users {
            let key = self.key(*user);
            let mut pipe = redis::pipe();
            for post in posts {
                pipe.zadd(&key, member(*post), 0).ignore();
            }
            pipe.exec_async(&mut self.redis.clone()).await?;
        }
        Ok(())
    }

    async fn trim(&self, users: &[UserId]) -> anyhow::Result<()> {
        let beyond = -(LENGTH as isize) - 1;
        for some in users.chunks(PIPELINE) {
            let mut pipe = redis::pipe();
            for user in some {
                pipe.zremrangebyrank(self.key(*user), 0, beyond).ignore();
            }
            pipe.exec_async(&mut self.redis.clone()).await?;
        }
        Ok(())
    }

    async fn fan_out(&self, audiences: &[Vec<UserId>], posts: usize) -> anyhow::Result<Duration> {
        let posts: Vec<PostId> = (0..posts).map(|_| PostId::new()).collect();
        let mut lanes = JoinSet::new();
        let began = Instant::now();
        for lane in 0..LANES {
            let (mut redis, prefix) = (self.redis.clone(), self.prefix.clone());
            let work = share_of(lane, audiences, &posts);
            lanes.spawn(async move {
                for (followers, post) in work {
                    let member = member(post);
                    for some in followers.chunks(PIPELINE) {
                        let mut pipe = redis::pipe();
                        for user in some {
                            pipe.zadd(key(&prefix, *user), &member, 0).ignore();
                        }
                        pipe.exec_async(&mut redis).await?;
                    }
                }
                anyhow::Ok(())
            });
        }
        while let Some(lane) = lanes.join_next().await {
            lane??;
        }
        Ok(began.elapsed())
    }

    fn key(&self, user: UserId) -> String {
        key(&self.prefix, user)
    }
}

fn key(prefix: &str, user: UserId) -> String {
    format!("{prefix}feed:0:{}", user.uuid().simple())
}

fn member(post: PostId) -> String {
    post.uuid().simple().to_string()
}
