//! What went wrong elsewhere, each in a world of its own.

use std::sync::Arc;
use std::time::Duration;

use nova_resilience::{BreakerConfig, BreakerPolicy};
use tokio::time::sleep;

use super::chance::Chance;
use super::director::{Director, partitions};
use super::events::{Fate, Kind, Told};
use super::people::settle;
use super::plan::Plan;
use super::world::World;
use super::{Outcome, perform};
use crate::options::{BreakerOptions, FailureLimit, WhenOpen};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// A world in which nothing goes wrong but what `change` plans and the story tells.
pub(super) fn play<F: Future<Output = ()>>(
    change: impl FnOnce(&mut Plan),
    story: impl FnOnce(Arc<World>, Director) -> F,
) -> Outcome {
    let chance = Chance::of(1);
    let mut plan = Plan::quiet(&chance);
    plan.options.in_flight = 64;
    plan.options.patience = SECOND / 2;
    plan.options.breaker = None;
    plan.options.failure_limit = None;
    plan.options.drain = SECOND;
    change(&mut plan);
    let outcome = perform(World::new(chance, plan, true), story);
    assert!(
        outcome.found.is_empty(),
        "{:#?}\n{}",
        outcome.found,
        outcome.trace
    );
    outcome
}

impl World {
    /// Publishes an event of a key to the run's partition of that number.
    pub(super) fn event(&self, partition: usize, key: &str, kind: Kind, fate: Fate) -> usize {
        let (partition, key) = (partitions(self)[partition].clone(), key.to_owned());
        let told = Told::new(partition, Some(key), kind, fate);
        let number = self.events.publish(told);
        self.append(number);
        number
    }

    /// Where the group goes on with the run's partition of that number.
    pub(super) fn committed(&self, partition: usize) -> i64 {
        let partition = &partitions(self)[partition];
        self.kafka
            .state()
            .logs
            .get(partition)
            .map_or(0, super::kafka::Log::start)
    }
}

/// PostHog/posthog PR #43945.
#[test]
pub(super) fn an_offset_is_not_committed_on_receive() {
    play(
        |plan| plan.options.handler_timeout = SECOND * 9,
        |world, mut director| async move {
            let slow = world.event(0, "k", Kind::Once, Fate::Slow(5_000));
            director.join().await;
            sleep(SECOND * 3).await;
            assert_eq!(world.events.told(slow).tries, 1);
            assert_eq!(world.committed(0), 0);
            director.crash(0).await;
            director.join().await;
            settle(&world, &mut director).await;
            assert_eq!(world.events.told(slow).within, 1);
        },
    );
}

/// PostHog/posthog #80897.
#[test]
pub(super) fn what_is_finished_during_a_rebalance_is_not_thrown_away() {
    play(
        |plan| plan.options.handler_timeout = SECOND,
        |world, mut director| async move {
            let slow = world.event(0, "k", Kind::AtLeastOnce, Fate::Slow(500));
            director.join().await;
            sleep(SECOND / 5).await;
            director.leave(0).await;
            assert_eq!(world.committed(0), 1);
            director.join().await;
            settle(&world, &mut director).await;
            assert_eq!(world.events.told(slow).after, 1);
        },
    );
}

/// PostHog/posthog #95009.
#[test]
pub(super) fn an_offset_that_is_given_twice_is_not_handled_twice_at_once() {
    play(
        |plan| plan.repeated = 100,
        |world, mut director| async move {
            let fate = Fate::Slow(60);
            let publish = |at| world.event(0, &format!("{}", at % 4), Kind::AtLeastOnce, fate);
            let all: Vec<usize> = (0..20).map(publish).collect();
            director.join().await;
            settle(&world, &mut director).await;
            for number in all {
                assert_eq!(world.events.told(number).after, 1, "{number}");
            }
        },
    );
}

/// PostHog/posthog PR #68804.
#[test]
pub(super) fn no_offset_is_dropped_when_a_partition_is_revoked_and_assigned_again() {
    play(
        |plan| plan.options.handler_timeout = SECOND,
        |world, mut director| async move {
            let fate = Fate::Slow(50);
            let publish = |at| world.event(0, &format!("{}", at % 4), Kind::AtLeastOnce, fate);
            let all: Vec<usize> = (0..40).map(publish).collect();
            director.join().await;
            for _ in 0..5 {
                sleep(SECOND / 10).await;
                director.bounce().await;
            }
            settle(&world, &mut director).await;
            for number in all {
                assert_eq!(world.events.told(number).after, 1, "{number}");
            }
        },
    );
}

/// confluentinc/librdkafka #4059: commits fail while the group rebalances.
#[test]
pub(super) fn commits_that_fail_during_rebalances_lose_nothing() {
    play(
        |plan| {
            plan.uncommitted = 200;
            plan.partitions = 4;
        },
        |world, mut director| async move {
            for at in 0..60 {
                let (partition, key) = (at % 3, format!("{}", at % 3));
                // The last of the three is handled in the order of offsets.
                let kind = if partition == 2 {
                    Kind::InOrder
                } else {
                    Kind::Once
                };
                world.event(partition, &key, kind, Fate::Slow(10));
            }
            director.join().await;
            for _ in 0..5 {
                sleep(SECOND / 5).await;
                director.join().await;
                director.leave(0).await;
            }
            sleep(SECOND * 2).await;
            world.be_calm();
            settle(&world, &mut director).await;
        },
    );
}

