//! Dead letters and parked sequences.

use std::sync::Arc;

use uuid::Uuid;

use super::{Sequence, Tables};
use crate::record::{Record, header};

/// A dead letter.
#[derive(Clone)]
pub(in crate::simulation) struct Row {
    pub(super) id: Uuid,
    pub(in crate::simulation) record: Record,
    pub(super) sequence: (Arc<str>, Vec<u8>),
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
    pub(super) fn parked(&self, topic: &str, partition: i32) -> Vec<Vec<u8>> {
        let of_partition = self.sequences.iter().filter(|((of, _), sequence)| {
            **of == *topic && [partition, -1].contains(&sequence.partition)
        });
        of_partition.map(|((_, key), _)| key.clone()).collect()
    }

    pub(super) fn park(&mut self, record: &Record) {
        let partition = record.partition();
        let sequence = self.sequences.entry(sequence_of(record));
        let sequence = sequence.or_insert(Sequence {
            partition,
            requested: None,
        });
        if sequence.partition != partition {
            sequence.partition = -1;
        }
        self.put(record);
    }

    pub(super) fn park_behind(&mut self, records: &[Record]) -> Vec<bool> {
        let park = |record: &Record| {
            let is_parked = self.sequences.contains_key(&sequence_of(record));
            if is_parked {
                self.put(record);
            }
            is_parked
        };
        records.iter().map(park).collect()
    }

    fn put(&mut self, record: &Record) {
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
