//! Dead letters and parked sequences.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::{Sequence, Tables};
use crate::record::{Record, header};
use crate::store::Types;

/// A dead letter.
#[derive(Clone)]
pub(in crate::simulation) struct Row {
    pub(super) id: Uuid,
    pub(in crate::simulation) record: Record,
    pub(super) sequence: (Arc<str>, Vec<u8>),
    /// Of a type that nobody knows: it parks nothing.
    pub(in crate::simulation) aside: bool,
}

fn sequence_of(record: &Record) -> (Arc<str>, Vec<u8>) {
    (Arc::clone(&record.topic), record.sequence().into_owned())
}

fn is_same(one: &Record, other: &Record) -> bool {
    one.topic() == other.topic()
        && one.partition() == other.partition()
        && one.offset() == other.offset()
        && one.header(header::ID) == other.header(header::ID)
}

impl Tables {
    pub(super) fn parked(&self, topic: &str) -> Vec<Vec<u8>> {
        let of_topic = self.sequences.iter().filter(|((of, _), _)| **of == *topic);
        of_topic.map(|((_, key), _)| key.clone()).collect()
    }

    /// Parks what is handled by now, and forgets what is ignored.
    pub(super) fn take_up(&mut self, topic: &str, partition: i32, types: &Types) {
        let is_of = |row: &Row| {
            row.aside && row.record.topic() == topic && row.record.partition() == partition
        };
        let is_one = |row: &Row, types: &[&'static str]| {
            let of = row.record.header(header::TYPE);
            of.is_some_and(|of| types.contains(&of))
        };
        self.letters
            .retain(|_, row| !(is_of(row) && is_one(row, &types.ignored)));
        let mut sequences = Vec::new();
        for row in self.letters.values_mut() {
            if is_of(row) && is_one(row, &types.handled) {
                row.aside = false;
                sequences.push(row.sequence.clone());
            }
        }
        for sequence in sequences {
            self.sequences.entry(sequence).or_insert(Sequence {
                next_at: Some(Instant::now()),
                ..Sequence::default()
            });
        }
    }

    pub(super) fn set_aside(&mut self, records: &[Record]) {
        for record in records {
            self.put(record, true);
        }
    }

    pub(super) fn park(&mut self, record: &Record, again: Option<Duration>, build: &str) {
        let sequence = self.sequences.entry(sequence_of(record));
        sequence.or_insert(Sequence {
            next_at: again.map(|again| Instant::now() + again),
            builds: vec![build.to_owned()],
            ..Sequence::default()
        });
        self.put(record, false);
    }

    pub(super) fn park_behind(&mut self, records: &[Record]) -> Vec<bool> {
        let park = |record: &Record| {
            let is_parked = self.sequences.contains_key(&sequence_of(record));
            if is_parked {
                self.put(record, false);
            }
            is_parked
        };
        records.iter().map(park).collect()
    }

    fn put(&mut self, record: &Record, aside: bool) {
        if self
            .letters
            .values()
            .any(|row| is_same(&row.record, record))
        {
            return;
        }
        let number = self.next();
        let row = Row {
            id: Uuid::from_u128(u128::from(number)),
            record: record.clone(),
            sequence: sequence_of(record),
            aside,
        };
        self.letters.insert(number, row);
    }

    /// A person asks for the replay of a sequence.
    pub(in crate::simulation) fn request(&mut self, sequence: &(Arc<str>, Vec<u8>)) {
        let number = self.next();
        if let Some(sequence) = self.sequences.get_mut(sequence) {
            sequence.requested.get_or_insert(number);
        }
    }
}
