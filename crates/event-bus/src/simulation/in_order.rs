//! What is promised of topics whose messages are handled in the order of their offsets, each in a world of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use nova_resilience::{Backoff, BreakerConfig, BreakerPolicy, Condition};
use tokio::time::sleep;

use super::director::Director;
use super::events::{Fate, Half, Kind};
use super::people::settle;
use super::plan::Plan;
use super::regressions::{SECOND, play};
use super::world::World;
use crate::options::{BreakerOptions, WhenOpen};

/// The run's partition whose messages are handled in order.
const WHOLE: usize = 1;

fn breaker(when_open: WhenOpen) -> BreakerOptions {
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(2)).unwrap();
    let config = config.open_for(SECOND * 10, 1, SECOND * 10).unwrap();
    BreakerOptions {
        config: config.seeded(1),
        when_open,
    }
}

fn plan(plan: &mut Plan) {
    plan.partitions = 3;
    plan.options.batch = 8;
}

impl World {
    /// Publishes messages of as many keys.
    fn in_order(&self, count: usize) -> Vec<usize> {
        let one = |at| self.event(WHOLE, &format!("{at}"), Kind::InOrder, Fate::Fine);
        (0..count).map(one).collect()
    }

    fn is_calm_and_in_order(&self, all: &[usize]) {
        let mut seen = BTreeSet::new();
        let effects = self.events.effects().into_iter();
        let first = effects.filter(|effect| effect.1 == Half::After && seen.insert(*effect));
        let first: Vec<usize> = first.map(|(number, _)| number).collect();
        assert_eq!(first, all);
        assert_eq!(self.letters(), 0);
    }
}

#[test]
fn they_are_handled_in_batches_in_the_order_of_offsets_whatever_their_keys() {
    let outcome = play(plan, |world, mut director| async move {
        let all = world.in_order(100);
        director.join().await;
        settle(&world, &mut director).await;
        world.is_calm_and_in_order(&all);
        assert_eq!(world.committed(WHOLE), 100);
        director.stop().await;
    });
    assert_eq!(outcome.counts.largest, 8);
}

/// Long after any patience, and also what fails for good.
#[test]
fn whatever_fails_is_tried_again_in_place_and_nothing_overtakes_it() {
    for fate in [
        Fate::Away,
        Fate::Poisoned,
        Fate::Flaky(7),
        Fate::Panics(3),
        Fate::Hangs(3),
    ] {
        play(plan, |world, mut director| async move {
            let mut all = world.in_order(10);
            let fails = world.event(WHOLE, "k", Kind::InOrder, fate);
            all.push(fails);
            all.extend(world.in_order(10));
            let other = world.event(0, "k", Kind::Once, Fate::Fine);
            director.join().await;
            sleep(SECOND * 60).await;
            assert!(world.has_happened(other));
            if matches!(fate, Fate::Away | Fate::Poisoned) {
                assert!(!world.has_happened(all[11]));
                assert!(world.committed(WHOLE) <= 10);
                assert_eq!(world.letters(), 0);
            }
            world.events.mend(fails);
            sleep(SECOND * 30).await;
            assert_eq!(world.committed(WHOLE), 21);
            let effects = world.events.effects();
            assert!(effects.contains(&(other, Half::Within)));
            world.is_calm_and_in_order(&all);
            director.stop().await;
        });
    }
}

#[test]
fn who_takes_a_partition_over_goes_on_where_it_was_committed() {
    play(plan, |world, mut director| async move {
        let mut all = world.in_order(20);
        let away = world.event(WHOLE, "k", Kind::InOrder, Fate::Away);
        all.push(away);
        director.join().await;
        sleep(SECOND * 5).await;
        for _ in 0..3 {
            director.crash(0).await;
            director.join().await;
            sleep(SECOND * 5).await;
            director.lose(0).await;
            all.extend(world.in_order(5));
        }
        world.events.heal();
        settle(&world, &mut director).await;
        world.is_calm_and_in_order(&all);
        director.stop().await;
    });
}

/// While a breaker holds them, their partition is not stuck, however long.
#[test]
fn a_partition_that_a_breaker_holds_is_not_stuck() {
    play(
        |it| {
            plan(it);
            it.options.stuck_after = SECOND * 3;
            it.options.breaker = Some(breaker(WhenOpen::Hold));
            // Also while it rests for longer than anything may stand still.
            it.options.backoff = Backoff::new(SECOND * 8, SECOND * 60).unwrap();
            it.options.patience = SECOND * 100_000;
        },
        |world, mut director| async move {
            let whole = world.event(WHOLE, "k", Kind::InOrder, Fate::Away);
            let once = world.event(0, "k", Kind::Once, Fate::Away);
            director.join().await;
            for _ in 0..600 {
                sleep(SECOND).await;
                let progress = &director.members[0].progress;
                assert!(!matches!(progress.condition().0, Condition::Down(_)));
            }
            let member = &director.members[0];
            let Condition::Down(why) = member.breaker.condition().0 else {
                panic!("nothing is held");
            };
            assert!(why.contains("content-events 0 (") && why.contains("whole 0 ("));
            assert!(!why.contains("plain"), "{why}");
            let held = member.standings.list();
            let held = held.iter().filter(|one| one.counts.failures == 2);
            assert_eq!(held.map(|one| one.lag).collect::<Vec<_>>(), [Some(1); 2]);
            world.events.heal();
            sleep(SECOND * 180).await;
            assert!(world.has_happened(whole) && world.has_happened(once));
            let breaker = &director.members[0].breaker;
            assert_eq!(breaker.condition().0, Condition::Up);
            director.stop().await;
        },
    );
}

async fn drops(world: Arc<World>, mut director: Director, kind: Kind, partition: usize) {
    let one = |at| world.event(partition, &format!("{at}"), kind, Fate::Away);
    let all: Vec<usize> = (0..40).map(one).collect();
    director.join().await;
    sleep(SECOND * 5).await;
    let told = |number: &usize| world.events.told(*number);
    assert!(all.iter().all(|number| !told(number).noted));
    assert_eq!(world.committed(partition), 0, "nobody could be told");
    director.crash(0).await;
    director.join().await;
    sleep(SECOND * 5).await;
    assert_eq!(world.committed(partition), 0);
    world.be_calm();
    sleep(SECOND * 3).await;
    assert!(all.iter().all(|number| told(number).noted));
    assert_eq!(world.committed(partition), 40);
    world.events.heal();
    sleep(SECOND * 20).await;
    let later = world.event(partition, "k", kind, Fate::Fine);
    sleep(SECOND * 2).await;
    assert!(told(&later).happened() && !told(&later).noted);
    director.stop().await;
}

#[test]
fn what_a_breaker_drops_is_told_before_it_counts_as_done() {
    for (kind, partition) in [(Kind::InOrder, WHOLE), (Kind::Once, 0), (Kind::Plain, 2)] {
        play(
            |it| {
                plan(it);
                it.unnoted = true;
                it.options.breaker = Some(breaker(WhenOpen::Drop));
                it.options.patience = SECOND * 100_000;
            },
            |world, director| drops(world, director, kind, partition),
        );
    }
}
