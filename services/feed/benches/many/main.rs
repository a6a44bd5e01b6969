//! What one account can do to the feeds of others: an author whom a million follow, somebody who follows 5,000, and
//! somebody who does nothing but toggle a follow and read.
//!
//! `scripts/bench many` runs it with servers of its own. By hand, inside `nova servers --`:
//! `cargo bench --workspace --bench many -- [--quick]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod load;
mod world;

use std::time::{Duration, Instant};

use anyhow::ensure;
use nova_feed::domain::Item;
use nova_feed::store::home::Home;
use nova_feed::store::merges::Merges;
use nova_feed::store::readers::Readers;
use nova_feed::store::redis::Redis;
use nova_feed::store::timelines::Timelines;
use nova_proto::feed::v1::FeedUpdated;
use nova_service::redis::Access;
use nova_testkit::bench::{Row, grouped, percentile};
use nova_testkit::within;

use load::{Asked, Lanes};
use world::World;

const PATIENCE: Duration = Duration::from_secs(120);
const REBUILDS: usize = 20;
/// What a timeline holds by default.
const LENGTH: usize = 500;

/// How much to do.
#[derive(Clone, Copy)]
struct Extent {
    /// Of the author with very many.
    followers: i64,
    /// Of these, those whose feed is in use.
    active: i64,
    /// Of somebody who follows very many.
    follows: usize,
    /// Authors of posts.
    authors: usize,
    load: Duration,
}

const WHOLE: Extent = Extent {
    followers: 1_000_000,
    active: 10_000,
    follows: 5_000,
    authors: 5_000,
    load: Duration::from_secs(10),
};
const QUICK: Extent = Extent {
    followers: 20_000,
    active: 500,
    follows: 300,
    authors: 300,
    load: Duration::from_secs(1),
};

fn main() -> anyhow::Result<()> {
    let is_quick = std::env::args().any(|arg| arg == "--quick");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(if is_quick { QUICK } else { WHOLE }))
}

async fn measure(extent: Extent) -> anyhow::Result<()> {
    let mut world = World::make(extent).await?;
    println!("{}", rebuild(&world, extent).await?);
    println!("{}", told(&world, extent).await?);
    for row in beside_a_post_for_many(&world, extent).await? {
        println!("{row}");
    }
    println!("{}", beside_toggling(&world, extent, "off").await?);
    world = world.restart_with_limits().await;
    println!("{}", beside_toggling(&world, extent, "on").await?);
    world.stack.finish().await;
    Ok(())
}

/// The first page of somebody who has no timeline yet.
async fn rebuild(world: &World, extent: Extent) -> anyhow::Result<Row> {
    let url = std::env::var("NOVA_TEST_REDIS")?.parse()?;
    let mut took = Vec::new();
    for number in 0..REBUILDS {
        let server = Access::default().server("NOVA_TEST_REDIS", &url, PATIENCE)?;
        let redis = Redis::new(server, world.pool.clone(), PATIENCE);
        redis.look().await;
        // Others' keys each time: nothing is there yet.
        let prefix = format!("{}rebuild{number}:", world.stack.redis_prefix);
        let home = Home {
            pool: world.pool.clone(),
            timelines: Timelines::new(redis, &prefix, LENGTH),
            readers: Readers::new(world.pool.clone(), PATIENCE),
            merges: Merges::new(world.pool.clone()),
        };
        let began = Instant::now();
        let page: Vec<Item> = home.read(world.follows_many, None, 21).await?;
        took.push(u32::try_from(began.elapsed().as_micros())?);
        ensure!(page.len() == 21, "{} items", page.len());
    }
    took.sort_unstable();
    let [p50, most] = [50.0, 100.0].map(|percent| f64::from(percentile(&took, percent)) / 1_000.0);
    Ok(Row {
        what: format!(
            "first page and timeline of {LENGTH} for a user who follows {} authors of {} posts each",
            grouped(extent.follows as f64),
            world::POSTS_EACH
        ),
        measured: format!("p50 {p50:.1} ms, at most {most:.1} ms"),
        goal: "≤ 50 ms".to_owned(),
        met: Some(p50 <= 50.0),
        ..Row::default()
    })
}

