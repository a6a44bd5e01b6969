//! Publishing: an event is appended in the transaction of the change it tells of.

use nova_event::{Event, EventInfo};
use nova_ids::EventId;
use nova_resilience::{Code, Fault};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::cause::Cause;
use crate::error::database_code;
use crate::record::header;
use crate::tables::Schema;
use crate::trace::Trace;

/// Channel on which a sleeping relay listens.
pub(crate) const WAKE_CHANNEL: &str = "nova_outbox";

/// Advisory lock that the relay holds alone while it sleeps and every appending transaction holds
/// together with the others while the relay is awake (see `docs/adr/0002-outbox.md`).
pub(crate) const SLEEP_LOCK: i64 = 0x6e6f_7661_0002;

/// Most bytes of a message, whatever its topic takes: what librdkafka (`message.max.bytes`) takes by default, and a
/// broker with room for its own.
const LARGEST_MESSAGE: usize = 1_000_000;

/// An event could not be appended.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The topic would not take it. The transaction is as good as before.
    #[error("an event {event_type} of {bytes} bytes does not fit a message of at most {limit}")]
    TooLarge {
        /// Its type.
        event_type: &'static str,
        /// Bytes of its key, its payload and its headers.
        bytes: usize,
        /// Most bytes that these may have together.
        limit: usize,
    },
    /// The database failed.
    #[error("the event cannot be put into the outbox")]
    Database(#[from] sqlx::Error),
}

impl Fault for OutboxError {
    fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::Invalid,
            Self::Database(error) => database_code(error),
        }
    }
}

/// The one way for a service to publish.
#[derive(Debug, Clone, Copy)]
pub struct Outbox {
    service: &'static str,
    schema: Schema,
}

// The transaction's own id is taken before the row's, so that the relay can tell when every
// transaction that may still hold a lower row id has ended. The relay is told only when it sleeps:
// NOTIFY makes commits wait for each other.
const APPEND: &str = "
    WITH relay AS MATERIALIZED (
        SELECT pg_current_xact_id() AS xact, pg_try_advisory_xact_lock_shared($10) AS awake
    ), appended AS (
        INSERT INTO bus.outbox (event_id, event_type, version, source, topic, key, subject,
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
        Self {
            service,
            schema: Schema::DEFAULT,
        }
    }

    /// The outbox of a service in a schema of its own: see [`Tables::schema`](crate::Tables::schema).
    ///
    /// # Panics
    /// When that is no name for one.
    #[must_use]
    pub fn in_schema(service: &'static str, schema: &'static str) -> Self {
        Self {
            service,
            schema: Schema::named(schema),
        }
    }

    /// Publishes `event` when `tx` commits, and never if it does not.
    ///
    /// # Errors
    /// [`OutboxError::TooLarge`] when no topic would take it; nothing has happened then. When the database
    /// refuses, and the transaction is of no more use.
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
    /// As [`Self::append`]: one event that is too large is enough.
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
        let source = format!("/nova/{}", self.service);
        let around = around(&info, &source, cause.as_ref(), trace.as_ref());
        let limit = LARGEST_MESSAGE.min(info.topic.largest_message as usize);
        for ((key, subject), payload) in keys.iter().zip(&subjects).zip(&payloads) {
            // The key is also a header.
            let bytes = around + 2 * key.len() + subject.len() + payload.len();
            if bytes > limit {
                return Err(OutboxError::TooLarge {
                    event_type: info.event_type,
                    bytes,
                    limit,
                });
            }
        }
        sqlx::query(self.schema.sql(APPEND))
            .bind(ids)
            .bind(keys)
            .bind(subjects)
            .bind(payloads)
            .bind(info.event_type)
            .bind(info.version)
            .bind(source)
            .bind(info.topic.name)
            .bind(cause.as_ref().map(|cause| cause.correlation.as_str()))
            .bind(self.schema.lock(SLEEP_LOCK))
            .bind(cause.as_ref().map(|cause| cause.causation.as_str()))
            .bind(trace.as_ref().map(|trace| trace.parent.as_str()))
            .bind(self.schema.channel(WAKE_CHANNEL))
            .bind(trace.as_ref().and_then(|trace| trace.state.as_deref()))
            .execute(tx)
            .await?;
        Ok(())
    }
}

/// Names of the headers of every event, and the values that always have the same length: the content type,
/// the version of the specification, a UUID, and a time.
const FIXED: usize = {
    let names = [
        header::SPEC_VERSION,
        header::ID,
        header::SOURCE,
        header::TYPE,
        header::TIME,
        header::SUBJECT,
        header::PARTITION_KEY,
        header::DATA_VERSION,
        header::CORRELATION,
        header::CONTENT_TYPE,
        header::CAUSATION,
        header::TRACEPARENT,
        header::TRACESTATE,
    ];
    let mut bytes = 128;
    let mut at = 0;
    while at < names.len() {
        bytes += names[at].len();
        at += 1;
    }
    bytes
};

/// Bytes of an event's headers but for its key and its subject.
fn around(info: &EventInfo, source: &str, cause: Option<&Cause>, trace: Option<&Trace>) -> usize {
    let of_cause = cause.map_or(0, |cause| cause.correlation.len() + cause.causation.len());
    let of_trace = trace.map_or(0, |trace| {
        trace.parent.len() + trace.state.as_ref().map_or(0, String::len)
    });
    FIXED + source.len() + info.event_type.len() + info.version.len() + of_cause + of_trace
}
