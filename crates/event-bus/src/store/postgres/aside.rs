//! Events of types that nobody here knows: rows of `dead_letters` that park nothing.

use sqlx::{Connection, PgConnection};

use super::letters::{Lists, TOGETHER, given};
use crate::fingerprint::fingerprint;
use crate::record::{Known, Record};
use crate::router::UNKNOWN_TYPE;
use crate::store::Types;
use crate::tables::{Schema, Tables, within};
use nova_resilience::Code;

const SET: &str = concat!(
    "WITH ",
    given!(),
    "INSERT INTO bus.dead_letters (id, consumer, topic, partition, position, sequence, key, event_id,
        event_type, payload, header_names, header_values, content, fingerprint, code, reason, attempts, aside)
     SELECT id, $1, topic, partition, position, sequence, key, event_id, event_type, payload,
         ($14::text[])[first_header:last_header], ($15::bytea[])[first_header:last_header], content,
         ($16::text[])[place], $17, $18, 0, true
     FROM given ORDER BY place
     ON CONFLICT DO NOTHING"
);

/// What is said of them.
pub(super) const REASON: &str = "nobody here knows its type: it waits for a build that does";

pub(super) async fn set(
    tables: &Tables,
    consumer: &str,
    records: &[&Record],
) -> Result<(), sqlx::Error> {
    let mut lent = tables.lend().await?;
    for records in records.chunks(TOGETHER) {
        let prints: Vec<String> = records.iter().map(|record| print_of(record)).collect();
        let query = sqlx::query(tables.schema.sql(SET)).bind(consumer);
        let query = Lists::of(records)
            .bind(query)
            .bind(prints)
            .bind(Code::Invalid.as_str())
            .bind(format!("{UNKNOWN_TYPE}: {REASON}"));
        within(tables.deadline, query.execute(lent.connection()?)).await?;
    }
    lent.give_back();
    Ok(())
}

/// Those of one type are a group.
pub(super) fn print_of(record: &Record) -> String {
    let event_type = record.known(Known::Type).unwrap_or_default();
    fingerprint(event_type, "router", Code::Invalid, UNKNOWN_TYPE)
}

/// Parks what is handled by now, to be replayed at once, and forgets what is ignored by now. Whoever has the
/// partition asks before anything of it is handled, so no later event of these keys comes first.
pub(super) async fn take_up(
    tables: &Tables,
    consumer: &str,
    topic: &str,
    partition: i32,
    types: &Types,
) -> Result<(), sqlx::Error> {
    let mut lent = tables.lend().await?;
    let schema = tables.schema;
    let taken = take(
        schema,
        lent.connection()?,
        (consumer, topic, partition),
        types,
    );
    within(tables.deadline, taken).await?;
    lent.give_back();
    Ok(())
}

async fn take(
    schema: Schema,
    connection: &mut PgConnection,
    (consumer, topic, partition): (&str, &str, i32),
    types: &Types,
) -> Result<(), sqlx::Error> {
    // One look at an index that is mostly empty.
    let some: bool = sqlx::query_scalar(schema.sql(
        "SELECT EXISTS (SELECT FROM bus.dead_letters
             WHERE consumer = $1 AND topic = $2 AND partition = $3 AND aside)",
    ))
    .bind(consumer)
    .bind(topic)
    .bind(partition)
    .fetch_one(&mut *connection)
    .await?;
    if !some {
        return Ok(());
    }
    let mut tx = connection.begin().await?;
    for (statement, types) in [(PARK, &types.handled), (FORGET, &types.ignored)] {
        sqlx::query(schema.sql(statement))
            .bind(consumer)
            .bind(topic)
            .bind(partition)
            .bind(types)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await
}

const PARK: &str = "
    WITH taken AS (
        UPDATE bus.dead_letters
        SET aside = false, failed = false, code = 'waiting', reason = 'its type is known by now'
        WHERE consumer = $1 AND topic = $2 AND partition = $3 AND aside AND event_type = ANY($4)
        RETURNING sequence
    )
    INSERT INTO bus.parked_sequences AS known (consumer, topic, partition, sequence, next_at)
    SELECT DISTINCT $1, $2, $3, sequence, now() FROM taken ORDER BY sequence
    ON CONFLICT (consumer, topic, sequence) DO UPDATE SET partition = known.partition";

const FORGET: &str = "
    DELETE FROM bus.dead_letters
    WHERE consumer = $1 AND topic = $2 AND partition = $3 AND aside AND event_type = ANY($4)";
