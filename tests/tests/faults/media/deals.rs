//! Who uploads what how, and what is killed meanwhile: dealt from a seed so that it can be dealt again.

use std::fmt;

use nova_cli::servers::Server;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// Of the uploads, those that come as forms.
const FORMS: f64 = 0.4;
/// Of the uploads during which nothing is killed, those that their sender gives up.
const GIVEN_UP: f64 = 0.3;

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    /// The replica that the file is sent to.
    Replica,
    /// A server.
    Server(Server),
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replica => write!(f, "its replica"),
            Self::Server(server) => write!(f, "{server}"),
        }
    }
}

/// Every victim as often as it is killed in one deck.
const DECK: [Victim; 4] = [
    Victim::Replica,
    Victim::Replica,
    Victim::Server(Server::Postgres),
    Victim::Server(Server::Kafka),
];

/// What happens to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Somebody is killed in the middle of it.
    Kill(Victim),
    /// Its sender loses interest in the middle of it.
    GivenUp,
    /// What happens to others.
    Nothing,
}

/// One upload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Deal {
    pub(super) fate: Fate,
    /// Where in the file it comes to that: of its length.
    pub(super) at: f64,
    /// One form, or pieces.
    pub(super) form: bool,
}

/// As many uploads with a kill as there are rounds, and as many without.
pub(super) fn deal(seed: u64, rounds: usize) -> Vec<Deal> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut victims = Vec::new();
    while victims.len() < rounds {
        let mut deck = DECK;
        deck.shuffle(&mut random);
        victims.extend(deck);
    }
    victims.truncate(rounds);
    let fates = victims
        .into_iter()
        .flat_map(|victim| [Fate::Kill(victim), Fate::Nothing]);
    let fates: Vec<Fate> = fates.collect();
    let deal = |fate| Deal {
        fate: match fate {
            Fate::Nothing if random.random_bool(GIVEN_UP) => Fate::GivenUp,
            fate => fate,
        },
        at: random.random(),
        form: random.random_bool(FORMS),
    };
    fates.into_iter().map(deal).collect()
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
    fn everybody_is_killed_as_often_as_they_are_in_the_deck() {
        let deals = deal(1, 12);
        let killed = |victim| {
            let is_it = |deal: &&Deal| deal.fate == Fate::Kill(victim);
            deals.iter().filter(is_it).count()
        };
        assert_eq!(killed(Victim::Replica), 6);
        assert_eq!(killed(Victim::Server(Server::Postgres)), 3);
        assert_eq!(killed(Victim::Server(Server::Kafka)), 3);
        assert_eq!(deals.len(), 24);
    }
}
