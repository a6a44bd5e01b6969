//! Proof that the oracle bites: each planted fault is found within a few seeds.

use std::panic::catch_unwind;

use super::{regressions, run};
use crate::planted::{Bug, plant};

/// Seeds that are tried.
const WITHIN: u64 = 2_000;

/// The first seed in which a fault is found, and only with it.
fn found(bug: Bug) -> Option<(u64, String)> {
    let with = |bug: Option<Bug>, seed: u64| {
        plant(bug);
        let outcome = run(seed, false);
        plant(None);
        outcome.found.first().cloned()
    };
    (0..WITHIN).find_map(|seed| {
        let what = with(Some(bug), seed)?;
        with(None, seed).is_none().then_some((seed, what))
    })
}

macro_rules! planted {
    ($($name:ident: $bug:ident;)*) => {$(
        #[test]
        fn $name() {
            let found = found(Bug::$bug);
            let (seed, what) = found.expect("nobody notices");
            println!("simulation: {:?} is found at seed {seed}: {what}", Bug::$bug);
        }
    )*};
}

planted! {
    committing_what_was_handed_out_is_found: CommitTooFar;
    handling_two_of_a_key_at_once_is_found: SameKeyAtOnce;
    handling_what_must_wait_behind_a_parked_event_is_found: ForgetToParkBehind;
    forgetting_parked_keys_with_the_partition_is_found: ForgetParkedKeys;
    an_inbox_outside_the_transaction_is_found: InboxOutsideTheTransaction;
    no_inbox_is_found: NoInbox;
    giving_up_partitions_at_once_is_found: NoDrain;
    ignoring_a_failed_commit_is_found: IgnoreFailedCommit;
    skipping_what_an_open_breaker_holds_is_found: OpenBreakerSkips;
    ignoring_that_parking_failed_is_found: IgnoreFailedPark;
    replaying_backwards_is_found: ReplayOutOfOrder;
    skipping_the_first_of_a_failed_batch_is_found: SkipFirstOfFailedBatch;
    taking_a_repeated_offset_for_a_new_one_is_found: AcceptRepeated;
    putting_events_back_backwards_is_found: PutBackBackwards;
    counting_in_memory_what_is_not_is_found: LeakInFlight;
    forgetting_a_failed_commit_is_found: ForgetFailedCommit;
    taking_letters_out_before_they_are_handled_is_found: TakeOutLettersFirst;
    keeping_the_key_of_a_parked_event_is_found: KeepParkedKey;
    believing_what_was_done_in_another_life_is_found: BelieveStaleMetadata;
}

/// What went wrong elsewhere would be noticed here.
#[test]
fn each_regression_is_found_by_its_test() {
    let all: [(Bug, fn()); 8] = [
        (
            Bug::CommitTooFar,
            regressions::an_offset_is_not_committed_on_receive,
        ),
        (
            Bug::NoDrain,
            regressions::what_is_finished_during_a_rebalance_is_not_thrown_away,
        ),
        (
            Bug::AcceptRepeated,
            regressions::an_offset_that_is_given_twice_is_not_handled_twice_at_once,
        ),
        (
            Bug::NoDrain,
            regressions::no_offset_is_dropped_when_a_partition_is_revoked_and_assigned_again,
        ),
        (
            Bug::ForgetFailedCommit,
            regressions::commits_that_fail_during_rebalances_lose_nothing,
        ),
        (
            Bug::OpenBreakerSkips,
            regressions::a_breaker_beside_an_inbox_loses_nothing,
        ),
        (
            Bug::ReplayForEver,
            regressions::a_replay_that_fails_again_ends,
        ),
        (
            Bug::KeepParkedKey,
            regressions::what_is_parked_is_not_in_memory,
        ),
    ];
    for (bug, regression) in all {
        plant(Some(bug));
        let outcome = catch_unwind(regression);
        plant(None);
        assert!(outcome.is_err(), "{bug:?} is not found");
    }
}
