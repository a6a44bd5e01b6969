//! Faults that tests plant, to show that the simulation finds them.
//!
//! Outside of tests nothing is planted and the question costs nothing.

/// A fault that once was, or might have been, made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Commits what was handed out instead of what is done.
    CommitTooFar,
    /// Hands out an event while an earlier one of its key is in hand.
    SameKeyAtOnce,
    /// Handles later events of a key whose event was parked.
    ForgetToParkBehind,
    /// Forgets which keys are parked when a partition changes hands.
    ForgetParkedKeys,
    /// Claims events in a transaction of its own.
    InboxOutsideTheTransaction,
    /// Does not ask the inbox.
    NoInbox,
    /// Gives partitions up at once, with what is finished uncommitted and handlers still running.
    NoDrain,
    /// Takes an event for done when the commit of its transaction failed.
    IgnoreFailedCommit,
    /// Takes an event for done although the breaker let nothing through.
    OpenBreakerSkips,
    /// Takes an event for done that could not be parked.
    IgnoreFailedPark,
    /// Replays the letters of a key from the last to the first.
    ReplayOutOfOrder,
    /// Tries a batch that failed again from its second event on.
    SkipFirstOfFailedBatch,
    /// Believes what an earlier owner had finished about offsets that begin anew.
    BelieveStaleMetadata,
    /// Takes an offset that was given again for a new one.
    AcceptRepeated,
    /// Puts events of a key that were not handled back in the wrong order.
    PutBackBackwards,
    /// Keeps counting as in memory what needed no handling.
    LeakInFlight,
    /// Does not ask again for a commit that failed.
    ForgetFailedCommit,
    /// Takes letters out before they were handled.
    TakeOutLettersFirst,
    /// Keeps a key for ever whose event was parked.
    KeepParkedKey,
    /// Tries a letter that failed again at once, and again.
    ReplayForEver,
}

#[cfg(not(test))]
#[inline]
pub(crate) const fn is_planted(_: Bug) -> bool {
    false
}

#[cfg(test)]
pub(crate) use self::switch::{is_planted, plant};

#[cfg(test)]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    pub(crate) fn is_planted(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Plants a fault, or none, on this thread.
    pub(crate) fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }
}