/// From the post's event to the last `FeedUpdated` in Kafka.
async fn told(world: &World, extent: Extent) -> anyhow::Result<Row> {
    let mut took = Vec::new();
    let mut last = String::new();
    for _ in 0..3 {
        let began = Instant::now();
        last = world.post_for_many().await;
        within(PATIENCE, "all are told", async || {
            world.has_told(&last).await
        })
        .await;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    let published = world.stack.published::<FeedUpdated>().await;
    let mut told: Vec<&str> = published
        .iter()
        .filter(|event| event.post_id == last)
        .map(|event| event.user_id.as_str())
        .collect();
    let all = told.len();
    told.sort_unstable();
    told.dedup();
    // The author is told too.
    ensure!(
        told.len() == all && all as i64 == extent.active + 1,
        "{all} told, {} of them different",
        told.len()
    );
    let p50 = took[took.len() / 2];
    Ok(Row {
        what: format!(
            "FeedUpdated of one post to {} active of {} followers",
            grouped(extent.active as f64),
            grouped(extent.followers as f64)
        ),
        measured: format!("{p50:.0} ms to the last, none twice, none missed"),
        goal: "≤ 1,000 ms".to_owned(),
        met: Some(p50 <= 1_000.0),
        ..Row::default()
    })
}

/// Reads of those who have nothing to do with it, and of followers, while a post for very many comes each half second.
async fn beside_a_post_for_many(world: &World, extent: Extent) -> anyhow::Result<Vec<Row>> {
    let lanes = Lanes::of(world, extent.load);
    lanes.read(&world.fans).await?;
    lanes.read(&world.users).await?;
    let before = lanes.read(&world.users).await?;
    let posting = world.post_now_and_then();
    let (others, visible) = tokio::try_join!(lanes.read(&world.users), posting)?;
    let posting = world.post_now_and_then();
    let (own, _) = tokio::try_join!(lanes.read(&world.fans), posting)?;
    let slowest = visible.iter().copied().fold(0.0, f64::max);
    let followers = grouped(extent.followers as f64);
    Ok(vec![
        Row {
            what: format!("a post of an author with {followers} followers, in any of their feeds"),
            measured: format!(
                "after at most {slowest:.0} ms, of {} looked at",
                visible.len()
            ),
            goal: "≤ 1,000 ms, none missed".to_owned(),
            met: Some(slowest <= 1_000.0),
            ..Row::default()
        },
        difference(
            format!("home feed of others, p99, while an author with {followers} followers posts"),
            &others,
            &before,
        ),
        difference(
            format!("home feed of those who follow an author with {followers} followers, p99"),
            &own,
            &before,
        ),
    ])
}

fn difference(what: String, with: &Asked, without: &Asked) -> Row {
    let more = with.p99() - without.p99();
    Row {
        what,
        measured: with.to_string(),
        limit: format!("without: {without}"),
        ratio: format!("{more:+.1} ms"),
        goal: "≤ + 5 ms".to_owned(),
        met: Some(more <= 5.0),
    }
}

/// Reads of others beside eight connections of somebody who toggles a follow before each read.
async fn beside_toggling(world: &World, extent: Extent, limits: &str) -> anyhow::Result<Row> {
    let lanes = Lanes::of(world, extent.load);
    lanes.read(&world.users).await?;
    // With limits it is to be as if nobody were there, once what may come at once has come; without, as if it were any
    // other reader.
    let before = if limits == "on" {
        lanes.use_up(world.busy).await?;
        lanes.read(&world.users).await?
    } else {
        tokio::try_join!(lanes.read(&world.users), lanes.hurry(world.busy))?.0
    };
    let (beside, toggled) =
        tokio::try_join!(lanes.read(&world.users), lanes.toggle(limits == "on"))?;
    let ratio = beside.p99() / before.p99();
    let than = if limits == "on" {
        "alone"
    } else {
        "beside 8 busy readers"
    };
    Ok(Row {
        what: format!(
            "home feed of others beside 8 connections that toggle a follow and read, limits {limits}"
        ),
        measured: format!("{beside} ({} toggles)", grouped(toggled as f64)),
        limit: format!("{than}: {before}"),
        ratio: format!("p99 × {ratio:.2}"),
        goal: "≤ × 1.2".to_owned(),
        met: Some(ratio <= 1.2),
    })
}
