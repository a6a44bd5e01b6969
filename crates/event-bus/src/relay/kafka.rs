//! Rows on their way through librdkafka.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nova_resilience::Chain;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext};
use tokio::sync::Notify;
use tracing::Span;
use tracing::field::Empty;

use super::publish::{Publish, Settled};
use super::rfc3339;
use super::rows::{Fields, Waiting};
use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::kafka_log;
use crate::polled::Polled;
use crate::producer::settings;
use crate::record::{HeaderNames, Known};
use crate::trace::{self, Trace};

/// How long to wait for room in the producer's queue before looking again.
const FULL: Duration = Duration::from_millis(1);
/// Rows handed over between two chances for other tasks.
const AT_ONCE: usize = 250;
/// Batches that can be on their way.
const SLOTS: usize = 64;

/// The relay's own producer: one number and one countdown per message instead of a future.
pub(super) struct Kafka {
    producer: Polled<Deliveries>,
    config: KafkaConfig,
    names: &'static HeaderNames,
    batches: VecDeque<Batch>,
    /// Batches that have come back and were not asked for yet.
    back: VecDeque<Settled>,
    rows: usize,
    next_slot: usize,
    /// A batch is being handed over, or was when that was given up.
    is_sending: bool,
}

struct Batch {
    ids: Vec<i64>,
    slot: usize,
    /// Of those rows whose trace is recorded, by their place: they end when the batch is back.
    spans: Vec<(usize, Span)>,
}

/// Counts what comes back, on the thread that polls librdkafka.
struct Deliveries {
    slots: [Slot; SLOTS],
    one_is_back: Notify,
}

/// What is known of one batch on its way.
#[derive(Default)]
struct Slot {
    /// Messages that have not come back, and one for the batch while it is being handed over.
    missing: AtomicUsize,
    failed: Mutex<Vec<(usize, BusError)>>,
}

impl Deliveries {
    fn count(&self, slot: &Slot) {
        if slot.missing.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.one_is_back.notify_one();
        }
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka_log::write(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "kafka client: {reason}");
    }
}

impl ProducerContext for Deliveries {
    /// Place in the batch times [`SLOTS`] plus the slot: a number needs no allocation.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        let Some(slot) = self.slots.get(number % SLOTS) else {
            return;
        };
        if let Err((error, _)) = result {
            slot.fail(number / SLOTS, failed(error.clone()));
        }
        self.count(slot);
    }
}

impl Slot {
    fn fail(&self, place: usize, error: BusError) {
        self.failed().push((place, error));
    }

    fn failed(&self) -> MutexGuard<'_, Vec<(usize, BusError)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kafka {
    pub(super) fn new(config: &KafkaConfig) -> Result<Self, BusError> {
        let deliveries = Deliveries {
            slots: std::array::from_fn(|_| Slot::default()),
            one_is_back: Notify::new(),
        };
        Ok(Self {
            producer: Polled::start(&settings(config), deliveries)?,
            config: config.clone(),
            names: config.header_names(),
            batches: VecDeque::new(),
            back: VecDeque::new(),
            rows: 0,
            next_slot: 0,
            is_sending: false,
        })
    }

    /// Nothing of it is on its way or waits to be asked for, and librdkafka can go on. Any other is done
    /// with: what it still sends would come behind what the next one has sent.
    pub(super) fn is_as_new(&self) -> bool {
        let is_empty = !self.is_sending && self.batches.is_empty() && self.back.is_empty();
        is_empty && self.producer.client().fatal_error().is_none()
    }

    fn deliveries(&self) -> &Deliveries {
        self.producer.context()
    }

    fn slot(&self, number: usize) -> &Slot {
        &self.deliveries().slots[number % SLOTS]
    }

    /// Takes every batch that has come back, unless an older one has not.
    fn take_back(&mut self) {
        while let Some(slot) = self.batches.front().map(|batch| batch.slot) {
            if self.slot(slot).missing.load(Ordering::Acquire) > 0 {
                return;
            }
            let Some(batch) = self.batches.pop_front() else {
                return;
            };
            self.rows -= batch.ids.len();
            let failed = std::mem::take(&mut *self.slot(slot).failed());
            for (place, span) in batch.spans {
                if failed.iter().any(|(of, _)| *of == place) {
                    span.record("otel.status_code", "ERROR");
                }
            }
            self.back.push_back(outcome(batch.ids, failed));
        }
    }

    async fn oldest_is_back(&self) {
        let Some(batch) = self.batches.front() else {
            return;
        };
        while self.slot(batch.slot).missing.load(Ordering::Acquire) > 0 {
            self.deliveries().one_is_back.notified().await;
        }
    }

    /// Hands over one message; waits while librdkafka's queue is full.
    async fn produce(
        &self,
        topic: &str,
        fields: &Fields<'_>,
        number: usize,
    ) -> Result<(), BusError> {
        let mut message = BaseRecord::with_opaque_to(topic, number)
            .key(fields.key)
            .payload(fields.payload)
            .headers(headers(fields, self.names));
        loop {
            match self.producer.send(message) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                    message = again;
                }
                Err((error, _)) => return Err(failed(error)),
            }
            tokio::time::sleep(FULL).await;
        }
    }
}

