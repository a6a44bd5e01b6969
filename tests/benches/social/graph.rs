//! Who follows whom.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::rngs::StdRng;

/// Follower and followee, by number.
pub(crate) type Follows = BTreeSet<(usize, usize)>;

/// The law that a graph of follows obeys.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Law {
    /// Anyone follows; of the n-th user n times as rarely is followed as of the first (Zipf's law).
    Zipf,
    /// Two follow each other, each chosen as 1 / (rank + 23) (Mandelbrot's). With 962 users and 18,812 pairs that
    /// is the shape of socfb-Reed98, which `DeathStarBench` takes: the one with most has some 300, the mean is 39.
    Mutual,
}

/// See [`Law::Mutual`].
const FLATTENED_BY: f64 = 23.0;

/// That many different follows, or pairs who follow each other.
pub(crate) fn draw(law: Law, users: usize, wanted: usize, rng: &mut StdRng) -> Follows {
    match law {
        Law::Zipf => {
            let followees = Ranks::new(users, 0.0);
            distinct(wanted, || (rng.random_range(0..users), followees.any(rng)))
        }
        Law::Mutual => {
            let ranks = Ranks::new(users, FLATTENED_BY);
            let pairs = distinct(wanted, || {
                let (one, other) = (ranks.any(rng), ranks.any(rng));
                (one.min(other), one.max(other))
            });
            let back = pairs.iter().map(|(one, other)| (*other, *one));
            back.chain(pairs.iter().copied()).collect()
        }
    }
}

/// Nobody follows themselves.
fn distinct(wanted: usize, mut any: impl FnMut() -> (usize, usize)) -> Follows {
    let mut pairs = Follows::new();
    while pairs.len() < wanted {
        let (one, other) = any();
        if one != other {
            pairs.insert((one, other));
        }
    }
    pairs
}

/// Of how many followers those with most, and the one in the middle, have.
pub(crate) fn most_and_median(users: usize, follows: &Follows) -> (usize, usize) {
    let mut counts = vec![0; users];
    for (_, followee) in follows {
        if let Some(count) = counts.get_mut(*followee) {
            *count += 1;
        }
    }
    counts.sort_unstable();
    let at = |at: usize| counts.get(at).copied().unwrap_or_default();
    (at(users.saturating_sub(1)), at(users / 2))
}

/// Draws ranks by their weights.
struct Ranks {
    /// The sum of all weights up to each rank.
    up_to: Vec<f64>,
}

impl Ranks {
    fn new(count: usize, flattened_by: f64) -> Self {
        let weights = (1..=count).map(|rank| 1.0 / (rank as f64 + flattened_by));
        let up_to = weights.scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self {
            up_to: up_to.collect(),
        }
    }

    fn any(&self, rng: &mut StdRng) -> usize {
        let all = self.up_to.last().copied().unwrap_or_default();
        let drawn = rng.random_range(0.0..all);
        self.up_to.partition_point(|sum| *sum <= drawn)
    }
}
