//! Which generation of windows in Redis counts.
//!
//! A server that restarts has lost everything, or what it has not saved, and gets another run id. Then the next generation
//! begins: empty, under keys of its own. One node fills it from Kafka; until that is done nobody reads from it or tells more.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

/// The last generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    id: i64,
    servers: String,
    is_filled: bool,
    known_since: OffsetDateTime,
}

impl Generation {
    /// Its number, from 1 on.
    #[must_use]
    pub fn id(&self) -> u64 {
        u64::try_from(self.id).unwrap_or_default()
    }

    /// What happened before this may be in no window of it, without a trace.
    #[must_use]
    pub const fn known_since(&self) -> OffsetDateTime {
        self.known_since
    }

    /// Whether somebody began to fill it on servers with these run ids that know it, and did not end.
    #[must_use]
    pub fn goes_on(&self, servers: &str, known: Option<u64>) -> bool {
        !self.is_filled && self.servers == servers && known == Some(self.id())
    }

    /// Whether it counts for servers with these run ids that know this generation.
    #[must_use]
    pub fn counts(&self, servers: &str, known: Option<u64>) -> bool {
        self.is_filled && self.servers == servers && known == Some(self.id())
    }
}

/// Held by the node that begins a generation and fills it.
const LOCK: i64 = 0x6e6f_7661_6272_6467;

/// The last generation, if there is any.
///
/// # Errors
/// When the database fails.
pub async fn last(pool: &PgPool) -> sqlx::Result<Option<Generation>> {
    let last: Option<(i64, String, bool, OffsetDateTime)> = sqlx::query_as(
        "SELECT id, servers, is_filled, known_since FROM generations ORDER BY id DESC LIMIT 1",
    )
    .fetch_optional(pool)
    .await?;
    Ok(
        last.map(|(id, servers, is_filled, known_since)| Generation {
            id,
            servers,
            is_filled,
            known_since,
        }),
    )
}

/// Whether this transaction may begin the next generation: nobody else does before it has ended.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
        .bind(LOCK)
        .fetch_one(tx)
        .await
}

/// Keeps the lock: a transaction in which nothing happens for 30 s is ended.
///
/// # Errors
/// When the database fails, and when the lock is lost.
pub async fn hold(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("SELECT 1").execute(tx).await?;
    Ok(())
}

/// Begins the next generation, on servers with these run ids; it will have what has happened since then.
///
/// # Errors
/// When the database fails.
pub async fn begin(pool: &PgPool, servers: &str, known_since: OffsetDateTime) -> sqlx::Result<u64> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO generations (id, servers, is_filled, known_since)
         SELECT coalesce(max(id), 0) + 1, $1, false, $2 FROM generations RETURNING id",
    )
    .bind(servers)
    .bind(known_since)
    .fetch_one(pool)
    .await?;
    Ok(u64::try_from(id).unwrap_or_default())
}

/// Notes that what was before is in it, and forgets those before it.
///
/// # Errors
/// When the database fails.
pub async fn filled(pool: &PgPool, generation: u64) -> sqlx::Result<()> {
    let id = i64::try_from(generation).unwrap_or(i64::MAX);
    sqlx::query("UPDATE generations SET is_filled = true WHERE id = $1")
        .bind(id)
        .execute(pool)
        .await?;
    sqlx::query("DELETE FROM generations WHERE id < $1")
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}
