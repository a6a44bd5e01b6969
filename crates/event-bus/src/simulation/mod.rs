//! The consumer of production in a world that is drawn from a seed: a broker, a database, handlers and a
//! clock that are simulated, and everything that can go wrong with them. An oracle looks whether an event
//! was lost, took effect twice or out of the order of its key.
//!
//! `scripts/simulate --seeds N` runs many seeds, `scripts/simulate --seed S` one with a trace;
//! `scripts/simulate --planted` shows that it finds faults.

mod chance;
mod client;
mod combined;
mod database;
mod director;
mod events;
mod handlers;
mod in_order;
mod kafka;
mod member;
mod oracle;
mod people;
mod plan;
mod planted;
mod promises;
mod recorder;
mod regressions;
mod seeds;
mod starvation;
mod trace;
mod world;

use std::sync::Arc;
use std::time::Duration;

use self::chance::Chance;
use self::director::Director;
use self::plan::Plan;
use self::recorder::Read;
use self::world::{Counts, World};
use crate::jitter;

/// No run takes so long by its own clock.
const FOR_EVER: Duration = Duration::from_secs(3_600);

/// What became of a run.
struct Outcome {
    counts: Counts,
    /// Promises that were broken.
    found: Vec<String>,
    trace: String,
}

/// The run of a seed, the same each time.
fn run(seed: u64, traced: bool) -> Outcome {
    let chance = Chance::of(seed);
    let plan = Plan::draw(seed, &chance);
    jitter::seed(seed);
    perform(World::new(chance, plan, traced), story)
}

/// A run in which happens what the story says.
fn perform<F: Future<Output = ()>>(
    world: World,
    story: impl FnOnce(Arc<World>, Director) -> F,
) -> Outcome {
    let world = Arc::new(world);
    world.trace(|| format!("{:#?}", world.plan));
    let read = Read::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let story = story(Arc::clone(&world), Director::new(Arc::clone(&world)));
    let ended = metrics::with_local_recorder(&read, || {
        runtime.block_on(async { tokio::time::timeout(FOR_EVER, story).await.is_ok() })
    });
    if !ended {
        world.cry("the run does not end".to_owned());
    }
    drop(runtime);
    world.count(|counts| counts.parked += read.parked());
    if read.violations() > 0 {
        world.cry(format!("sentinels cry {} times", read.violations()));
    }
    oracle::check_end(&world, read.dropped());
    Outcome {
        counts: world.counts(),
        found: world.found(),
        trace: world.told(),
    }
}

/// Trouble, then calm until all is well, then more events without trouble.
async fn story(world: Arc<World>, director: Director) {
    let (events, failing) = (world.plan.events, world.plan.failing);
    let publishes = people::publish(Arc::clone(&world), events, failing);
    story_of(publishes, world, director).await;
}

async fn story_of(
    publishes: impl Future<Output = ()> + Send + 'static,
    world: Arc<World>,
    mut director: Director,
) {
    let publisher = tokio::spawn(publishes);
    let operator = tokio::spawn(people::operate(Arc::clone(&world)));
    director.run().await;
    publisher.await.unwrap();
    world.be_calm();
    operator.await.unwrap();
    director.keep_going().await;
    if world.plan.grows && people::consume(&world, &mut director).await {
        director.grow().await;
        people::publish(Arc::clone(&world), world.plan.later_events, 0).await;
    }
    people::settle(&world, &mut director).await;
    people::publish(Arc::clone(&world), world.plan.later_events, 0).await;
    people::settle(&world, &mut director).await;
    director.stop().await;
}
