//! What happens when, dealt from a seed so that it can be dealt again.

use std::fmt;
use std::time::Duration;

use nova_cli::servers::Server;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// Milliseconds of load before a fault: from none, so that faults meet, to enough for everything to be back.
const WAIT: std::ops::Range<u64> = 0..2_500;
/// Milliseconds that a paused server stands still.
const PAUSE: std::ops::Range<u64> = 800..2_000;
/// Milliseconds between two hiccups of Redis.
const HICCUPS: std::ops::Range<u64> = 1_500..4_000;
/// Tells their random numbers from those of faults.
const OF_HICCUPS: u64 = 3_000;
/// How long a frozen Postgres stands still at least.
pub(crate) const FROZEN: Duration = Duration::from_secs(40);

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL.
    Kill(Victim),
    /// SIGSTOP, and SIGCONT a little later.
    Pause(Server),
    /// SIGSTOP of Postgres with all its children, until the platform says that it is unready and [`FROZEN`]
    /// has passed: it answers nothing and closes nothing.
    Freeze,
    /// Redis forgets everything.
    FlushRedis,
}

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    /// The process that runs the services.
    Services,
    /// A server.
    Server(Server),
}

impl Fault {
    /// Whether a request may fail because of it. None may while only Kafka and Redis are at fault: posts
    /// wait in the outbox, and feeds are read from Postgres.
    pub(crate) fn is_felt(self) -> bool {
        matches!(
            self,
            Self::Kill(Victim::Services | Victim::Server(Server::Postgres))
        ) || matches!(self, Self::Pause(Server::Postgres) | Self::Freeze)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(victim) => write!(f, "kill -9 of {victim}"),
            Self::Pause(server) => write!(f, "pause of {server}"),
            Self::Freeze => write!(f, "freeze of {}", Server::Postgres),
            Self::FlushRedis => write!(f, "FLUSHALL"),
        }
    }
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Services => write!(f, "services"),
            Self::Server(server) => write!(f, "{server}"),
        }
    }
}

/// A fault and when it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Round<F = Fault> {
    /// Whether everything is well again before the wait begins.
    pub(crate) settled: bool,
    /// Load before the fault.
    pub(crate) wait: Duration,
    /// The fault.
    pub(crate) fault: F,
    /// How long a pause lasts.
    pub(crate) pause: Duration,
}

/// So many rounds, of which so large a share is to begin when everything is well. The deck is dealt whole
/// before a fault comes up more often than it is in there.
pub(crate) fn deal<F: Copy>(seed: u64, rounds: usize, deck: &[F], settled: f64) -> Vec<Round<F>> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut dealt = Vec::with_capacity(rounds);
    while dealt.len() < rounds && !deck.is_empty() {
        let mut shuffled = deck.to_vec();
        shuffled.shuffle(&mut random);
        dealt.extend(shuffled.into_iter().map(|fault| Round {
            settled: random.random_bool(settled),
            wait: Duration::from_millis(random.random_range(WAIT)),
            fault,
            pause: Duration::from_millis(random.random_range(PAUSE)),
        }));
    }
    dealt.truncate(rounds);
    dealt
}

/// What lies between one hiccup of Redis and the next, without end.
pub(crate) fn hiccups(seed: u64) -> impl Iterator<Item = Duration> {
    let mut random = StdRng::seed_from_u64(seed.wrapping_add(OF_HICCUPS));
    std::iter::repeat_with(move || Duration::from_millis(random.random_range(HICCUPS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECK: [Fault; 3] = [
        Fault::Kill(Victim::Services),
        Fault::Pause(Server::Kafka),
        Fault::FlushRedis,
    ];

    #[test]
    fn a_seed_deals_the_same_again() {
        assert_eq!(deal(7, 20, &DECK, 0.5), deal(7, 20, &DECK, 0.5));
        assert_ne!(deal(7, 20, &DECK, 0.5), deal(8, 20, &DECK, 0.5));
        assert!(hiccups(7).take(20).eq(hiccups(7).take(20)));
        assert!(hiccups(7).take(20).ne(hiccups(8).take(20)));
    }

    #[test]
    fn every_fault_comes_up_as_often_as_it_is_in_the_deck() {
        let rounds = deal(1, 9, &DECK, 0.5);
        for fault in DECK {
            assert_eq!(
                rounds.iter().filter(|round| round.fault == fault).count(),
                3
            );
        }
        assert_eq!(deal(1, 4, &DECK, 0.5).len(), 4);
        assert_eq!(deal::<Fault>(1, 4, &[], 0.5).len(), 0);
    }

    #[test]
    fn only_what_requests_need_is_felt() {
        assert!(Fault::Kill(Victim::Server(Server::Postgres)).is_felt());
        assert!(Fault::Kill(Victim::Services).is_felt());
        assert!(Fault::Freeze.is_felt());
        for server in [Server::Kafka, Server::Redis] {
            assert!(!Fault::Kill(Victim::Server(server)).is_felt());
            assert!(!Fault::Pause(server).is_felt());
        }
        assert!(!Fault::FlushRedis.is_felt());
    }
}
