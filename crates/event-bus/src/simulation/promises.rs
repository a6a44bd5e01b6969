//! What heals by itself, each in a world of its own.

use std::sync::Arc;

use nova_resilience::{Backoff, BreakerConfig, BreakerPolicy};
use tokio::time::sleep;

use super::director::Director;
use super::events::{Fate, Kind};
use super::regressions::{SECOND, play};
use super::world::World;
use crate::options::{BreakerOptions, WhenOpen};

impl World {
    pub(super) fn letters(&self) -> usize {
        self.database.tables().letters.len()
    }

    pub(super) fn has_happened(&self, number: usize) -> bool {
        self.events.look(number, super::events::Told::happened)
    }
}

/// From 30 s growing to an hour, for as long as it takes; nobody asks for anything.
#[test]
fn what_fails_transiently_goes_by_itself_in_order_however_late() {
    play(
        |plan| {
            let backoff = Backoff::new(SECOND * 30, SECOND * 3_600);
            plan.options.replay_backoff = backoff.unwrap();
            // The run may take as long as the longest wait.
            plan.options.patience = SECOND * 2;
        },
        |world, mut director| async move {
            let mut all = Vec::new();
            for at in 0..40 {
                let kind = if at % 2 == 0 { Kind::Once } else { Kind::Batch };
                let fate = if at < 10 { Fate::Away } else { Fate::Fine };
                all.push(world.event(0, &format!("{}", at % 5), kind, fate));
            }
            director.join().await;
            sleep(SECOND * 300).await;
            assert_eq!(world.letters(), 40);
            world.events.heal();
            sleep(SECOND * 1_800).await;
            assert_eq!(world.letters(), 0);
            assert!(all.iter().all(|number| world.has_happened(*number)));
            director.stop().await;
        },
    );
}

/// While the breaker is open or half open, tries do not count.
#[test]
fn what_a_breaker_holds_is_waited_for_and_not_parked() {
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(1)).unwrap();
    let config = config.open_for(SECOND / 5, 2, SECOND).unwrap();
    let breaker = BreakerOptions {
        config: config.seeded(1),
        when_open: WhenOpen::Hold,
    };
    play(
        |plan| {
            plan.options.breaker = Some(breaker);
            plan.options.patience = SECOND / 10;
        },
        |world, mut director| async move {
            let publish = |at| world.event(0, &format!("{at}"), Kind::Once, Fate::Away);
            let all: Vec<usize> = (0..30).map(publish).collect();
            director.join().await;
            for _ in 0..60 {
                sleep(SECOND).await;
                assert_eq!(world.letters(), 0);
            }
            world.events.heal();
            sleep(SECOND * 30).await;
            assert!(all.iter().all(|number| world.has_happened(*number)));
            director.stop().await;
        },
    );
}

#[test]
fn what_failed_for_good_goes_once_with_a_new_build() {
    play(
        |_| {},
        |world, mut director| async move {
            let poisoned = world.event(0, "k", Kind::Once, Fate::Poisoned);
            let behind = world.event(0, "k", Kind::Once, Fate::Fine);
            director.join().await;
            sleep(SECOND * 2).await;
            let before = world.events.told(poisoned).tries;
            director.deploy().await;
            sleep(SECOND * 300).await;
            let tries = world.events.told(poisoned).tries - before;
            assert!((1..=2).contains(&tries), "with the next and alone: {tries}");
            world.events.mend(poisoned);
            director.deploy().await;
            sleep(SECOND * 10).await;
            assert!(world.has_happened(poisoned) && world.has_happened(behind));
            assert_eq!(world.letters(), 0);
            director.stop().await;
        },
    );
}

#[test]
fn a_type_that_nobody_knows_holds_nothing_up_and_waits_for_who_does() {
    play(
        |_| {},
        |world: Arc<World>, mut director: Director| async move {
            let invented = world.event(0, "k", Kind::Invented, Fate::Fine);
            let behind = world.event(0, "k", Kind::Once, Fate::Fine);
            director.join().await;
            sleep(SECOND * 2).await;
            assert!(world.has_happened(behind) && !world.has_happened(invented));
            assert_eq!(world.database.tables().sequences.len(), 0);
            director.deploy().await;
            sleep(SECOND * 5).await;
            assert_eq!(world.events.told(invented).within, 1);
            assert_eq!(world.letters(), 0);
            director.stop().await;
        },
    );
}

#[test]
fn who_hides_that_a_statement_failed_is_found_out() {
    play(
        |_| {},
        |world, mut director| async move {
            let hides = world.event(0, "a", Kind::Once, Fate::Swallows);
            let all: Vec<usize> = (0..5)
                .map(|at| world.event(0, &format!("{at}"), Kind::Batch, Fate::Fine))
                .collect();
            director.join().await;
            sleep(SECOND * 2).await;
            assert!(all.iter().all(|number| world.has_happened(*number)));
            assert!(!world.has_happened(hides));
            assert_eq!(world.letters(), 1);
            super::people::settle(&world, &mut director).await;
            assert!(world.has_happened(hides));
        },
    );
}

/// However long after: the inbox forgets all the time.
#[test]
fn letters_go_with_their_effects_and_take_effect_once() {
    play(
        |plan| plan.database_faults = 15,
        |world, mut director| async move {
            for at in 0..50 {
                world.event(0, &format!("{at}"), Kind::Once, Fate::Poisoned);
            }
            director.join().await;
            super::people::consume(&world, &mut director).await;
            (0..50).for_each(|number| world.events.mend(number));
            for _ in 0..600 {
                sleep(SECOND / 20).await;
                let mut tables = world.database.tables();
                tables.request_all_that_wait();
                tables.forget_inbox();
            }
            world.be_calm();
            super::people::settle(&world, &mut director).await;
            assert!((0..50).all(|number| world.events.told(number).within == 1));
        },
    );
}
