//! Dead letters and parked sequences.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::{Sequence, Tables};
use crate::record::{Record, header};
use crate::simulation::events::{Kind, event_type};
use crate::store::{Letter, Types};

/// A dead letter.
#[derive(Clone)]
pub(in crate::simulation) struct Row {
    pub(super) id: Uuid,
    pub(in crate::simulation) record: Record,
    pub(super) sequence: (Arc<str>, Vec<u8>),
    /// Of a type that nobody knew: it parks nothing.
    pub(in crate::simulation) is_aside: bool,
    /// What belongs in its transaction has happened before it was put here.
    has_happened: bool,
}

/// A letter that is on its way to the database.
pub(super) struct Parking {
    record: Record,
    fingerprint: String,
    build: String,
    again: Option<Duration>,
}

impl Parking {
    pub(super) fn of(letter: &Letter<'_>) -> Self {
        Self {
            record: letter.record.clone(),
            fingerprint: letter.fingerprint.clone(),
            build: letter.build.to_owned(),
            again: letter.again,
        }
    }
}

fn sequence_of(record: &Record) -> (Arc<str>, Vec<u8>) {
    (Arc::clone(&record.topic), record.sequence().into_owned())
}

/// In the same place, and with the same content.
fn is_same(one: &Record, other: &Record) -> bool {
    one.topic() == other.topic()
        && one.partition() == other.partition()
        && one.offset() == other.offset()
        && one.header(header::ID) == other.header(header::ID)
}

fn id_of(record: &Record) -> Option<Uuid> {
    Uuid::try_parse(record.header(header::ID)?).ok()
}

fn has_two_halves(record: &Record) -> bool {
    type_of(record) == event_type(Kind::OnceThen)
}

fn type_of(record: &Record) -> &str {
    record.header(header::TYPE).unwrap_or_default()
}

impl Tables {
    pub(super) fn parked(&self, topic: &str) -> Vec<Vec<u8>> {
        let of_topic = self.sequences.keys().filter(|(of, _)| **of == *topic);
        of_topic.map(|(_, key)| key.clone()).collect()
    }

    /// Parks what is handled by now, and forgets what is ignored by now.
    pub(super) fn take_up(&mut self, topic: &str, partition: i32, types: &Types) {
        let mut sequences = Vec::new();
        self.letters.retain(|_, row| {
            let record = &row.record;
            let is_here = record.topic() == topic && record.partition() == partition;
            if !row.is_aside || !is_here {
                return true;
            }
            if types.handled.contains(&type_of(record)) {
                row.is_aside = false;
                sequences.push(row.sequence.clone());
            }
            !types.ignored.contains(&type_of(record))
        });
        for sequence in sequences {
            let known = self.sequences.entry(sequence).or_default();
            known.next_at.get_or_insert_with(Instant::now);
        }
    }

    pub(super) fn park(&mut self, parking: Parking) {
        let sequence = self.sequences.entry(sequence_of(&parking.record));
        sequence.or_insert_with(|| Sequence {
            next_at: parking.again.map(|again| Instant::now() + again),
            fingerprint: parking.fingerprint,
            builds: vec![parking.build],
            ..Sequence::default()
        });
        self.put(&parking.record, false);
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

    pub(super) fn put(&mut self, record: &Record, is_aside: bool) {
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
            is_aside,
            has_happened: id_of(record).is_some_and(|id| self.inbox.contains(&id)),
        };
        self.letters.insert(number, row);
    }

    /// A person asks for the replay of whatever does not go by itself.
    pub(in crate::simulation) fn request_all_that_wait(&mut self) {
        let waits = |(_, row): &(_, &Sequence)| row.next_at.is_none();
        let waiting = self.sequences.iter().filter(waits);
        let waiting: Vec<_> = waiting.map(|(sequence, _)| sequence.clone()).collect();
        for sequence in &waiting {
            self.request(sequence);
        }
    }

    /// Letters of these events stay though they have taken effect: a member that had lost their partition handled
    /// them when the next one had parked them already.
    pub(super) fn has_happened(&mut self, events: &[Uuid]) {
        for row in self.letters.values_mut() {
            row.has_happened |= id_of(&row.record).is_some_and(|id| events.contains(&id));
        }
    }

    /// So much time passes that what has happened is forgotten, but for events whose letters are not taken out with
    /// their effects (given again and parked behind others, or handled beside their letters), or stay after the transaction for what comes behind it.
    pub(in crate::simulation) fn forget_inbox(&mut self) {
        let after = self
            .letters
            .values()
            .filter(|row| row.has_happened || has_two_halves(&row.record));
        let kept: BTreeSet<Uuid> = after.filter_map(|row| id_of(&row.record)).collect();
        self.inbox.retain(|id| kept.contains(id));
    }

    /// A person discards letters; what waited behind them goes by itself.
    pub(in crate::simulation) fn discard(&mut self, chosen: impl Fn(&Record) -> bool) {
        let mut sequences = BTreeSet::new();
        self.letters.retain(|_, row| {
            let is_chosen = chosen(&row.record);
            if is_chosen {
                sequences.insert(row.sequence.clone());
            }
            !is_chosen
        });
        for sequence in &sequences {
            self.request(sequence);
        }
    }

    /// A person asks for the replay of a sequence.
    pub(in crate::simulation) fn request(&mut self, sequence: &(Arc<str>, Vec<u8>)) {
        let number = self.next();
        if let Some(sequence) = self.sequences.get_mut(sequence) {
            sequence.requested.get_or_insert(number);
        }
    }
}
