//! The newest posts of many authors, without reading all of any.
//!
//! In rounds: each asks a few posts of every author who may still have one among the newest, and raises the
//! floor below which nothing matters. The first round asks so many of each that about twice what is wanted comes; each
//! later one asks twice as many of those who had nothing but posts above the floor. There can be no more of
//! these than posts are wanted, divided by what each has shown, so a round asks at most twice what is wanted,
//! and after as many rounds as the wanted count has binary digits nobody is left.

use std::collections::HashMap;

use nova_ids::{PostId, UserId};
use uuid::Uuid;

/// A merge under way.
#[derive(Debug)]
pub struct Merge {
    count: usize,
    batch: usize,
    open: Vec<(UserId, PostId)>,
    /// The newest so far, newest first.
    newest: Vec<PostId>,
}

impl Merge {
    /// Looks for the newest `count` posts, at least one, after a first round: the newest `count` of the newest
    /// `batch` posts of each author, newest first.
    #[must_use]
    pub fn after(first: &[(UserId, PostId)], batch: usize, count: usize) -> Self {
        let mut merge = Self {
            count,
            batch,
            open: Vec::new(),
            newest: Vec::new(),
        };
        merge.take(first);
        merge
    }

    /// Of whom posts are to be asked, and before which; nobody when it is done.
    #[must_use]
    pub fn open(&self) -> &[(UserId, PostId)] {
        &self.open
    }

    /// How many posts are to be asked of each.
    #[must_use]
    pub const fn batch(&self) -> usize {
        self.batch
    }

    /// How many posts are wanted of all together.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// What is not newer than this does not matter.
    #[must_use]
    pub fn floor(&self) -> PostId {
        let last = self.newest.get(self.count.saturating_sub(1));
        last.copied().unwrap_or(PostId::from(Uuid::nil()))
    }

    /// Takes the answer of a round: the newest [`Self::count`] of the newest [`Self::batch`] posts of each who is
    /// open, newest first.
    pub fn take(&mut self, answer: &[(UserId, PostId)]) {
        self.newest.extend(answer.iter().map(|(_, post)| *post));
        self.newest.sort_unstable_by(|one, other| other.cmp(one));
        self.newest.truncate(self.count);
        let mut shown: HashMap<UserId, (usize, PostId)> = HashMap::with_capacity(answer.len());
        for (author, post) in answer {
            let (number, oldest) = shown.entry(*author).or_insert((0, *post));
            *number += 1;
            *oldest = *post;
        }
        // Who has shown fewer has no more, or none above the floor.
        let (floor, batch) = (self.floor(), self.batch);
        let more = shown
            .into_iter()
            .filter(|(_, (number, oldest))| *number == batch && *oldest > floor);
        self.open = more.map(|(author, (_, oldest))| (author, oldest)).collect();
        self.batch = (batch * 2).min(self.count.max(1));
    }

    /// The newest posts, newest first: fewer than were wanted only when there are no more.
    #[must_use]
    pub fn into_newest(self) -> Vec<PostId> {
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    struct World(BTreeMap<UserId, Vec<PostId>>);

    impl World {
        /// Authors of whom some write a hundred times as much as others, and some long ago.
        fn random(rng: &mut StdRng) -> Self {
            let authors = rng.random_range(0..60);
            let author = |_| {
                let most = [1, 5, 100][rng.random_range(0..3)];
                let begin = rng.random_range(0..10_000_u128);
                let mut posts: Vec<PostId> = (0..rng.random_range(0..=most))
                    .map(|_| {
                        let at = begin + rng.random_range(0..1_000);
                        PostId::from(Uuid::from_u128(at << 64 | u128::from(rng.random::<u64>())))
                    })
                    .collect();
                posts.sort_unstable_by(|one, other| other.cmp(one));
                (UserId::new(), posts)
            };
            Self((0..authors).map(author).collect())
        }

        fn answer(
            &self,
            asked: &[(UserId, PostId)],
            floor: PostId,
            (batch, count): (usize, usize),
        ) -> Vec<(UserId, PostId)> {
            let mut answer = Vec::new();
            for (author, before) in asked {
                let posts = self.0[author].iter();
                let posts = posts.filter(|post| **post < *before && **post > floor);
                answer.extend(posts.take(batch).map(|post| (*author, *post)));
            }
            answer.sort_unstable_by_key(|(_, post)| std::cmp::Reverse(*post));
            answer.truncate(count);
            answer
        }
    }

    #[test]
    fn it_finds_the_newest_and_asks_for_little() {
        let mut rng = StdRng::seed_from_u64(8);
        for _ in 0..500 {
            let world = World::random(&mut rng);
            let authors: Vec<UserId> = world.0.keys().copied().collect();
            let mut all: Vec<PostId> = world.0.values().flatten().copied().collect();
            all.sort_unstable_by(|one, other| other.cmp(one));
            let before = (!all.is_empty() && rng.random_bool(0.5))
                .then(|| all[rng.random_range(0..all.len())]);
            let count: usize = [1, 2, 21, 101, 500][rng.random_range(0..5)];
            let batch = (2 * count).div_ceil(authors.len().max(1)).min(count);
            let from = before.unwrap_or(PostId::from(Uuid::max()));
            let asked: Vec<_> = authors.iter().map(|author| (*author, from)).collect();
            let first = world.answer(&asked, PostId::from(Uuid::nil()), (batch, count));
            let mut merge = Merge::after(&first, batch, count);
            let (mut asked, mut rounds) = (authors.len() * batch, 1);
            while !merge.open().is_empty() {
                asked += merge.open().len() * merge.batch();
                rounds += 1;
                let extent = (merge.batch(), merge.count());
                let answer = world.answer(merge.open(), merge.floor(), extent);
                merge.take(&answer);
            }
            let expected = all
                .iter()
                .filter(|post| before.is_none_or(|before| **post < before));
            let expected: Vec<PostId> = expected.take(count).copied().collect();
            assert_eq!(merge.into_newest(), expected);
            assert!(rounds <= count.ilog2() + 2, "{rounds} rounds for {count}");
            let most = authors.len() + 2 * count * (rounds as usize + 1);
            assert!(asked <= most, "{asked} asked, of at most {most}");
        }
    }
}
