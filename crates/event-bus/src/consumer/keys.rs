//! Queues by key: what has the same key waits for its turn, what has another key does not.

use std::collections::vec_deque::Drain;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// A key's hash. Two keys with one hash wait for each other, which costs time and no promise.
pub(crate) type KeyHash = u64;

/// Items by key. Of each key one may take what is first and must [`release`](Self::release) the key before
/// one can have more of it.
pub(crate) struct Keys<T> {
    keys: HashMap<KeyHash, Key<T>, BuildHasherDefault<AsItIs>>,
    /// Keys that are not taken and have something, in the order in which they got it.
    ready: VecDeque<KeyHash>,
    /// Queues of keys that are gone: most keys come back.
    spare: Vec<VecDeque<T>>,
}

/// As many queues are kept, if they have no more room than this.
const SPARE: usize = 1_024;
const SPARE_ROOM: usize = 32;

struct Key<T> {
    items: VecDeque<T>,
    taken: bool,
}

/// Hashes what is a hash already.
#[derive(Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl<T> Keys<T> {
    pub(crate) fn new() -> Self {
        Self {
            keys: HashMap::default(),
            ready: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    /// Adds an item behind those of its key.
    pub(crate) fn push(&mut self, hash: KeyHash, item: T) {
        let spare = &mut self.spare;
        let key = self.keys.entry(hash).or_insert_with(|| Key {
            items: spare.pop().unwrap_or_default(),
            taken: false,
        });
        if key.items.is_empty() && !key.taken {
            self.ready.push_back(hash);
        }
        key.items.push_back(item);
    }

    /// Puts items of a taken key back before all others of that key, in their order.
    pub(crate) fn put_back(&mut self, hash: KeyHash, items: impl DoubleEndedIterator<Item = T>) {
        let Some(key) = self.keys.get_mut(&hash) else {
            return;
        };
        for item in items.rev() {
            key.items.push_front(item);
        }
    }

    /// Takes the key that waits longest; its items are had through [`Self::first_of`].
    pub(crate) fn take(&mut self) -> Option<KeyHash> {
        let hash = self.ready.pop_front()?;
        if let Some(key) = self.keys.get_mut(&hash) {
            key.taken = true;
        }
        Some(hash)
    }

    /// The first item of a taken key, without taking it.
    pub(crate) fn peek(&self, hash: KeyHash) -> Option<&T> {
        self.keys.get(&hash)?.items.front()
    }

    /// The first items of a taken key, as far as `like` says so, and no more than `most`.
    pub(crate) fn first_of(
        &mut self,
        hash: KeyHash,
        most: usize,
        like: impl Fn(&T) -> bool,
    ) -> Option<Drain<'_, T>> {
        let items = &mut self.keys.get_mut(&hash)?.items;
        let first = items.iter().take(most).take_while(|item| like(item));
        let count = first.count();
        Some(items.drain(..count))
    }

    /// Gives a key back: if it has items it is ready, as the last.
    pub(crate) fn release(&mut self, hash: KeyHash) {
        let Some(key) = self.keys.get_mut(&hash) else {
            return;
        };
        key.taken = false;
        if !key.items.is_empty() {
            self.ready.push_back(hash);
            return;
        }
        let Some(gone) = self.keys.remove(&hash) else {
            return;
        };
        if self.spare.len() < SPARE && gone.items.capacity() <= SPARE_ROOM {
            self.spare.push(gone.items);
        }
    }

    /// Every queued item, in no order.
    pub(crate) fn queued(&self) -> impl Iterator<Item = &T> {
        self.keys.values().flat_map(|key| &key.items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(keys: &mut Keys<char>, hash: KeyHash, most: usize) -> String {
        keys.first_of(hash, most, |_| true).unwrap().collect()
    }

    #[test]
    fn a_taken_key_gives_nothing_more_until_it_is_released() {
        let mut keys = Keys::new();
        for (hash, item) in [(1, 'a'), (1, 'b'), (2, 'c')] {
            keys.push(hash, item);
        }
        assert_eq!(keys.take(), Some(1));
        assert_eq!(first(&mut keys, 1, 1), "a");
        assert_eq!(keys.take(), Some(2));
        assert_eq!(first(&mut keys, 2, 1), "c");
        assert_eq!(keys.take(), None);
        keys.push(2, 'd');
        assert_eq!(keys.take(), None);
        keys.release(2);
        keys.release(1);
        assert_eq!(keys.take(), Some(2));
        assert_eq!(first(&mut keys, 2, 1), "d");
        assert_eq!(keys.take(), Some(1));
        assert_eq!(first(&mut keys, 1, 1), "b");
    }

    #[test]
    fn what_is_put_back_comes_first_and_in_order() {
        let mut keys = Keys::new();
        for item in 'a'..='d' {
            keys.push(7, item);
        }
        keys.take();
        let taken = first(&mut keys, 7, 3);
        assert_eq!(taken, "abc");
        keys.put_back(7, taken.chars().skip(1).collect::<Vec<_>>().into_iter());
        keys.release(7);
        assert_eq!(keys.take(), Some(7));
        let like = |item: &char| *item < 'd';
        let rest: String = keys.first_of(7, 9, like).unwrap().collect();
        assert_eq!(rest, "bc");
        assert_eq!(first(&mut keys, 7, 9), "d");
    }

    #[test]
    fn nothing_is_kept_of_a_key_that_is_empty() {
        let mut keys = Keys::new();
        for hash in 0..1_000 {
            keys.push(hash, ());
            keys.take();
            keys.first_of(hash, 1, |()| true);
            keys.release(hash);
        }
        assert_eq!(keys.keys.len(), 0);
    }
}
