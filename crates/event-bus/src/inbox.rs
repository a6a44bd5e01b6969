//! Which events have taken effect already.
//!
//! The inbox is partitioned by the day of the claim, and each day has a primary key of its own, so that what is
//! too old goes as a whole table. What was claimed on an earlier day was made on an earlier day, which its id tells if
//! it is a UUIDv7: then it is looked for in the days since, and in all days if it is none. Most events are of today,
//! and one INSERT into the table of today is all that they need.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, SystemTime};

use sqlx::{Connection, PgConnection};
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;

use crate::tables::{Schema, Tables, within};

/// How long before and after midnight (UTC) a claim counts for both days: no transaction is open so long, and the
/// clocks of those who claim differ by less, so two that claim one event at the same time have a day in common, and
/// the later waits for the earlier.
const MIDNIGHT: Duration = Duration::from_secs(3_600);
/// Days for which there is a table beforehand.
const AHEAD: i64 = 3;
/// How long a new day waits for its lock. Whoever waits for a lock on the inbox makes all claims wait.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '2s'";
/// Of the advisory lock of who makes and drops days.
const UPKEEP_LOCK: i64 = 0x6e6f_7661_0004;

/// Which of these events were claimed in that time.
const KNOWN: &str = "
    SELECT DISTINCT event_id FROM bus.inbox
    WHERE consumer = $1 AND event_id = ANY($2) AND claimed_at >= $3 AND claimed_at < $4";

/// Each row names its day, so that Postgres looks into no other. In the order of ids and days, or two that claim the same
/// events would wait for each other for ever.
const CLAIM: &str = "
    INSERT INTO bus.inbox (consumer, event_id, claimed_at)
    SELECT $1, * FROM UNNEST($2::uuid[], $3::timestamptz[])
    ON CONFLICT DO NOTHING RETURNING event_id";

/// Claims the events for this transaction; those not returned have taken effect before. A concurrent
/// claim of the same event waits until that transaction ends.
pub(crate) async fn claim(
    schema: Schema,
    tx: &mut PgConnection,
    consumer: &str,
    events: &[Uuid],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let now = OffsetDateTime::now_utc();
    let mut given: BTreeSet<Uuid> = events.iter().copied().collect();
    let earlier = Earlier::than(now, &given);
    if !earlier.events.is_empty() {
        let known: Vec<Uuid> = sqlx::query_scalar(schema.sql(KNOWN))
            .bind(consumer)
            .bind(&earlier.events)
            .bind(earlier.since)
            .bind(earlier.until)
            .fetch_all(&mut *tx)
            .await?;
        for event in known {
            given.remove(&event);
        }
    }
    let (mut ids, mut days) = (Vec::new(), Vec::new());
    let mut missing: HashMap<Uuid, usize> = HashMap::with_capacity(given.len());
    for event in given {
        for day in days_of(event, now) {
            ids.push(event);
            days.push(day);
            *missing.entry(event).or_default() += 1;
        }
    }
    let claimed: Vec<Uuid> = sqlx::query_scalar(schema.sql(CLAIM))
        .bind(consumer)
        .bind(ids)
        .bind(days)
        .fetch_all(tx)
        .await?;
    for event in claimed {
        missing.entry(event).and_modify(|days| *days -= 1);
    }
    missing.retain(|_, days| *days == 0);
    Ok(missing.into_keys().collect())
}

/// What may have been claimed on an earlier day than those that a claim of now counts for.
#[derive(Debug, PartialEq, Eq)]
struct Earlier {
    events: Vec<Uuid>,
    /// Where the day begins on which the first of them was made.
    since: OffsetDateTime,
    /// Where the days begin that a claim of now counts for.
    until: OffsetDateTime,
}

