//! Publishing without an outbox, for what nobody has been promised.

use std::sync::Arc;
use std::time::Duration;

use nova_event::Event;
use nova_ids::EventId;
use nova_resilience::Chain;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::kafka_log::Logged;
use crate::polled::Polled;
use crate::producer::settings;
use crate::record::{HeaderNames, Known};
use crate::trace::Trace;

/// Publishes events straight to Kafka, in order per key, acknowledged by all replicas. An event is lost when the process
/// ends before that, so only what is answered by another event may go this way: everything else goes through an
/// [`Outbox`](crate::Outbox).
#[derive(Clone)]
pub struct Direct {
    source: String,
    kafka: KafkaConfig,
    names: &'static HeaderNames,
    producer: Arc<Polled<Logged>>,
}

impl Direct {
    /// A way to publish as the service of that name. Does not wait for brokers.
    ///
    /// # Errors
    /// When librdkafka refuses the configuration.
    pub fn new(service: &str, kafka: &KafkaConfig) -> Result<Self, BusError> {
        Ok(Self {
            source: format!("/nova/{service}"),
            kafka: kafka.clone(),
            names: kafka.header_names(),
            producer: Arc::new(Polled::start(&settings(kafka), Logged)?),
        })
    }

    /// Hands the event over, and waits for nothing: whether it arrived the answer tells.
    ///
    /// # Errors
    /// When it cannot be handed over, as its queue is full or it is too large.
    pub fn publish<E: Event>(&self, event: &E) -> Result<EventId, BusError> {
        let id = EventId::new();
        let topic = self.kafka.topic(E::INFO.topic.name);
        let payload = event.encode_to_vec();
        let record = BaseRecord::<[u8], [u8]>::to(&topic)
            .key(event.key().as_bytes())
            .payload(&payload)
            .headers(self.headers(id, event));
        match self.producer.send(record) {
            Ok(()) => Ok(id),
            Err((source, _)) => Err(BusError::Produce { topic, source }),
        }
    }

    /// Waits until everything that was handed over has arrived, at most so long. Blocks its thread.
    pub fn flush(&self, patience: Duration) {
        if let Err(error) = self.producer.flush(patience) {
            tracing::warn!(error = %Chain(&error), "some events were not taken by kafka before the end");
        }
    }

    fn headers<E: Event>(&self, id: EventId, event: &E) -> OwnedHeaders {
        let id = id.to_string();
        let now = OffsetDateTime::now_utc().format(&Rfc3339);
        let now = now.unwrap_or_default();
        let trace = Trace::current();
        let mut headers = OwnedHeaders::new_with_capacity(12);
        let all = [
            (Known::SpecVersion, Some("1.0")),
            (Known::Id, Some(id.as_str())),
            (Known::Source, Some(self.source.as_str())),
            (Known::Type, Some(E::INFO.event_type)),
            (Known::Time, Some(now.as_str())),
            (Known::Subject, Some(event.subject())),
            (Known::PartitionKey, Some(event.key())),
            (Known::DataVersion, Some(E::INFO.version)),
            (Known::Correlation, Some(id.as_str())),
            (Known::ContentType, Some("application/protobuf")),
            (
                Known::Traceparent,
                trace.as_ref().map(|trace| trace.parent.as_str()),
            ),
            (
                Known::Tracestate,
                trace.as_ref().and_then(|trace| trace.state.as_deref()),
            ),
        ];
        for (known, value) in all {
            if let Some(value) = value {
                headers = headers.insert(Header {
                    key: self.names.of(known),
                    value: Some(value),
                });
            }
        }
        headers
    }
}
