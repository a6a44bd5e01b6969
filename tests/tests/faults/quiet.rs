//! Whether everything that happened has arrived everywhere, as the databases know it.

use nova_cli::platform::SERVICES;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::oracle::Acknowledged;
use crate::users::User;

/// How many events each consumer must have handled: one for each change that was acknowledged, as every
/// change is made until it is.
pub(crate) struct Events {
    feed: i64,
    content: i64,
}

impl Events {
    pub(crate) fn of(users: &[User], posts: &[Acknowledged]) -> Self {
        let follows: usize = users.iter().map(|user| user.follows.len()).sum();
        let created_and_edited: i64 = posts
            .iter()
            .filter_map(|entry| entry.post["revision"].as_i64())
            .sum();
        let deleted = posts.iter().filter(|entry| entry.deleted).count();
        let others = i64::try_from(users.len() + follows + deleted).unwrap_or(i64::MAX);
        Self {
            feed: created_and_edited + others,
            content: i64::try_from(follows).unwrap_or(i64::MAX),
        }
    }

    fn handled_by(&self, service: &str) -> i64 {
        match service {
            "feed" => self.feed,
            "content" => self.content,
            _ => 0,
        }
    }
}

/// Nothing is on its way, and every event was handled once: empty outboxes, as many events in each inbox as
/// there were changes, no dead letters. Else what is not so.
pub(crate) async fn is_quiet(postgres: &str, events: &Events) -> Result<(), String> {
    let mut unquiet = Vec::new();
    for service in SERVICES {
        let counts = counts(postgres, service).await;
        let (outbox, inbox, dead) = counts.map_err(|error| format!("{service}: {error}"))?;
        let expected = events.handled_by(service);
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

/// Whether Postgres takes connections and has what the services made there.
pub(crate) async fn databases_answer(postgres: &str) -> sqlx::Result<()> {
    for service in SERVICES {
        counts(postgres, service).await?;
    }
    Ok(())
}

/// Rows of the outbox, events in the inbox (near midnight a claim counts for both days), and dead letters.
async fn counts(postgres: &str, service: &str) -> sqlx::Result<(i64, i64, i64)> {
    let server: PgConnectOptions = postgres.parse()?;
    let prefix = server.get_database().unwrap_or("nova").to_owned();
    let database = server.database(&format!("{prefix}_{}", service.replace('-', "_")));
    let mut connection: PgConnection = database.connect().await?;
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
