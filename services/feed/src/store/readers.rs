//! Who reads their feed, and which version of their timeline is valid.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

/// A read is noted again when this part of [`Readers::active`] has passed since the last note.
const NOTES: u32 = 4;

/// Nobody who has read within this time lacks a row. Longer than timelines live, by more than a note may be old.
const KEPT_SECONDS: f64 = 8.0 * 24.0 * 3_600.0;

/// More readers than this are not remembered here: they are noted again.
const REMEMBERED: usize = 200_000;

/// The readers that this process has noted lately. Clones share them.
#[derive(Debug, Clone)]
pub struct Readers {
    pool: PgPool,
    active: Duration,
    seen: Arc<Mutex<HashMap<UserId, Seen>>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    noted: Instant,
    generation: i64,
}

impl Readers {
    /// Readers whose feed counts as in use for `active` after they have read it.
    #[must_use]
    pub fn new(pool: PgPool, active: Duration) -> Self {
        Self {
            pool,
            active,
            seen: Arc::default(),
        }
    }

    /// How old a note may be at most if its user has read within the active time.
    #[must_use]
    pub fn oldest_note(&self) -> Duration {
        self.active + self.active / NOTES
    }

    /// Notes that the user is reading, and gives the generation of their timeline; none when they are gone for good.
    /// Must come before their timeline is built: nothing is written to timelines of those who never read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(&self, user: UserId) -> sqlx::Result<Option<i64>> {
        let seen = self.seen().get(&user).copied();
        if let Some(seen) = seen
            && seen.noted.elapsed() < self.active / NOTES
        {
            return Ok(Some(seen.generation));
        }
        let noted = Instant::now();
        let generation: Option<i64> = sqlx::query_scalar(
            "INSERT INTO readers (user_id, read_at) SELECT $1, now()
             WHERE NOT EXISTS (SELECT FROM authors WHERE id = $1 AND erased)
             ON CONFLICT (user_id) DO UPDATE SET read_at = excluded.read_at
             RETURNING generation",
        )
        .bind(user.uuid())
        .fetch_optional(&self.pool)
        .await?;
        if let Some(generation) = generation {
            self.remember(user, Seen { noted, generation });
        }
        Ok(generation)
    }

    /// Forgets a user who is gone for good, once their timeline is: they are not noted again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(&self, user: UserId) -> sqlx::Result<()> {
        self.seen().remove(&user);
        sqlx::query("DELETE FROM readers WHERE user_id = $1")
            .bind(user.uuid())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Takes note of the generation of a timeline, as the database just told it.
    pub fn saw(&self, user: UserId, generation: i64) {
        if let Some(seen) = self.seen().get_mut(&user) {
            seen.generation = seen.generation.max(generation);
        }
    }

    fn remember(&self, user: UserId, new: Seen) {
        let mut seen = self.seen();
        if seen.len() >= REMEMBERED {
            seen.retain(|_, seen| seen.noted.elapsed() < self.active / NOTES);
        }
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(user, new);
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<UserId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Declares a user's timeline invalid: it may lack something.
///
/// # Errors
/// When the database fails.
pub async fn invalidate(pool: &PgPool, user: UserId) -> sqlx::Result<()> {
    sqlx::query("UPDATE readers SET generation = generation + 1 WHERE user_id = $1")
        .bind(user.uuid())
        .execute(pool)
        .await?;
    Ok(())
}

/// Which version of a user's timeline is valid; none if they have none.
///
/// # Errors
/// When the database fails.
pub async fn version(pool: &PgPool, user: UserId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "SELECT epoch.epoch + reader.generation
         FROM readers AS reader CROSS JOIN timeline_epoch AS epoch WHERE reader.user_id = $1",
    )
    .bind(user.uuid())
    .fetch_optional(pool)
    .await
}

/// When a user has last read their feed, but for a few minutes; none when they have not for a week.
///
/// # Errors
/// When the database fails.
pub async fn last_read(
    tx: &mut PgConnection,
    user: UserId,
) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar("SELECT read_at FROM readers WHERE user_id = $1")
        .bind(user.uuid())
        .fetch_optional(tx)
        .await
}

/// Forgets at most `limit` of those whose timelines have gone; how many those were.
///
/// # Errors
/// When the database fails.
pub async fn forget(pool: &PgPool, limit: i64) -> sqlx::Result<u64> {
    let forgotten = sqlx::query(
        "DELETE FROM readers WHERE user_id IN (
             SELECT user_id FROM readers WHERE read_at < now() - make_interval(secs => $1)
             LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind(KEPT_SECONDS)
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(forgotten.rows_affected())
}
