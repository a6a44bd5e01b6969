//! Who follows whom and says what: the same every time.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// For whoever wants to look around: everybody in the demo has this password.
pub(crate) const PASSWORD: &str = "a-demo-password";
/// The one to look around as: follows everybody.
pub(crate) const USERNAME: &str = "demo_ada";

pub(super) const NAMES: [&str; 20] = [
    "Ada", "Bela", "Carla", "Dario", "Emre", "Fatima", "Goran", "Hana", "Ivo", "Jun", "Kira",
    "Luca", "Mei", "Noor", "Otto", "Pia", "Quentin", "Rosa", "Sami", "Tove",
];

/// Says who may follow, as a place in [`NAMES`].
pub(super) const LOCKED: usize = 19;
/// Asks to follow that one, and has got no answer.
pub(super) const ASKS: usize = 14;
/// Blocks the other.
pub(super) const BLOCKS: (usize, usize) = (18, 16);

const SUBJECTS: [&str; 8] = [
    "The sourdough",
    "Our cat",
    "That mountain path",
    "The old bicycle",
    "My first kernel patch",
    "The choir",
    "A very small garden",
    "The night train",
];
const EVENTS: [&str; 8] = [
    "surprised everyone today",
    "needs more patience than I have",
    "is finally finished",
    "looks better in the morning",
    "taught me something",
    "was worth the wait",
    "went wrong again",
    "deserves a picture, but words must do",
];

/// One morning, one noon and one evening.
pub(super) const PICTURES: [Picture; 3] = [
    Picture {
        author: 2,
        content: "The sea, before anybody was up.",
        alt: "A low sun over a calm sea, under a pink sky",
        sky: [236, 160, 150],
        sun: 170,
    },
    Picture {
        author: 9,
        content: "The same sea, at lunch.",
        alt: "A high sun over a calm sea, under a blue sky",
        sky: [120, 180, 235],
        sun: 70,
    },
    Picture {
        author: 17,
        content: "And the last of the light.",
        alt: "Half a sun behind a calm sea, under a violet sky",
        sky: [110, 70, 130],
        sun: 210,
    },
];

/// A picture of the sea, and what is said with it.
pub(super) struct Picture {
    /// Who posts it, as a place in [`NAMES`].
    pub(super) author: usize,
    pub(super) content: &'static str,
    /// What is told to who does not see it.
    pub(super) alt: &'static str,
    /// Red, green and blue.
    pub(super) sky: [u8; 3],
    /// Pixels between the upper edge and the middle of the sun.
    pub(super) sun: u32,
}

pub(super) fn username(name: &str) -> String {
    format!("demo_{}", name.to_lowercase())
}

/// Pairs of follower and followed, as places in [`NAMES`]. The first follows everybody; otherwise few are
/// followed by many and many by few.
pub(super) fn follows() -> Vec<(usize, usize)> {
    let mut random = StdRng::seed_from_u64(7);
    let everybody = 0..NAMES.len();
    let pairs = everybody
        .clone()
        .flat_map(|one| everybody.clone().map(move |other| (one, other)));
    pairs
        .filter(|&(follower, followed)| {
            let chance = 1.0 / (1.0 + followed as f64).powf(0.8);
            let is_drawn = random.random_bool(chance);
            let (one, other) = BLOCKS;
            let is_apart =
                [(one, other), (other, one), (ASKS, LOCKED)].contains(&(follower, followed));
            follower != followed && !is_apart && (follower == 0 || is_drawn)
        })
        .collect()
}

/// What each says: few say much.
pub(super) fn posts() -> impl Iterator<Item = Vec<String>> {
    (0..NAMES.len()).map(|place| {
        (0..1 + 12 / (place + 1))
            .map(|number| post(place, number))
            .collect()
    })
}

fn post(place: usize, number: usize) -> String {
    let subject = SUBJECTS
        .get((place + number) % SUBJECTS.len())
        .unwrap_or(&"It");
    let event = EVENTS
        .get((place * 3 + number * 5 + number / SUBJECTS.len()) % EVENTS.len())
        .unwrap_or(&"happened");
    format!("{subject} {event}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_followed_by_many() {
        let follows = follows();
        let followers = |place| {
            follows
                .iter()
                .filter(|(_, followed)| *followed == place)
                .count()
        };
        assert_eq!(
            follows
                .iter()
                .filter(|(follower, _)| *follower == 0)
                .count(),
            NAMES.len() - 1
        );
        assert!(followers(0) > 3 * followers(NAMES.len() - 1), "{follows:?}");
    }

    #[test]
    fn who_asks_or_is_blocked_does_not_follow() {
        let follows = follows();
        let (one, other) = BLOCKS;
        for apart in [(ASKS, LOCKED), (one, other), (other, one)] {
            assert!(!follows.contains(&apart), "{apart:?}");
        }
        assert!(
            follows
                .iter()
                .filter(|(_, followed)| *followed == LOCKED)
                .count()
                > 0
        );
    }

    #[test]
    fn nobody_repeats_themselves() {
        for said in posts() {
            let different: std::collections::HashSet<_> = said.iter().collect();
            assert_eq!(different.len(), said.len(), "{said:?}");
        }
    }
}
