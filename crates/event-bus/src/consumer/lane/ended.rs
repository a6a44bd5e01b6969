//! What a lane does with what has ended, and what it tells of it.

use futures::FutureExt;

use super::Lane;
use crate::consumer::flow::Position;
use crate::consumer::keys::KeyHash;
use crate::middleware::{Interrupted, Ran, Together};
use crate::record::Record;

/// What one running thing has in hand.
#[derive(Default)]
pub(super) struct Hand {
    offsets: Vec<i64>,
}

impl Hand {
    pub(super) fn of(offsets: impl Iterator<Item = i64>) -> Self {
        Self {
            offsets: offsets.collect(),
        }
    }
}

/// Something that ran has ended.
pub(super) enum Ended {
    /// Messages of one key, one after the other.
    One { id: u64, key: KeyHash, ran: Ran },
    /// Messages of several keys in one transaction; they come back if it failed.
    Together {
        id: u64,
        outcome: Together,
        keys: Vec<(KeyHash, usize)>,
    },
    /// Messages that were set aside.
    Aside {
        id: u64,
        outcome: Result<(), Interrupted>,
        keys: Vec<KeyHash>,
    },
    /// Messages that may have been parked behind others of their keys.
    Behind {
        id: u64,
        outcome: Result<Vec<(Record, bool)>, Interrupted>,
        keys: Vec<(KeyHash, usize)>,
    },
}

impl Lane {
    pub(super) fn settle(&mut self, ended: Ended) {
        self.changed = true;
        match ended {
            Ended::One { id, key, ran } => self.settle_one(id, key, ran),
            Ended::Together { id, outcome, keys } => self.settle_together(id, outcome, keys),
            Ended::Aside { id, outcome, keys } => self.settle_aside(id, outcome, keys),
            Ended::Behind { id, outcome, keys } => self.settle_behind(id, outcome, keys),
        }
    }

    fn settle_one(&mut self, id: u64, key: KeyHash, ran: Ran) {
        let hand = self.hands.remove(&id).unwrap_or_default();
        self.settle_key(key, &hand, ran);
    }

    /// What became of messages of one key.
    pub(super) fn settle_key(&mut self, key: KeyHash, hand: &Hand, ran: Ran) {
        self.changed = true;
        for offset in hand.offsets.iter().take(ran.done) {
            self.tracker.done(*offset);
        }
        self.count(ran.done);
        if ran.parked {
            self.parked.insert(key);
        }
        self.sentinel.end(key, ran.left.first().map(Record::offset));
        self.put_back(key, ran.left);
        self.keys.release(key);
    }

    fn no_longer_in_hand(&mut self, id: u64) -> Vec<i64> {
        let hand = self.hands.remove(&id);
        hand.map(|hand| hand.offsets).unwrap_or_default()
    }

    fn settle_together(&mut self, id: u64, outcome: Together, keys: Vec<(KeyHash, usize)>) {
        let offsets = self.no_longer_in_hand(id);
        match outcome {
            Together::Done => {
                for offset in &offsets {
                    self.tracker.done(*offset);
                }
                self.count(offsets.len());
                for (key, _) in keys {
                    self.sentinel.end(key, None);
                    self.keys.release(key);
                }
            }
            // Each key goes on by itself, still in hand.
            Together::Committed(all) => {
                let mut offsets = offsets.into_iter();
                for ((key, count), run) in keys.into_iter().zip(all) {
                    let id = self.put_in_hand(Hand::of(offsets.by_ref().take(count)));
                    self.start(Box::pin(run.map(move |ran| Ended::One { id, key, ran })));
                }
            }
            // Which of them it was shows when each is tried alone; the others need not wait for it.
            Together::Failed(records) => {
                let mut records = records.into_iter();
                for (key, count) in keys {
                    let mine: Vec<Record> = records.by_ref().take(count).collect();
                    self.sentinel.end(key, mine.first().map(Record::offset));
                    self.run_one_by_one(key, mine, None);
                }
            }
        }
    }

    fn settle_aside(&mut self, id: u64, outcome: Result<(), Interrupted>, keys: Vec<KeyHash>) {
        self.aside.end();
        let offsets = self.no_longer_in_hand(id);
        if outcome.is_err() {
            // The lane stops; nothing of it is done.
            return;
        }
        for offset in &offsets {
            self.tracker.done(*offset);
        }
        self.count(offsets.len());
        keys.into_iter().for_each(|key| self.keys.release(key));
    }

    fn settle_behind(
        &mut self,
        id: u64,
        outcome: Result<Vec<(Record, bool)>, Interrupted>,
        keys: Vec<(KeyHash, usize)>,
    ) {
        self.behind.end();
        self.hands.remove(&id);
        let Ok(parked) = outcome else {
            // The lane stops; nothing of it is done.
            return;
        };
        let mut parked = parked.into_iter();
        for (key, count) in keys {
            let mut again = Vec::new();
            for (record, is_parked) in parked.by_ref().take(count) {
                if is_parked {
                    self.tracker.done(record.offset());
                    self.count(1);
                } else {
                    again.push(record);
                }
            }
            if !again.is_empty() {
                // It was replayed meanwhile: the key flows.
                self.parked.remove(&key);
            }
            self.put_back(key, again);
            self.keys.release(key);
        }
    }

    fn count(&self, done: usize) {
        self.scope.handled.events.increment(done as u64);
        self.flow.done(done);
    }

    /// Tells up to where the partition is done, and what beyond.
    pub(super) fn tell(&mut self) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        let Some(offset) = self.tracker.position() else {
            return;
        };
        // Of a log that begins anew the position does go back, and what is in hand is not of it.
        if !self.tracker.is_anew() {
            let in_hand = self.hands.values().flat_map(|hand| &hand.offsets).copied();
            let queued = self.keys.queued().map(|queued| queued.record.offset());
            self.sentinel.commit(offset, in_hand.chain(queued));
        }
        let written = self.tracker.finished().encode(self.means.metadata);
        let metadata = written.text;
        self.flow
            .tell(Position { offset, metadata }, written.is_whole);
    }
}
