//! What is sick keeps nobody waiting who is well: other partitions flow on while the dependency of one is away,
//! its breaker is open, and its slow halves run.

use std::sync::Arc;
use std::time::Duration;

use nova_resilience::{Backoff, BreakerConfig, BreakerPolicy};
use tokio::time::{Instant, sleep};

use super::chance::Chance;
use super::director::{Director, partitions};
use super::events::{Fate, Kind, Told};
use super::people;
use super::perform;
use super::plan::Plan;
use super::world::World;
use crate::jitter;
use crate::options::{BreakerOptions, WhenOpen};

const SEEDS: u64 = 30;
/// So long what is well may wait while turns are free.
const BOUND: Duration = Duration::from_millis(1_500);
/// So long the dependency is away.
const AWAY: Duration = Duration::from_secs(20);

#[test]
fn nothing_waits_for_what_is_sick_elsewhere() {
    let mut events = 0;
    for seed in 0..SEEDS {
        let chance = Chance::of(seed);
        let plan = plan(seed, &chance);
        jitter::seed(seed);
        let outcome = perform(World::new(chance, plan, false), story);
        assert!(
            outcome.found.is_empty(),
            "seed {seed}: {:#?}",
            outcome.found
        );
        events += outcome.counts.events;
    }
    println!("simulation: starvation, seeds={SEEDS} events={events} longest wait={BOUND:?}");
}

fn plan(seed: u64, chance: &Chance) -> Plan {
    let failures = chance.between(1..=3) as u32;
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(failures)).unwrap();
    let config = config.open_for(chance.millis(500..=5_000), 2, Duration::from_secs(10));
    let mut plan = Plan::quiet(chance);
    plan.partitions = 4;
    plan.keys = 4;
    plan.latency = 2;
    plan.work = 3;
    // What is slow runs for each of its keys, and leaves two.
    plan.options.concurrency = plan.keys + 2;
    plan.options.transactions = 1 + chance.up_to(2);
    plan.options.in_flight = 60;
    plan.options.handler_timeout = Duration::from_secs(5);
    plan.options.failure_limit = None;
    plan.options.patience = AWAY * 2;
    if chance.percent(50) {
        // Tries again by itself, after waits that are long.
        let longest = Duration::from_secs(8);
        plan.options.backoff = Backoff::new(longest / 2, longest).unwrap();
        plan.options.breaker = None;
    } else {
        plan.options.breaker = Some(BreakerOptions {
            config: config.unwrap().seeded(seed),
            when_open: WhenOpen::Hold,
        });
    }
    plan
}

async fn story(world: Arc<World>, mut director: Director) {
    director.join().await;
    let began = Instant::now();
    let mut waiting = Vec::new();
    while began.elapsed() < AWAY {
        sleep(world.chance.millis(5..=60)).await;
        if world.chance.percent(30) {
            publish(&world, 0, sick(&world.chance));
        } else {
            let partition = 1 + world.chance.up_to(2);
            let number = publish(&world, partition, (Kind::draw(&world.chance), Fate::Fine));
            waiting.push((number, Instant::now()));
        }
        waiting.retain(|(number, since)| is_waiting(&world, *number, *since));
    }
    people::settle(&world, &mut director).await;
    director.stop().await;
}

/// Fails as something that passes, or takes its time where nobody should wait for it.
fn sick(chance: &Chance) -> (Kind, Fate) {
    match Kind::draw(chance) {
        Kind::OnceThen if chance.percent(50) => (Kind::OnceThen, Fate::Slow(2_000)),
        kind => (kind, Fate::Away),
    }
}

fn publish(world: &World, partition: usize, (kind, fate): (Kind, Fate)) -> usize {
    let partition = partitions(world)[partition].clone();
    let kind = Kind::of(&partition.0).unwrap_or(kind);
    let key = Some(format!(
        "{}-{}",
        partition.1,
        world.chance.up_to(world.plan.keys - 1)
    ));
    let number = world.events.publish(Told::new(partition, key, kind, fate));
    world.append(number);
    number
}

fn is_waiting(world: &World, number: usize, since: Instant) -> bool {
    let is_done = world
        .events
        .look(number, |told| told.kind == Kind::Ignored || told.happened());
    if !is_done && since.elapsed() > BOUND {
        world.cry(format!(
            "event {number} is well and waits for {:?}",
            since.elapsed()
        ));
        return false;
    }
    !is_done
}