impl Earlier {
    fn than(now: OffsetDateTime, events: &BTreeSet<Uuid>) -> Self {
        let until = OffsetDateTime::new_utc((now - MIDNIGHT).date(), Time::MIDNIGHT);
        let made = |event: &Uuid| made_at(*event, now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let is_older = |event: &&Uuid| made(event) < until;
        let events: Vec<Uuid> = events.iter().filter(is_older).copied().collect();
        let since = events.iter().map(made).min().unwrap_or(until);
        Self {
            events,
            // A claim that counts for the day before as well names a time in it, which may be before this one.
            since: OffsetDateTime::new_utc(since.date(), Time::MIDNIGHT),
            until,
        }
    }
}

/// When an id was made; unknown for one that is of another kind, or of a time for which there is no table yet.
fn made_at(event: Uuid, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if event.get_version_num() != 7 {
        return None;
    }
    let (seconds, _) = event.get_timestamp()?.to_unix();
    let made = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?;
    (made.date() <= now.date().saturating_add(time::Duration::days(AHEAD - 1))).then_some(made)
}

/// A time in each day that a claim counts for, ascending: those around now, and the day on which the event was made if
/// that is still to come where this is claimed, for on that day and later nobody looks at what was before.
fn days_of(event: Uuid, now: OffsetDateTime) -> Vec<OffsetDateTime> {
    let mut days = vec![now - MIDNIGHT, now, now + MIDNIGHT];
    days.retain(|day| *day == now || day.date() != now.date());
    let last = (now + MIDNIGHT).date();
    days.extend(made_at(event, now).filter(|made| made.date() > last));
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
    use time::macros::{date, datetime};
    use uuid::{NoContext, Timestamp};

    use super::*;

    fn made(at: OffsetDateTime) -> Uuid {
        let seconds = u64::try_from(at.unix_timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, 0))
    }

    fn looked_for(events: &[Uuid], now: OffsetDateTime) -> Earlier {
        Earlier::than(now, &events.iter().copied().collect())
    }

    #[test]
    fn an_event_of_today_is_not_looked_for() {
        let now = datetime!(2026-11-21 12:00 UTC);
        for made_at in [
            now,
            datetime!(2026-11-21 0:00 UTC),
            now + time::Duration::DAY,
        ] {
            assert!(looked_for(&[made(made_at)], now).events.is_empty());
        }
        // For an hour the day before counts as well.
        let early = datetime!(2026-11-21 0:30 UTC);
        let yesterday = made(early - time::Duration::HOUR);
        assert!(looked_for(&[yesterday], early).events.is_empty());
        assert_eq!(looked_for(&[yesterday], now).events, [yesterday]);
    }

    #[test]
    fn an_event_is_looked_for_since_it_was_made() {
        let now = datetime!(2026-11-21 12:00 UTC);
        let (fresh, old) = (made(now), made(now - time::Duration::days(9)));
        let earlier = Earlier {
            events: vec![old],
            since: datetime!(2026-11-12 0:00 UTC),
            until: datetime!(2026-11-21 0:00 UTC),
        };
        assert_eq!(looked_for(&[fresh, old], now), earlier);
    }

    #[test]
    fn an_event_whose_id_tells_no_time_is_looked_for_everywhere() {
        let now = datetime!(2026-11-21 12:00 UTC);
        let other = Uuid::new_v4();
        let far = made(now + time::Duration::days(30));
        for event in [other, far] {
            let earlier = looked_for(&[made(now), event], now);
            assert_eq!(earlier.events, [event]);
            assert_eq!(earlier.since, OffsetDateTime::UNIX_EPOCH);
        }
    }

    #[test]
    fn near_midnight_a_claim_counts_for_both_days() {
        let dates = |now: OffsetDateTime| -> Vec<Date> {
            let days = days_of(made(now), now).into_iter();
            days.map(OffsetDateTime::date).collect()
        };
        let (eve, day) = (date!(2026 - 11 - 20), date!(2026 - 11 - 21));
        assert_eq!(dates(datetime!(2026-11-21 12:00 UTC)), [day]);
        assert_eq!(dates(datetime!(2026-11-20 23:30 UTC)), [eve, day]);
        assert_eq!(dates(datetime!(2026-11-21 00:30 UTC)), [eve, day]);
    }

    #[test]
    fn a_claim_counts_for_the_day_on_which_its_event_will_be_made() {
        let now = datetime!(2026-11-21 12:00 UTC);
        let ahead = made(now + time::Duration::days(2));
        let days = days_of(ahead, now).into_iter();
        let days: Vec<Date> = days.map(OffsetDateTime::date).collect();
        assert_eq!(days, [date!(2026 - 11 - 21), date!(2026 - 11 - 23)]);
        // There is no table for it.
        assert_eq!(days_of(made(now + time::Duration::days(9)), now), [now]);
    }
}
