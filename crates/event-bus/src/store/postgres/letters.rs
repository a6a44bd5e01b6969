//! Parking: how records become rows of `dead_letters`.

use std::collections::BTreeSet;

use sqlx::PgPool;
use uuid::Uuid;

use crate::record::{Known, Record};
use crate::store::Letter;

/// Characters kept of an event's id and type beside its headers, which keep all of them. The id is
/// indexed, and an entry of an index has at most 2,704 bytes.
const LONGEST_NAME: usize = 200;
/// Characters kept of what an error says.
const LONGEST_REASON: usize = 4_000;

/// Records that are parked behind in one statement. Postgres looks for a slice of a list from its beginning,
/// so longer lists take more time per record.
const TOGETHER: usize = 128;

// Whoever empties the sequence at the same time holds its row: ON CONFLICT DO UPDATE waits for that, and
// then finds it still there or puts it back. (DO NOTHING would not wait, and leave a letter whose sequence
// flows.) A key that fails on two partitions, which only a foreign producer can do, is parked on all: -1.
const PARK: &str = "
    WITH parked AS (
        INSERT INTO parked_sequences AS known (consumer, topic, partition, sequence)
        VALUES ($2, $3, $4, $6)
        ON CONFLICT (consumer, topic, sequence) DO UPDATE SET partition = -1
        WHERE known.partition <> EXCLUDED.partition
    )
    INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence, key, event_id,
        event_type, payload, header_names, header_values, fingerprint, code, reason, attempts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    ON CONFLICT DO NOTHING";

// Waits for whoever is emptying one of the sequences, and does not find it if that succeeded. Rows are
// locked in the order of the key, as by everyone who locks several. Headers are slices of two long lists,
// as there is no array of arrays of different lengths.
const PARK_BEHIND: &str = "
    WITH given AS MATERIALIZED (
        SELECT * FROM UNNEST($2::uuid[], $3::text[], $4::integer[], $5::bigint[], $6::bytea[],
            $7::bytea[], $8::text[], $9::text[], $10::bytea[], $11::integer[], $12::integer[])
        WITH ORDINALITY AS record(id, topic, partition, position, sequence, key, event_id,
            event_type, payload, first_header, last_header, place)
    ), parked AS MATERIALIZED (
        SELECT topic, sequence FROM parked_sequences
        WHERE consumer = $1 AND topic = ANY($15) AND sequence = ANY($16)
        ORDER BY topic, sequence FOR KEY SHARE
    ), stored AS (
        INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence, key, event_id,
            event_type, payload, header_names, header_values, failed, code, reason, attempts)
        SELECT id, $1, topic, partition, position, sequence, key, event_id, event_type, payload,
            ($13::text[])[first_header:last_header], ($14::bytea[])[first_header:last_header],
            false, 'waiting', 'waits behind an earlier event of its key', 0
        FROM given JOIN parked USING (topic, sequence) ORDER BY place
        ON CONFLICT DO NOTHING
    )
    SELECT place FROM given JOIN parked USING (topic, sequence)";

pub(super) async fn parked(
    pool: &PgPool,
    consumer: &str,
    topic: &str,
    partition: i32,
) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT sequence FROM parked_sequences
         WHERE consumer = $1 AND topic = $2 AND partition IN ($3, -1)",
    )
    .bind(consumer)
    .bind(topic)
    .bind(partition)
    .fetch_all(pool)
    .await
}

/// Parks an event that failed, and its sequence.
pub(crate) async fn park(
    pool: &PgPool,
    consumer: &str,
    letter: &Letter<'_>,
) -> Result<(), sqlx::Error> {
    let record = letter.record;
    let (names, values) = headers(record);
    sqlx::query(PARK)
        .bind(Uuid::now_v7())
        .bind(consumer)
        .bind(record.topic())
        .bind(record.partition())
        .bind(record.offset())
        .bind(record.sequence())
        .bind(record.key())
        .bind(name(record, Known::Id))
        .bind(name(record, Known::Type))
        .bind(record.payload())
        .bind(names)
        .bind(values)
        .bind(&letter.fingerprint)
        .bind(letter.failure.code.as_str())
        .bind(reason(letter.failure))
        .bind(i32::try_from(letter.attempts).unwrap_or(i32::MAX))
        .execute(pool)
        .await
        .map(|_| ())
}

