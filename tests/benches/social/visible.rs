//! From sending a post to the moment when the last of fifty followers can read it in their feed.
//!
//! How it is looked at without loading the machine with looking: one follower, another each time, asks for
//! the newest post of their feed every millisecond or two. Once they see the post the other 49 are asked over
//! eight connections, each again and again until they see it too. The clock runs from before the post is
//! sent until the last of these answers has come, so the reading of 49 feeds is in the time; how long it
//! takes is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nova_testkit::bench::{Row, percentile};
use nova_tests::connection::{Connection, request};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Extent;
use crate::background::Background;
use crate::pages::first_id;
use crate::platform::Platform;
use crate::population::{OF_ONE_LENGTH, Population, User};

const FOLLOWERS: usize = 50;
const LANES: usize = 8;
const GOAL_P99_MS: f64 = 100.0;
/// Between two questions of the same follower.
const PAUSE: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(30);
/// Posts before the timed ones, so that every part has its connections and its code at hand.
const WARM_UP: usize = 20;

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let platform = Platform::start().await?;
    let population =
        Arc::new(Population::settle(platform.target, &platform.databases, extent.crowd).await?);
    let mut stage = Stage::set(&platform).await?;
    stage.time(WARM_UP).await?;
    let idle = stage.time(extent.timed_posts).await?;
    println!("{}", idle.row("idle".to_owned()));
    let background = Background::start(&platform, &population).await?;
    stage.time(WARM_UP).await?;
    let busy = stage.time(extent.timed_posts).await?;
    let rate = background.stop().await?;
    println!("{}", busy.row(format!("with {rate:.0} posts/s by others")));
    platform.stop().await
}

/// An author whom fifty users follow who follow nobody else: the newest post of their feeds is the author's.
struct Stage {
    author: User,
    posting: Connection,
    watching: Connection,
    lanes: Vec<Connection>,
    followers: Vec<Arc<User>>,
    rng: StdRng,
}

/// Microseconds, sorted.
struct Times {
    /// Until the post was acknowledged.
    acknowledged: Vec<u32>,
    /// Until it was seen by the follower who asked all the time.
    by_one: Vec<u32>,
    by_all: Vec<u32>,
}

impl Stage {
    async fn set(platform: &Platform) -> anyhow::Result<Self> {
        let mut posting = platform.target.connect().await?;
        let author = User::register(&mut posting, "author").await?;
        let mut followers = Vec::with_capacity(FOLLOWERS);
        for number in 0..FOLLOWERS {
            let follower = User::register(&mut posting, &format!("follower_{number}")).await?;
            let follow = request(
                "PUT",
                &format!("/v1/users/{}/follow", author.id),
                Some(&follower.token),
            );
            posting.expect(204, &follow).await?;
            followers.push(Arc::new(follower));
        }
        let mut lanes = Vec::with_capacity(LANES);
        for _ in 0..LANES {
            lanes.push(platform.target.connect().await?);
        }
        let watching = platform.target.connect().await?;
        Ok(Self {
            author,
            posting,
            watching,
            lanes,
            followers,
            rng: StdRng::seed_from_u64(2),
        })
    }

    /// Posts one after the other, with pauses in between that keep no step with any timer.
    async fn time(&mut self, posts: usize) -> anyhow::Result<Times> {
        let mut times = Times {
            acknowledged: Vec::new(),
            by_one: Vec::new(),
            by_all: Vec::new(),
        };
        for _ in 0..posts {
            sleep(Duration::from_millis(self.rng.random_range(50..150))).await;
            let [acknowledged, by_one, by_all] = self.time_one().await?;
            times.acknowledged.push(acknowledged);
            times.by_one.push(by_one);
            times.by_all.push(by_all);
        }
        for times in [
            &mut times.acknowledged,
            &mut times.by_one,
            &mut times.by_all,
        ] {
            times.sort_unstable();
        }
        Ok(times)
    }

    async fn time_one(&mut self) -> anyhow::Result<[u32; 3]> {
        let post = self.author.new_post(&mut self.rng, OF_ONE_LENGTH);
        let first = self.rng.random_range(0..FOLLOWERS);
        let began = Instant::now();
        let micros = || u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
        let answer = self.posting.ask(&post).await?;
        let acknowledged = micros();
        ensure!(
            answer.status == 201,
            "a post was answered with {}",
            answer.status
        );
        let id: Arc<str> = first_id(answer.body).context("a post without id")?.into();
        let follower = self.followers.get(first).context("a follower")?;
        wait_until_seen(&mut self.watching, follower, &id).await?;
        let by_one = micros();
        let mut sweep = JoinSet::new();
        for (number, mut lane) in self.lanes.drain(..).enumerate() {
            let others = self
                .followers
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != first);
            let share: Vec<Arc<User>> = others
                .skip(number)
                .step_by(LANES)
                .map(|(_, user)| user.clone())
                .collect();
            let id = id.clone();
            sweep.spawn(async move {
                for follower in share {
                    wait_until_seen(&mut lane, &follower, &id).await?;
                }
                anyhow::Ok(lane)
            });
        }
        while let Some(lane) = sweep.join_next().await {
            self.lanes.push(lane??);
        }
        Ok([acknowledged, by_one, micros()])
    }
}

async fn wait_until_seen(
    connection: &mut Connection,
    follower: &User,
    post: &str,
) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let answer = connection.ask(&follower.newest_of_home).await?;
        ensure!(
            answer.status == 200,
            "a feed was answered with {}",
            answer.status
        );
        if first_id(answer.body) == Some(post) {
            return Ok(());
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "a post is not in a feed after {PATIENCE:?}"
        );
        sleep(PAUSE).await;
    }
}

impl Times {
    fn row(&self, circumstances: String) -> Row {
        let millis = |sorted, percent| f64::from(percentile(sorted, percent)) / 1_000.0;
        let p99 = millis(&self.by_all, 99.0);
        Row {
            what: format!("post → visible to the last of {FOLLOWERS} followers, {circumstances}"),
            measured: format!(
                "p50 {:.1} ms, p99 {p99:.1} ms of {} posts (acknowledged p50 {:.1} ms; seen by the first asked p50 \
                 {:.1} ms, p99 {:.1} ms)",
                millis(&self.by_all, 50.0),
                self.by_all.len(),
                millis(&self.acknowledged, 50.0),
                millis(&self.by_one, 50.0),
                millis(&self.by_one, 99.0),
            ),
            goal: format!("p99 ≤ {GOAL_P99_MS} ms"),
            met: Some(p99 <= GOAL_P99_MS),
            ..Row::default()
        }
    }
}