/// confluentinc/parallel-consumer #826 and #834; the memory of members is watched in every run.
#[test]
fn a_revoke_amid_retries_loses_nothing_and_retries_take_no_memory() {
    play(
        |plan| {
            plan.options.in_flight = 8;
            plan.options.patience = SECOND * 3_600;
        },
        |world, mut director| async move {
            for at in 0..200 {
                world.event(0, &format!("{at}"), Kind::Once, Fate::Away);
            }
            director.join().await;
            sleep(SECOND * 5).await;
            assert!(director.members[0].in_flight() <= 8);
            director.bounce().await;
            director.join().await;
            director.leave(0).await;
            (0..200).for_each(|number| world.events.mend(number));
            settle(&world, &mut director).await;
            assert!((0..200).all(|number| world.events.told(number).within == 1));
        },
    );
}

/// JasperFx/wolverine #3680: 9 of 1,200 messages were lost.
#[test]
pub(super) fn a_breaker_beside_an_inbox_loses_nothing() {
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(1)).unwrap();
    let config = config.open_for(SECOND / 50, 1, SECOND / 50).unwrap();
    let breaker = BreakerOptions {
        config: config.seeded(1),
        when_open: WhenOpen::Hold,
    };
    let outcome = play(
        |plan| {
            plan.options.breaker = Some(breaker);
        },
        |world, mut director| async move {
            director.join().await;
            for at in 0..1_200 {
                let is_third = at % 3 == 0;
                let fate = if is_third { Fate::Flaky(1) } else { Fate::Fine };
                let kind = if at % 2 == 0 { Kind::Once } else { Kind::Batch };
                world.event(0, &format!("{}", at % 50), kind, fate);
                sleep(SECOND / 200).await;
            }
            settle(&world, &mut director).await;
        },
    );
    assert_eq!(outcome.counts.handled, 1_200);
}

/// EventStore/EventStore #3696.
#[test]
pub(super) fn a_replay_that_fails_again_ends() {
    play(
        |_| {},
        |world, mut director| async move {
            let poisoned = world.event(0, "k", Kind::Once, Fate::Poisoned);
            let behind = world.event(0, "k", Kind::Once, Fate::Fine);
            director.join().await;
            sleep(SECOND * 2).await;
            // Once with the other, once alone, and no more often when it is replayed.
            let tries = world.events.told(poisoned).tries;
            let all: Vec<_> = world.database.tables().sequences.keys().cloned().collect();
            world.database.tables().request(&all[0]);
            sleep(SECOND * 60).await;
            assert!(world.events.told(poisoned).tries <= tries + 2);
            assert!(!world.events.told(behind).happened());
            settle(&world, &mut director).await;
            assert_eq!(world.events.told(behind).within, 1);
        },
    );
}

/// spring-cloud/spring-cloud-stream #1928.
#[test]
fn a_consumer_goes_on_after_an_error() {
    play(
        |_| {},
        |world, mut director| async move {
            director.join().await;
            for fate in [
                Fate::Poisoned,
                Fate::Unreadable,
                Fate::Panics(9),
                Fate::Away,
            ] {
                let bad = world.event(0, &format!("{fate:?}"), Kind::Once, fate);
                let good = world.event(0, "good", Kind::Once, Fate::Fine);
                sleep(SECOND * 3).await;
                assert!(!world.events.told(bad).happened(), "{fate:?}");
                assert!(world.events.told(good).happened(), "{fate:?}");
            }
            settle(&world, &mut director).await;
        },
    );
}

/// The other half of #1928: a consumer that does stop says so, and has put nothing aside for it.
#[test]
fn a_consumer_that_stops_says_so_and_loses_nothing() {
    play(
        |plan| {
            plan.options.failure_limit = Some(FailureLimit {
                window: 20,
                failures: 10,
                share: 0.5,
            });
        },
        |world, mut director| async move {
            for at in 0..50 {
                world.event(0, &format!("{at}"), Kind::Once, Fate::Poisoned);
            }
            director.join().await;
            sleep(SECOND * 5).await;
            assert!(director.members[0].exceeded.is_cancelled());
            assert!(world.database.tables().letters.len() < 10);
            (0..50).for_each(|number| world.events.mend(number));
            settle(&world, &mut director).await;
        },
    );
}

/// aklivity/zilla #1628.
#[test]
fn a_partition_that_does_not_get_on_keeps_no_other_waiting() {
    play(
        |plan| {
            plan.partitions = 3;
            plan.options.handler_timeout = SECOND * 60;
        },
        |world, mut director| async move {
            world.event(0, "k", Kind::AtLeastOnce, Fate::Slow(20_000));
            let other = world.event(1, "l", Kind::AtLeastOnce, Fate::Fine);
            director.join().await;
            sleep(SECOND).await;
            assert!(world.events.told(other).happened());
            assert_eq!(world.committed(1), 1);
            assert_eq!(world.committed(0), 0);
            settle(&world, &mut director).await;
        },
    );
}

/// getsentry/arroyo #431.
#[test]
pub(super) fn what_is_parked_is_not_in_memory() {
    play(
        |plan| plan.options.in_flight = 8,
        |world, mut director| async move {
            world.event(0, "k", Kind::Once, Fate::Poisoned);
            for _ in 0..300 {
                world.event(0, "k", Kind::Once, Fate::Fine);
            }
            director.join().await;
            sleep(SECOND * 20).await;
            assert_eq!(director.members[0].in_flight(), 0);
            assert_eq!(world.database.tables().letters.len(), 301);
            settle(&world, &mut director).await;
        },
    );
}
