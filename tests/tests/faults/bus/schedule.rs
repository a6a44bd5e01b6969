//! What happens to the bus when, dealt from a seed so that it can be dealt again.

use std::fmt;
use std::time::Duration;

use nova_cli::servers::Server;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// Milliseconds of load before something happens.
const WAIT: std::ops::Range<u64> = 0..1_000;
/// Milliseconds for which who is paused stands still: not long enough to be missed.
const PAUSE: std::ops::Range<u64> = 500..1_500;
/// Milliseconds for which who is frozen stands still: its partitions go to others after 6 s.
const FREEZE: std::ops::Range<u64> = 6_300..7_800;
/// Of the rounds, those that begin only when events take effect again.
const SETTLED: f64 = 0.4;
/// How many members there are, in each round of a deck.
const MEMBERS: [usize; DECK.len()] = [1, 1, 3, 3, 3, 3, 2, 2];

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// SIGKILL.
    Kill(Victim),
    /// SIGSTOP, and SIGCONT before anyone notices.
    Pause(Victim),
    /// SIGSTOP of a member, and SIGCONT when others have its partitions.
    Freeze,
    /// What was poisoned so far is mended and replayed.
    Mend,
}

/// Who is hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    Member,
    Server(Server),
}

/// Every event as often as it happens in one deck.
const DECK: [Event; 8] = [
    Event::Kill(Victim::Member),
    Event::Kill(Victim::Server(Server::Kafka)),
    Event::Kill(Victim::Server(Server::Postgres)),
    Event::Pause(Victim::Member),
    Event::Pause(Victim::Server(Server::Kafka)),
    Event::Pause(Victim::Server(Server::Postgres)),
    Event::Freeze,
    Event::Mend,
];

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(victim) => write!(f, "kill -9 of {victim}"),
            Self::Pause(victim) => write!(f, "pause of {victim}"),
            Self::Freeze => write!(f, "freeze of a member"),
            Self::Mend => write!(f, "mend and replay"),
        }
    }
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member => write!(f, "a member"),
            Self::Server(server) => write!(f, "{server}"),
        }
    }
}

/// An event and when it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Round {
    /// Members there are to be by then.
    pub(super) members: usize,
    /// Whether something must take effect before the wait begins.
    pub(super) settled: bool,
    pub(super) wait: Duration,
    pub(super) event: Event,
    /// Which of the members is meant.
    pub(super) number: usize,
    /// How long who stands still does so.
    pub(super) pause: Duration,
}

/// So many rounds. The deck is dealt whole before an event comes up more often than it is in there.
pub(super) fn deal(seed: u64, rounds: usize) -> Vec<Round> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut dealt: Vec<Round> = Vec::with_capacity(rounds);
    while dealt.len() < rounds {
        let mut deck = DECK;
        deck.shuffle(&mut random);
        dealt.extend(deck.into_iter().zip(MEMBERS).map(|(event, members)| Round {
            members,
            settled: random.random_bool(SETTLED),
            wait: Duration::from_millis(random.random_range(WAIT)),
            event,
            number: random.random_range(0..members),
            pause: Duration::from_millis(random.random_range(match event {
                Event::Freeze => FREEZE,
                _ => PAUSE,
            })),
        }));
    }
    dealt.truncate(rounds);
    dealt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_deals_the_same_again() {
        assert_eq!(deal(7, 20), deal(7, 20));
        assert_ne!(deal(7, 20), deal(8, 20));
    }

    #[test]
    fn members_become_three_and_then_two() {
        let members: Vec<usize> = deal(1, 8).iter().map(|round| round.members).collect();
        assert_eq!(members, MEMBERS);
    }

    #[test]
    fn every_event_comes_up_as_often_as_it_is_in_the_deck() {
        let rounds = deal(1, 2 * DECK.len());
        for event in DECK {
            let count = rounds.iter().filter(|round| round.event == event).count();
            let expected = DECK.iter().filter(|other| **other == event).count() * 2;
            assert_eq!(count, expected, "{event}");
        }
    }
}
