//! Which events have taken effect already.
//!
//! The inbox is partitioned by the day of the claim, and each day has a primary key of its own, so that what is
//! too old goes as a whole table. An event that was claimed on an earlier day is looked for in the days since it
//! was made, which its id tells if it is a UUIDv7, and in all days if it is none.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use sqlx::{Connection, PgConnection};
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;

use crate::tables::{Schema, Tables, within};

/// How long before and after midnight (UTC) a claim counts for both days: no transaction is open so long, so
/// two that claim one event at the same time have a day in common, and the later waits for the earlier.
const MIDNIGHT: Duration = Duration::from_secs(3_600);
/// Days for which there is a table beforehand.
const AHEAD: i64 = 3;
/// How long a new day waits for its lock. Whoever waits for a lock on the inbox makes all claims wait.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '2s'";
/// Of the advisory lock of who makes and drops days.
const UPKEEP_LOCK: i64 = 0x6e6f_7661_0004;
/// The clocks of those who make ids differ by less.
const SKEW: time::Duration = time::Duration::days(1);

const CLAIM: &str = "
    WITH given AS (
        SELECT DISTINCT event_id FROM UNNEST($2::uuid[]) AS event_id
    ), known AS MATERIALIZED (
        SELECT DISTINCT event_id FROM bus.inbox
        WHERE consumer = $1 AND event_id = ANY($2) AND claimed_at >= $3
    ), day AS (
        SELECT UNNEST($4::timestamptz[]) AS claimed_at
    ), claimed AS (
        INSERT INTO bus.inbox (consumer, event_id, claimed_at)
        SELECT $1, event_id, claimed_at FROM given, day
        WHERE event_id NOT IN (SELECT event_id FROM known)
        ORDER BY event_id, claimed_at
        ON CONFLICT DO NOTHING RETURNING event_id
    )
    SELECT event_id FROM claimed GROUP BY event_id HAVING count(*) = cardinality($4)";

/// Claims the events for this transaction; those not returned have taken effect before. A concurrent
/// claim of the same event waits until that transaction ends.
pub(crate) async fn claim(
    schema: Schema,
    tx: &mut PgConnection,
    consumer: &str,
    events: &[Uuid],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let now = OffsetDateTime::now_utc();
    let new: Vec<Uuid> = sqlx::query_scalar(schema.sql(CLAIM))
        .bind(consumer)
        .bind(events)
        .bind(earliest(events, now))
        .bind(days_of(now))
        .fetch_all(tx)
        .await?;
    Ok(new.into_iter().collect())
}

/// None of the events can have been claimed before.
fn earliest(events: &[Uuid], now: OffsetDateTime) -> OffsetDateTime {
    let made = events.iter().map(|event| made_at(*event, now));
    let first = made.min().flatten();
    first.map_or(OffsetDateTime::UNIX_EPOCH, |made| made - SKEW)
}

/// When an id was made; unknown for one that is of another kind, or of a time that has not come.
fn made_at(event: Uuid, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if event.get_version_num() != 7 {
        return None;
    }
    let (seconds, _) = event.get_timestamp()?.to_unix();
    let made = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?;
    (made <= now + SKEW).then_some(made)
}

/// The time of a claim in each day that it counts for.
fn days_of(now: OffsetDateTime) -> Vec<OffsetDateTime> {
    let (before, after) = (now - MIDNIGHT, now + MIDNIGHT);
    let mut days = vec![now];
    if before.date() != now.date() {
        days.push(before);
    }
    if after.date() != now.date() {
        days.push(after);
    }
    days
}

/// Makes the days to come, and drops those that are older than `kept`, if that is given; says how many it dropped.
pub(crate) async fn upkeep(tables: &Tables, kept: Option<Duration>) -> Result<usize, sqlx::Error> {
    let schema = tables.schema;
    let now = OffsetDateTime::from(SystemTime::now());
    let today = now.date();
    let mut lent = tables.lend().await?;
    let connection = lent.connection()?;
    // A claim near midnight counts for the day before too.
    for ahead in -1..=AHEAD {
        let day = today.saturating_add(time::Duration::days(ahead));
        within(tables.deadline, make(schema, connection, day)).await?;
    }
    // A retention without end reaches back before all time.
    let oldest = kept.and_then(|kept| now.checked_sub(kept.try_into().ok()?));
    let Some(oldest) = oldest.map(OffsetDateTime::date) else {
        lent.give_back();
        return Ok(0);
    };
    let mut old = within(tables.deadline, days(schema, connection)).await?;
    old.retain(|day| day.date < oldest);
    for day in &old {
        within(tables.deadline, forget(schema, connection, *day)).await?;
    }
    lent.give_back();
    Ok(old.len())
}

fn name_of(day: Date) -> String {
    let name = day.format(format_description!("inbox_[year][month][day]"));
    name.unwrap_or_default()
}

/// A day that has its table.
#[derive(Debug, Clone, Copy)]
struct Day {
    date: Date,
    /// It was to be taken out, and whoever did that did not end.
    is_leaving: bool,
}

