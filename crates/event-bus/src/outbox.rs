//! Publishing: an event is appended in the transaction of the change it tells of.

use nova_event::{Event, EventInfo};
use nova_ids::EventId;
use nova_resilience::{Code, Fault};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::cause::Cause;
use crate::error::database_code;
use crate::trace::Trace;

/// Channel on which a sleeping relay listens.
pub(crate) const WAKE_CHANNEL: &str = "nova_outbox";

/// Advisory lock that the relay holds alone while it sleeps and every appending transaction holds
/// together with the others while the relay is awake (see `docs/adr/0002-outbox.md`).
pub(crate) const SLEEP_LOCK: i64 = 0x6e6f_7661_0002;

/// An event could not be appended.
#[derive(Debug, thiserror::Error)]
#[error("the event cannot be put into the outbox")]
pub struct OutboxError(#[from] sqlx::Error);

impl Fault for OutboxError {
    fn code(&self) -> Code {
        database_code(&self.0)
    }
}

/// The one way for a service to publish.
#[derive(Debug, Clone, Copy)]
pub struct Outbox {
    service: &'static str,
}

// The transaction's own id is taken before the row's, so that the relay can tell when every
// transaction that may still hold a lower row id has ended. The relay is told only when it sleeps:
// NOTIFY makes commits wait for each other.
const APPEND: &str = "
    WITH relay AS MATERIALIZED (
        SELECT pg_current_xact_id() AS xact, pg_try_advisory_xact_lock_shared($10) AS awake
    ), appended AS (
        INSERT INTO outbox (event_id, event_type, version, source, topic, key, subject,
                            correlation, causation, traceparent, tracestate, payload)
        SELECT event.id, $5, $6, $7, $8, event.key, event.subject,
               $9, $11, $12, $14, event.payload
        FROM relay, UNNEST($1::uuid[], $2::text[], $3::text[], $4::bytea[])
             AS event(id, key, subject, payload)
    )
    SELECT pg_notify($13, '') FROM relay WHERE NOT awake";

impl Outbox {
    /// The outbox of a service: its name becomes `ce_source`, `/nova/<service>`.
    #[must_use]
    pub const fn new(service: &'static str) -> Self {
        Self { service }
    }

    /// Publishes `event` when `tx` commits, and never if it does not.
    ///
    /// # Errors
    /// When the database refuses; the transaction is then of no more use.
    pub async fn append<E: Event>(
        &self,
        tx: &mut PgConnection,
        event: &E,
    ) -> Result<EventId, OutboxError> {
        let id = EventId::new();
        self.insert(tx, E::INFO, &[id.uuid()], std::slice::from_ref(event))
            .await?;
        Ok(id)
    }

    /// Publishes many events of one type, in this order, in one round trip.
    ///
    /// # Errors
    /// When the database refuses; the transaction is then of no more use.
    pub async fn append_all<E: Event>(
        &self,
        tx: &mut PgConnection,
        events: &[E],
    ) -> Result<(), OutboxError> {
        if events.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = events.iter().map(|_| EventId::new().uuid()).collect();
        self.insert(tx, E::INFO, &ids, events).await
    }

    async fn insert<E: Event>(
        &self,
        tx: &mut PgConnection,
        info: EventInfo,
        ids: &[Uuid],
        events: &[E],
    ) -> Result<(), OutboxError> {
        let keys: Vec<&str> = events.iter().map(Event::key).collect();
        let subjects: Vec<&str> = events.iter().map(Event::subject).collect();
        let payloads: Vec<Vec<u8>> = events.iter().map(prost::Message::encode_to_vec).collect();
        let cause = Cause::current();
        // A span of our own if one is recorded; else the trace goes on from where the event came from.
        let trace = Trace::current().or_else(|| cause.as_ref()?.trace.clone());
        sqlx::query(APPEND)
            .bind(ids)
            .bind(keys)
            .bind(subjects)
            .bind(payloads)
            .bind(info.event_type)
            .bind(info.version)
            .bind(format!("/nova/{}", self.service))
            .bind(info.topic.name)
            .bind(cause.as_ref().map(|cause| cause.correlation.as_str()))
            .bind(SLEEP_LOCK)
            .bind(cause.as_ref().map(|cause| cause.causation.as_str()))
            .bind(trace.as_ref().map(|trace| trace.parent.as_str()))
            .bind(WAKE_CHANNEL)
            .bind(trace.as_ref().and_then(|trace| trace.state.as_deref()))
            .execute(tx)
            .await?;
        Ok(())
    }
}
