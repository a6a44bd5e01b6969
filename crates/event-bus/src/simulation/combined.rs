//! From the outbox of one service to the effects in another, through relay, broker and consumer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::chance::Chance;
use super::director::partitions;
use super::people::draw_of;
use super::plan::Plan;
use super::world::World;
use super::{perform, story_of};
use crate::jitter;
use crate::relay::simulation::upstream::Upstream;

const SEEDS: u64 = 100;

#[test]
fn what_one_service_commits_takes_effect_once_and_in_order_in_another() {
    let mut events = 0;
    for seed in 0..SEEDS {
        let chance = Chance::of(seed);
        let plan = Plan {
            // The relay has its own.
            duplicated: 0,
            forgets: false,
            ..Plan::draw(seed, &chance)
        };
        jitter::seed(seed);
        let upstream = Upstream::new(seed);
        let source = upstream.clone();
        let outcome = perform(World::new(chance, plan, false), |world, director| {
            story_of(carry(source, Arc::clone(&world)), world, director)
        });
        assert_eq!(upstream.check(), Ok(()), "seed {seed}");
        assert!(
            outcome.found.is_empty(),
            "seed {seed}: {:#?}",
            outcome.found
        );
        events += outcome.counts.events;
    }
    println!(
        "simulation: outbox to effects, seeds={SEEDS} events={events} lost=0 doubled=0 misordered=0"
    );
}

/// Carries what relays publish into the partitions that members consume.
async fn carry(upstream: Upstream, world: Arc<World>) {
    let running = tokio::spawn(upstream.clone().run());
    let mut numbers = BTreeMap::new();
    let mut at = 0;
    loop {
        let is_last = running.is_finished();
        for (row, key) in upstream.published(at) {
            let number = *numbers.entry(row).or_insert_with(|| event(&world, key));
            world.append(number);
            at += 1;
        }
        if is_last {
            return running.await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn event(world: &World, key: u8) -> usize {
    let all = partitions(world);
    let partition = all[usize::from(key) % all.len()].clone();
    let key = Some(format!("{key}"));
    let told = draw_of(&world.chance, world.plan.failing, partition, key);
    world.events.publish(told)
}
