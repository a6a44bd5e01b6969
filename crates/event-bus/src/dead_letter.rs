//! The dead-letter store: what could not be handled, whole, with the reason.

use sqlx::{PgPool, Row};
use time::OffsetDateTime;
use uuid::Uuid;

/// A parked event, as the store shows it.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Id of the dead letter (not of the event).
    pub id: Uuid,
    /// Consumer group that could not handle it, or `outbox` for one that could not be published.
    pub consumer: String,
    /// Topic it came from.
    pub topic: String,
    /// Partition it came from; -1 for the outbox.
    pub partition: i32,
    /// Offset within the partition; the row's id for the outbox.
    pub position: i64,
    /// The event's id, if it had a readable one.
    pub event_id: Option<String>,
    /// The event's type, if it had a readable one.
    pub event_type: Option<String>,
    /// Kind of failure, see [`nova_resilience::Code`].
    pub code: String,
    /// Why, for people.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was parked.
    pub parked_at: OffsetDateTime,
}

/// The newest dead letters first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(pool: &PgPool, limit: i64) -> Result<Vec<DeadLetter>, sqlx::Error> {
    sqlx::query(
        "SELECT id, consumer, topic, partition, position, event_id, event_type, code, reason,
                attempts, parked_at
         FROM dead_letters ORDER BY parked_at DESC, id DESC LIMIT $1",
    )
    .bind(limit)
    .try_map(|row: sqlx::postgres::PgRow| {
        Ok(DeadLetter {
            id: row.try_get("id")?,
            consumer: row.try_get("consumer")?,
            topic: row.try_get("topic")?,
            partition: row.try_get("partition")?,
            position: row.try_get("position")?,
            event_id: row.try_get("event_id")?,
            event_type: row.try_get("event_type")?,
            code: row.try_get("code")?,
            reason: row.try_get("reason")?,
            attempts: row.try_get("attempts")?,
            parked_at: row.try_get("parked_at")?,
        })
    })
    .fetch_all(pool)
    .await
}
