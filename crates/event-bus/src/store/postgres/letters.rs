//! Parking: how records become rows of `dead_letters`.

use std::collections::BTreeSet;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};
use uuid::Uuid;

use crate::fingerprint::Fnv;
use crate::record::{Known, Record};
use crate::store::Letter;
use crate::tables::{Schema, Tables, within};

/// Characters kept of an event's id and type beside its headers, which keep all of them. The id is
/// indexed, and an entry of an index has at most 2,704 bytes.
const LONGEST_NAME: usize = 200;
/// Characters kept of what an error says.
const LONGEST_REASON: usize = 4_000;

/// Records as a table `given`, of values `$2` to `$13`. Headers are slices of two long lists, `$14` and `$15`, as
/// there is no array of arrays of different lengths.
macro_rules! given {
    () => {
        "given AS MATERIALIZED (
            SELECT * FROM UNNEST($2::uuid[], $3::text[], $4::integer[], $5::bigint[], $6::bytea[],
                $7::bytea[], $8::text[], $9::text[], $10::bytea[], $11::bigint[], $12::integer[],
                $13::integer[])
            WITH ORDINALITY AS record(id, topic, partition, position, sequence, key, event_id,
                event_type, payload, content, first_header, last_header, place)
        )"
    };
}
pub(super) use given;

/// Records that are parked behind in one statement. Postgres looks for a slice of a list from its beginning,
/// so longer lists take more time per record.
pub(super) const TOGETHER: usize = 128;

// Whoever empties the sequence at the same time holds its row: ON CONFLICT DO UPDATE waits for that, and
// then finds it still there or puts it back. (DO NOTHING would not wait, and leave a letter whose sequence
// flows.) What blocks a sequence first decides when it goes again.
const PARK: &str = "
    WITH parked AS (
        INSERT INTO bus.parked_sequences AS known
            (consumer, topic, partition, sequence, next_at, fingerprint, builds)
        VALUES ($2, $3, $4, $6, now() + make_interval(secs => $18), $13, ARRAY[$19])
        ON CONFLICT (consumer, topic, sequence) DO UPDATE SET partition = EXCLUDED.partition
    )
    INSERT INTO bus.dead_letters (id, consumer, topic, partition, position, sequence, key, event_id,
        event_type, payload, header_names, header_values, fingerprint, code, reason, attempts, content)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    ON CONFLICT DO NOTHING";

// Waits for whoever is emptying one of the sequences, and does not find it if that succeeded. Rows are
// locked in the order of the key, as by everyone who locks several.
const PARK_BEHIND: &str = concat!(
    "WITH ",
    given!(),
    ", parked AS MATERIALIZED (
        SELECT topic, sequence FROM bus.parked_sequences
        WHERE consumer = $1 AND topic = ANY($16) AND sequence = ANY($17)
        ORDER BY topic, sequence FOR KEY SHARE
    ), stored AS (
        INSERT INTO bus.dead_letters (id, consumer, topic, partition, position, sequence, key, event_id,
            event_type, payload, header_names, header_values, content, failed, code, reason, attempts)
        SELECT id, $1, topic, partition, position, sequence, key, event_id, event_type, payload,
            ($14::text[])[first_header:last_header], ($15::bytea[])[first_header:last_header], content,
            false, 'waiting', 'waits behind an earlier event of its key', 0
        FROM given JOIN parked USING (topic, sequence) ORDER BY place
        ON CONFLICT DO NOTHING
    )
    SELECT place FROM given JOIN parked USING (topic, sequence)"
);

pub(super) async fn parked(
    tables: &Tables,
    consumer: &str,
    topic: &str,
) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    let sql = tables
        .schema
        .sql("SELECT sequence FROM bus.parked_sequences WHERE consumer = $1 AND topic = $2");
    let asked = sqlx::query_scalar(sql).bind(consumer).bind(topic);
    let mut lent = tables.lend().await?;
    let parked = within(tables.deadline, asked.fetch_all(lent.connection()?)).await?;
    lent.give_back();
    Ok(parked)
}

/// Parks an event that failed, and its sequence.
pub(crate) async fn park(
    tables: &Tables,
    consumer: &str,
    letter: &Letter<'_>,
) -> Result<(), sqlx::Error> {
    let record = letter.record;
    let (names, values) = headers(record);
    let query = sqlx::query(tables.schema.sql(PARK))
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
        .bind(content(record))
        .bind(letter.again.map(|again| again.as_secs_f64()))
        .bind(letter.build);
    let mut lent = tables.lend().await?;
    within(tables.deadline, query.execute(lent.connection()?)).await?;
    lent.give_back();
    Ok(())
}

pub(super) async fn park_behind(
    tables: &Tables,
    consumer: &str,
    records: &[&Record],
) -> Result<Vec<bool>, sqlx::Error> {
    let mut parked = Vec::with_capacity(records.len());
    let mut lent = tables.lend().await?;
    for records in records.chunks(TOGETHER) {
        let some = park_some_behind(tables.schema, lent.connection()?, consumer, records);
        parked.extend(within(tables.deadline, some).await?);
    }
    lent.give_back();
    Ok(parked)
}

async fn park_some_behind(
    schema: Schema,
    connection: &mut PgConnection,
    consumer: &str,
    records: &[&Record],
) -> Result<Vec<bool>, sqlx::Error> {
    let mut lists = Lists::of(records);
    let topics = std::mem::take(&mut lists.distinct_topics);
    let sequences = std::mem::take(&mut lists.distinct_sequences);
    let places: Vec<i64> = lists
        .bind(sqlx::query(schema.sql(PARK_BEHIND)).bind(consumer))
        .bind(topics)
        .bind(sequences)
        .try_map(|row: PgRow| row.try_get(0))
        .fetch_all(connection)
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
pub(super) struct Lists<'a> {
    ids: Vec<Uuid>,
    topics: Vec<&'a str>,
    partitions: Vec<i32>,
    positions: Vec<i64>,
    sequences: Vec<Vec<u8>>,
    keys: Vec<Option<&'a [u8]>>,
    event_ids: Vec<Option<String>>,
    event_types: Vec<Option<String>>,
    payloads: Vec<Option<&'a [u8]>>,
    contents: Vec<i64>,
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
    pub(super) fn of(records: &[&'a Record]) -> Self {
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

    /// Values `$2` to `$15`, as `given!` takes them.
    pub(super) fn bind<'q>(
        self,
        query: Query<'q, Postgres, PgArguments>,
    ) -> Query<'q, Postgres, PgArguments> {
        query
            .bind(self.ids)
            .bind(self.topics)
            .bind(self.partitions)
            .bind(self.positions)
            .bind(self.sequences)
            .bind(self.keys)
            .bind(self.event_ids)
            .bind(self.event_types)
            .bind(self.payloads)
            .bind(self.contents)
            .bind(self.first_headers)
            .bind(self.last_headers)
            .bind(self.header_names)
            .bind(self.header_values)
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
        self.contents.push(content(record));
        self.first_headers.push(count(self.header_names.len()) + 1);
        self.header_names.extend(names);
        self.header_values.extend(values);
        self.last_headers.push(count(self.header_names.len()));
    }
}

/// Tells records apart that lay in the same place of two logs.
fn content(record: &Record) -> i64 {
    let mut hash = Fnv::new();
    hash.part(record.key());
    hash.part(record.payload());
    for (name, value) in record.headers() {
        hash.part(Some(name.as_bytes()));
        hash.part(value);
    }
    hash.done() as i64
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