pub(super) async fn park_behind(
    pool: &PgPool,
    consumer: &str,
    records: &[&Record],
) -> Result<Vec<bool>, sqlx::Error> {
    let mut parked = Vec::with_capacity(records.len());
    for records in records.chunks(TOGETHER) {
        parked.extend(park_some_behind(pool, consumer, records).await?);
    }
    Ok(parked)
}

async fn park_some_behind(
    pool: &PgPool,
    consumer: &str,
    records: &[&Record],
) -> Result<Vec<bool>, sqlx::Error> {
    let lists = Lists::of(records);
    let places: Vec<i64> = sqlx::query_scalar(PARK_BEHIND)
        .bind(consumer)
        .bind(lists.ids)
        .bind(lists.topics)
        .bind(lists.partitions)
        .bind(lists.positions)
        .bind(lists.sequences)
        .bind(lists.keys)
        .bind(lists.event_ids)
        .bind(lists.event_types)
        .bind(lists.payloads)
        .bind(lists.first_headers)
        .bind(lists.last_headers)
        .bind(lists.header_names)
        .bind(lists.header_values)
        .bind(lists.distinct_topics)
        .bind(lists.distinct_sequences)
        .fetch_all(pool)
        .await?;
    let mut parked = vec![false; records.len()];
    for place in places {
        let index = usize::try_from(place - 1).unwrap_or(usize::MAX);
        if let Some(parked) = parked.get_mut(index) {
            *parked = true;
        }
    }
    Ok(parked)
}

/// Many records, a list per column.
#[derive(Default)]
struct Lists<'a> {
    ids: Vec<Uuid>,
    topics: Vec<&'a str>,
    partitions: Vec<i32>,
    positions: Vec<i64>,
    sequences: Vec<Vec<u8>>,
    keys: Vec<Option<&'a [u8]>>,
    event_ids: Vec<Option<String>>,
    event_types: Vec<Option<String>>,
    payloads: Vec<Option<&'a [u8]>>,
    /// Of all records, one after the other.
    header_names: Vec<Option<String>>,
    header_values: Vec<Option<&'a [u8]>>,
    /// Where a record's headers begin and end there, counted from 1, both inclusive.
    first_headers: Vec<i32>,
    last_headers: Vec<i32>,
    distinct_topics: Vec<&'a str>,
    distinct_sequences: Vec<Vec<u8>>,
}

impl<'a> Lists<'a> {
    fn of(records: &[&'a Record]) -> Self {
        let mut lists = Self::default();
        for record in records {
            lists.push(record);
        }
        let topics: BTreeSet<_> = lists.topics.iter().copied().collect();
        lists.distinct_topics = topics.into_iter().collect();
        let sequences: BTreeSet<_> = lists.sequences.iter().cloned().collect();
        lists.distinct_sequences = sequences.into_iter().collect();
        lists
    }

    fn push(&mut self, record: &'a Record) {
        let (names, values) = headers(record);
        self.ids.push(Uuid::now_v7());
        self.topics.push(record.topic());
        self.partitions.push(record.partition());
        self.positions.push(record.offset());
        self.sequences.push(record.sequence().into_owned());
        self.keys.push(record.key());
        self.event_ids.push(name(record, Known::Id));
        self.event_types.push(name(record, Known::Type));
        self.payloads.push(record.payload());
        self.first_headers.push(count(self.header_names.len()) + 1);
        self.header_names.extend(names);
        self.header_values.extend(values);
        self.last_headers.push(count(self.header_names.len()));
    }
}

fn count(headers: usize) -> i32 {
    i32::try_from(headers).unwrap_or(i32::MAX)
}

/// Names and values. Headers that could not be read are one without a name.
fn headers(record: &Record) -> (Vec<Option<String>>, Vec<Option<&[u8]>>) {
    if record.is_readable() {
        let headers = record.headers();
        headers
            .map(|(name, value)| (Some(storable(name)), value))
            .unzip()
    } else {
        (vec![None], vec![None])
    }
}

fn name(record: &Record, header: Known) -> Option<String> {
    record
        .known(header)
        .map(|text| shortened(text, LONGEST_NAME))
}

/// The failure's reason as it is stored.
pub(super) fn reason(failure: &crate::failure::Failure) -> String {
    let text = format!("{}: {}", failure.reason, failure.detail);
    shortened(&text, LONGEST_REASON)
}

fn shortened(text: &str, longest: usize) -> String {
    let end = text
        .char_indices()
        .nth(longest)
        .map_or(text.len(), |(at, _)| at);
    storable(text.get(..end).unwrap_or(text))
}

/// Postgres text holds no NUL, and whoever sent the event may have put one anywhere.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