impl<Row: Waiting> Publish<Row> for Kafka {
    async fn send(&mut self, rows: Vec<Row>) {
        if rows.is_empty() {
            return;
        }
        while self.batches.len() >= SLOTS {
            self.oldest_is_back().await;
            self.take_back();
        }
        self.is_sending = true;
        let number = self.next_slot;
        self.next_slot = (self.next_slot + 1) % SLOTS;
        self.slot(number)
            .missing
            .store(rows.len() + 1, Ordering::Release);
        let mut topic = (String::new(), String::new());
        let mut spans = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let produced = match row.fields() {
                Ok(mut fields) => {
                    if topic.0 != fields.topic {
                        topic = (fields.topic.to_owned(), self.config.topic(fields.topic));
                    }
                    let span = span(&topic.1, &fields);
                    let trace = span.as_ref().and_then(Trace::of_span);
                    // Who handles it goes on from here, if this is recorded; else from where the event was made.
                    if let Some(trace) = &trace
                        && trace::is_sampled(&trace.parent)
                    {
                        fields.traceparent = Some(&trace.parent);
                    }
                    spans.extend(span.map(|span| (place, span)));
                    self.produce(&topic.1, &fields, place * SLOTS + number)
                        .await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = produced {
                self.slot(number).fail(place, error);
                self.deliveries().count(self.slot(number));
            }
            if place % AT_ONCE == AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
        }
        self.deliveries().count(self.slot(number));
        self.rows += rows.len();
        self.batches.push_back(Batch {
            ids: rows.iter().map(Waiting::id).collect(),
            slot: number,
            spans,
        });
        self.is_sending = false;
    }

    fn in_flight(&self) -> usize {
        self.rows
    }

    fn settled(&mut self) -> Option<Settled> {
        self.take_back();
        self.back.pop_front()
    }

    async fn wait(&mut self) {
        if self.back.is_empty() {
            self.oldest_is_back().await;
        }
    }
}

fn outcome(mut ids: Vec<i64>, mut failed: Vec<(usize, BusError)>) -> Settled {
    let mut settled = Settled::default();
    // From the last, so that taking one out leaves the places before it as they are.
    failed.sort_unstable_by_key(|(place, _)| std::cmp::Reverse(*place));
    for (place, error) in failed {
        let row = ids.remove(place);
        if is_for_ever(&error) {
            settled.refused.push((row, Chain(&error).to_string()));
        } else {
            settled.broken = Some(error);
        }
    }
    settled.published = ids;
    settled
}

/// The way of a row to Kafka, in the trace of who made the event, if that one recorded it. Its attributes are called as
/// OpenTelemetry calls those of messaging and of `CloudEvents`.
fn span(topic: &str, fields: &Fields<'_>) -> Option<Span> {
    let parent = fields.traceparent?;
    if !trace::is_sampled(parent) {
        return None;
    }
    let span = tracing::info_span!(
        parent: None,
        "send",
        otel.name = %format_args!("send {topic}"),
        otel.kind = "producer",
        otel.status_code = Empty,
        messaging.system = "kafka",
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.destination.name = topic,
        cloudevents.event_id = %fields.event_id,
        cloudevents.event_type = fields.event_type,
    );
    trace::continue_in(&span, parent);
    Some(span)
}

fn failed(source: KafkaError) -> BusError {
    BusError::Produce {
        topic: "of the outbox".to_owned(),
        source,
    }
}

/// The message can never be taken (too large): the same again fails again.
const fn is_for_ever(error: &BusError) -> bool {
    matches!(
        error,
        BusError::Produce {
            source: KafkaError::MessageProduction(
                RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessage
            ),
            ..
        }
    )
}

fn headers(fields: &Fields<'_>, names: &HeaderNames) -> OwnedHeaders {
    let mut id = [0; uuid::fmt::Hyphenated::LENGTH];
    let id: &str = fields.event_id.hyphenated().encode_lower(&mut id);
    let time = rfc3339::of(fields.occurred_at);
    let mut headers = OwnedHeaders::new_with_capacity(13);
    for (key, value) in [
        (Known::SpecVersion, "1.0"),
        (Known::Id, id),
        (Known::Source, fields.source),
        (Known::Type, fields.event_type),
        (Known::Time, time.as_str()),
        (Known::Subject, fields.subject),
        (Known::PartitionKey, fields.key),
        (Known::DataVersion, fields.version),
        (Known::Correlation, fields.correlation.unwrap_or(id)),
        (Known::ContentType, "application/protobuf"),
    ] {
        headers = headers.insert(Header {
            key: names.of(key),
            value: Some(value),
        });
    }
    for (key, value) in [
        (Known::Causation, fields.causation),
        (Known::Traceparent, fields.traceparent),
        (Known::Tracestate, fields.tracestate),
    ] {
        if let Some(value) = value {
            headers = headers.insert(Header {
                key: names.of(key),
                value: Some(value),
            });
        }
    }
    headers
}
