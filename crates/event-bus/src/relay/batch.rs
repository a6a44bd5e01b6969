//! A run of outbox rows on its way through the producer.

use std::time::Duration;

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::DeliveryFuture;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::rows::OutboxRow;
use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::producer::{Handed, Outgoing, Producer, Sent, settle};
use crate::record::header;

/// How long to wait for room in the producer's queue before looking again.
const FULL: Duration = Duration::from_millis(1);

/// Rows that were handed to the producer, in the order of their ids.
pub(super) struct Batch {
    sent: Vec<(i64, Result<DeliveryFuture, Sent>)>,
}

/// What became of a batch.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) published: Vec<i64>,
    /// Rows that Kafka will never take, and why.
    pub(super) refused: Vec<(i64, String)>,
}

impl Batch {
    /// Hands the rows to the producer.
    pub(super) async fn send(producer: &Producer, kafka: &KafkaConfig, rows: &[OutboxRow]) -> Self {
        let mut sent = Vec::with_capacity(rows.len());
        let mut topic = (String::new(), String::new());
        for row in rows {
            if topic.0 != row.topic {
                topic = (row.topic.clone(), kafka.topic(&row.topic));
            }
            let mut message = Outgoing::to(&topic.1)
                .key(&row.key)
                .payload(&row.payload)
                .headers(headers(row));
            let handed_over = loop {
                match producer.send(message) {
                    Handed::Over(delivery) => break Ok(delivery),
                    Handed::Never(sent) => break Err(sent),
                    Handed::Back(again) => message = again,
                }
                tokio::time::sleep(FULL).await;
            };
            sent.push((row.id, handed_over));
        }
        Self { sent }
    }

    /// Waits until every row is acknowledged or refused, however long the broker is away.
    ///
    /// # Errors
    /// When the producer is of no more use. What had been acknowledged by then is in `settled`.
    pub(super) async fn settle(self, settled: &mut Settled) -> Result<(), BusError> {
        let mut broken = None;
        for (row, delivery) in self.sent {
            let sent = match delivery {
                Ok(delivery) => settle(delivery).await,
                Err(sent) => sent,
            };
            match sent {
                Sent::Acknowledged => settled.published.push(row),
                Sent::Refused(error) => settled.refused.push((row, error.to_string())),
                Sent::Broken(error) => broken = broken.or(Some(error)),
            }
        }
        match broken {
            None => Ok(()),
            Some(source) => Err(BusError::Produce {
                topic: "of the outbox".to_owned(),
                source,
            }),
        }
    }
}

fn headers(row: &OutboxRow) -> OwnedHeaders {
    let mut id = [0; uuid::fmt::Hyphenated::LENGTH];
    let id: &str = row.event_id.hyphenated().encode_lower(&mut id);
    let mut headers = OwnedHeaders::new_with_capacity(12);
    for (key, value) in [
        (header::SPEC_VERSION, "1.0"),
        (header::ID, id),
        (header::SOURCE, &row.source),
        (header::TYPE, &row.event_type),
        (header::TIME, &rfc3339(row.occurred_at)),
        (header::SUBJECT, &row.subject),
        (header::PARTITION_KEY, &row.key),
        (header::DATA_VERSION, &row.version),
        (header::CORRELATION, &row.correlation),
        (header::CONTENT_TYPE, "application/protobuf"),
    ] {
        headers = headers.insert(Header {
            key,
            value: Some(value),
        });
    }
    for (key, value) in [
        (header::CAUSATION, &row.causation),
        (header::TRACEPARENT, &row.traceparent),
        (header::TRACESTATE, &row.tracestate),
    ] {
        if let Some(value) = value {
            headers = headers.insert(Header {
                key,
                value: Some(value.as_str()),
            });
        }
    }
    headers
}

fn rfc3339(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}
