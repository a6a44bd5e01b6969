//! Whether everything that happened has arrived everywhere, as the databases know it.

use nova_cli::platform::SERVICES;
use nova_event_bus::lag;
use nova_proto::catalogue::TOPICS;
use nova_service::postgres::name_of;
use nova_tests::bus;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::leavers::Leaver;
use crate::oracle::Acknowledged;
use crate::users::User;

/// How many events each consumer must have handled: one for each change that was acknowledged, as every
/// change is made until it is.
pub(crate) struct Events {
    feed: i64,
    content: i64,
}

impl Events {
    pub(crate) fn of(users: &[User], posts: &[Acknowledged], leavers: &[Leaver]) -> Self {
        let changes: usize = users.iter().map(|user| user.changes).sum();
        let mutings: usize = users.iter().map(|user| user.mutings).sum();
        let created_and_edited: i64 = posts
            .iter()
            .filter_map(|entry| entry.post["revision"].as_i64())
            .sum();
        let deleted = posts.iter().filter(|entry| entry.deleted).count();
        let of_feed: usize = leavers.iter().map(Leaver::events_of_feed).sum();
        let of_content: usize = leavers.iter().map(Leaver::events_of_content).sum();
        let others = users.len() + changes + mutings + deleted + of_feed;
        Self {
            feed: created_and_edited + i64::try_from(others).unwrap_or(i64::MAX),
            content: i64::try_from(changes + of_content).unwrap_or(i64::MAX),
        }
    }

    /// Of a service that came later nothing is known here.
    fn handled_by(&self, service: &str) -> Option<i64> {
        match service {
            "feed" => Some(self.feed),
            "content" => Some(self.content),
            "identity" => Some(0),
            _ => None,
        }
    }
}

/// Nothing is on its way, and every event was handled once: empty outboxes, as many events in each inbox as
/// there were changes, no dead letters, nothing to be told of. Else what is not so.
pub(crate) async fn is_quiet(postgres: &str, events: &Events) -> Result<(), String> {
    // Before the outboxes: what is told of goes from here to there.
    let to_tell = to_tell(postgres, events).await;
    to_tell.map_err(|error| format!("feed: {error}"))??;
    let mut unquiet = Vec::new();
    for service in SERVICES {
        let counts = counts(postgres, service).await;
        let (outbox, inbox, dead) = counts.map_err(|error| format!("{service}: {error}"))?;
        let expected = events.handled_by(service).unwrap_or(inbox);
        if (outbox, inbox, dead) != (0, expected, 0) {
            unquiet.push(format!(
                "{service} has {outbox} events in its outbox, has handled {inbox} of {expected}, \
                 and has {dead} dead letters"
            ));
        }
    }
    if unquiet.is_empty() {
        Ok(())
    } else {
        Err(unquiet.join("; "))
    }
}

/// Everything that was handled before is told to the broker as well: it is not delivered once more.
pub(crate) async fn is_committed(kafka: &str) -> Result<(), String> {
    let kafka = bus::kafka(kafka, "classic").map_err(|error| error.to_string())?;
    let lags = lag(&kafka, "feed", TOPICS).await;
    let lags = lags.map_err(|error| format!("{error:?}"))?;
    match lags.iter().find(|lag| lag.lag != 0) {
        None if lags.is_empty() => Err("nothing is committed".to_owned()),
        None => Ok(()),
        Some(lag) => Err(format!("{lag:?}")),
    }
}

/// Whether feed has handled everything and told of it.
async fn to_tell(postgres: &str, events: &Events) -> sqlx::Result<Result<(), String>> {
    let mut feed = connect(postgres, "feed").await?;
    let (handled, to_tell): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(DISTINCT (consumer, event_id)) FROM inbox),
                (SELECT count(*) FROM fanouts)",
    )
    .fetch_one(&mut feed)
    .await?;
    feed.close().await?;
    let expected = events.feed;
    Ok(if (handled, to_tell) == (expected, 0) {
        Ok(())
    } else {
        Err(format!(
            "feed has handled {handled} of {expected} events, and has {to_tell} to tell of"
        ))
    })
}

/// Whether Postgres takes connections and has what the services made there.
pub(crate) async fn databases_answer(postgres: &str) -> sqlx::Result<()> {
    for service in SERVICES {
        counts(postgres, service).await?;
    }
    Ok(())
}

/// A connection to the database of a service.
pub(crate) async fn connect(postgres: &str, service: &str) -> sqlx::Result<PgConnection> {
    let server: PgConnectOptions = postgres.parse()?;
    let prefix = server.get_database().unwrap_or("nova").to_owned();
    let database = server.database(&name_of(&prefix, service));
    database.connect().await
}

/// Rows of the outbox, events in the inbox (near midnight a claim counts for both days), and dead letters.
async fn counts(postgres: &str, service: &str) -> sqlx::Result<(i64, i64, i64)> {
    let mut connection = connect(postgres, service).await?;
    let counts = sqlx::query_as(
        "SELECT (SELECT count(*) FROM outbox),
                (SELECT count(DISTINCT (consumer, event_id)) FROM inbox),
                (SELECT count(*) FROM dead_letters)",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(counts)
}