/// The days that there are.
async fn days(schema: Schema, connection: &mut PgConnection) -> Result<Vec<Day>, sqlx::Error> {
    let tables: Vec<(String, bool)> = sqlx::query_as(schema.sql(
        "SELECT relname::text, inhdetachpending FROM pg_inherits
         JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'bus.inbox'::regclass",
    ))
    .fetch_all(connection)
    .await?;
    let day = |(name, is_leaving): &(String, bool)| {
        let date = Date::parse(name, format_description!("inbox_[year][month][day]")).ok()?;
        Some(Day {
            date,
            is_leaving: *is_leaving,
        })
    };
    Ok(tables.iter().filter_map(day).collect())
}

async fn has(
    schema: Schema,
    connection: &mut PgConnection,
    date: Date,
) -> Result<bool, sqlx::Error> {
    let days = days(schema, connection).await?;
    Ok(days.iter().any(|day| day.date == date))
}

/// Makes the table of a day first and adds it then: adding it takes a lock that lets claims go on.
async fn make(schema: Schema, connection: &mut PgConnection, day: Date) -> Result<(), sqlx::Error> {
    if has(schema, connection, day).await? {
        return Ok(());
    }
    let name = name_of(day);
    let next = day.saturating_add(time::Duration::DAY);
    let bounds = [day, next].map(|day| OffsetDateTime::new_utc(day, Time::MIDNIGHT));
    let [from, to] = bounds.map(|at| format!("'{}+00'", at.date()));
    let mut tx = connection.begin().await?;
    sqlx::raw_sql(LOCK_TIMEOUT).execute(&mut *tx).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(schema.lock(UPKEEP_LOCK))
        .execute(&mut *tx)
        .await?;
    if has(schema, &mut tx, day).await? {
        return tx.commit().await;
    }
    // Made of a date, and of the schema's name.
    let make = format!(
        "CREATE TABLE IF NOT EXISTS bus.{name} (LIKE bus.inbox INCLUDING DEFAULTS,
             PRIMARY KEY (consumer, event_id));
         ALTER TABLE bus.inbox ATTACH PARTITION bus.{name} FOR VALUES FROM ({from}) TO ({to})"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(schema.text(&make)))
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

/// Takes a day out, which lets claims go on, and drops it then. If that fails the connection is closed, and its
/// settings with it.
async fn forget(
    schema: Schema,
    connection: &mut PgConnection,
    day: Day,
) -> Result<(), sqlx::Error> {
    let name = name_of(day.date);
    // A letter of what has taken effect already (given again, or with a second half that still fails) is replayed
    // later: its claim must not go before it does.
    let keep = format!(
        "INSERT INTO bus.inbox (consumer, event_id, claimed_at)
         SELECT consumer, event_id, now() FROM bus.{name} AS day
         WHERE EXISTS (SELECT FROM bus.dead_letters AS letter
             WHERE letter.consumer = day.consumer AND letter.event_id = day.event_id::text)
         ON CONFLICT DO NOTHING"
    );
    let how = if day.is_leaving {
        "FINALIZE"
    } else {
        "CONCURRENTLY"
    };
    for statement in [
        "SET lock_timeout = '2s'".to_owned(),
        keep,
        format!("ALTER TABLE bus.inbox DETACH PARTITION bus.{name} {how}"),
        format!("DROP TABLE bus.{name}"),
        "RESET lock_timeout".to_owned(),
    ] {
        let statement = sqlx::AssertSqlSafe(schema.text(&statement));
        sqlx::raw_sql(statement).execute(&mut *connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::{NoContext, Timestamp};

    use super::*;

    fn made(at: OffsetDateTime) -> Uuid {
        let seconds = u64::try_from(at.unix_timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, 0))
    }

    #[test]
    fn an_event_is_looked_for_since_it_was_made() {
        let now = datetime!(2026-11-21 12:00 UTC);
        let (fresh, old) = (made(now), made(now - time::Duration::days(9)));
        assert_eq!(earliest(&[fresh], now), now - SKEW);
        assert_eq!(
            earliest(&[fresh, old], now),
            now - time::Duration::days(9) - SKEW
        );
    }

    #[test]
    fn an_event_whose_id_tells_no_time_is_looked_for_everywhere() {
        let now = datetime!(2026-11-21 12:00 UTC);
        let everywhere = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(earliest(&[made(now), Uuid::new_v4()], now), everywhere);
        let future = made(now + time::Duration::days(30));
        assert_eq!(earliest(&[future], now), everywhere);
    }

    #[test]
    fn near_midnight_a_claim_counts_for_both_days() {
        let noon = datetime!(2026-11-21 12:00 UTC);
        assert_eq!(days_of(noon), [noon]);
        let late = datetime!(2026-11-21 23:30 UTC);
        assert_eq!(days_of(late), [late, datetime!(2026-11-22 00:30 UTC)]);
        let early = datetime!(2026-11-21 00:30 UTC);
        assert_eq!(days_of(early), [early, datetime!(2026-11-20 23:30 UTC)]);
    }
}
