//! The producer: idempotent, acknowledged by all replicas, patient.

use std::sync::Arc;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Header, Message as _, OwnedHeaders};
use rdkafka::producer::future_producer::Delivery;
use rdkafka::producer::{BaseRecord, ProducerContext};
use rdkafka::{ClientConfig, ClientContext};
use tokio::sync::oneshot;

use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::kafka_log::Logged;
use crate::polled::Polled;

/// A Kafka producer that never gives up a message it has taken and keeps the order per partition.
#[derive(Clone)]
pub struct Producer {
    inner: Arc<Polled<Answers>>,
}

/// Answers who waits for a message's acknowledgement.
struct Answers;

impl ClientContext for Answers {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        Logged.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        Logged.error(error, reason);
    }
}

impl ProducerContext for Answers {
    type DeliveryOpaque = Box<oneshot::Sender<Result<Delivery, KafkaError>>>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiting: Self::DeliveryOpaque) {
        let answer = match result {
            Ok(message) => Ok(Delivery {
                partition: message.partition(),
                offset: message.offset(),
                timestamp: message.timestamp(),
            }),
            Err((error, _)) => Err(error.clone()),
        };
        // Who no longer waits needs no answer.
        drop(waiting.send(answer));
    }
}

impl Producer {
    /// A producer for these brokers. Does not wait for them: see [`crate::Probe`].
    ///
    /// # Errors
    /// When librdkafka refuses the configuration.
    pub fn new(kafka: &KafkaConfig) -> Result<Self, BusError> {
        let inner = Polled::start(&settings(kafka), Answers)?;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Produces one message and waits for its acknowledgement. For tools and tests: a service
    /// publishes through its outbox.
    ///
    /// # Errors
    /// When the broker does not take it.
    pub async fn produce(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
        headers: &[(&str, &[u8])],
    ) -> Result<Delivery, BusError> {
        let mut owned = OwnedHeaders::new_with_capacity(headers.len());
        for (key, value) in headers {
            owned = owned.insert(Header {
                key,
                value: Some(*value),
            });
        }
        let (answer, answered) = oneshot::channel();
        let record = BaseRecord::<[u8], [u8], _>::with_opaque_to(topic, Box::new(answer));
        let mut record = record.headers(owned);
        record.key = key;
        record.payload = payload;
        let failed = |source| BusError::Produce {
            topic: topic.to_owned(),
            source,
        };
        self.inner
            .send(record)
            .map_err(|(error, _)| failed(error))?;
        let delivered = answered.await.unwrap_or(Err(KafkaError::Canceled));
        delivered.map_err(failed)
    }
}

/// What every producer of the bus is set to.
pub(crate) fn settings(kafka: &KafkaConfig) -> ClientConfig {
    let mut config = kafka.client();
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // Java's partitioner, so that producers in other languages agree on partitions.
        .set("partitioner", "murmur2_random")
        // The relay bounds what is in flight; librdkafka must not drop any of it with age.
        .set("message.timeout.ms", "0")
        // The relay hands over what belongs together at once.
        .set("linger.ms", "1")
        .set("compression.type", "lz4")
        .set("queue.buffering.max.messages", "100000")
        .set("queue.buffering.max.kbytes", "131072");
    kafka.finish(config)
}
