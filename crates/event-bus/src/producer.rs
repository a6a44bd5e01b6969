//! The producer: idempotent, acknowledged by all replicas, patient.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::future_producer::Delivery;
use rdkafka::producer::{FutureProducer, FutureRecord};

use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::kafka_log::Logged;

/// A Kafka producer that never gives up a message it has taken and keeps the order per partition.
#[derive(Clone)]
pub struct Producer {
    inner: FutureProducer<Logged>,
}

impl Producer {
    /// A producer for these brokers. Does not wait for them: see [`crate::Probe`].
    ///
    /// # Errors
    /// When librdkafka refuses the configuration.
    pub fn new(kafka: &KafkaConfig) -> Result<Self, BusError> {
        let inner = settings(kafka)
            .create_with_context(Logged)
            .map_err(BusError::Config)?;
        Ok(Self { inner })
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
        let mut record = FutureRecord::<[u8], [u8]>::to(topic).headers(owned);
        record.key = key;
        record.payload = payload;
        let failed = |source| BusError::Produce {
            topic: topic.to_owned(),
            source,
        };
        let delivery = self
            .inner
            .send_result(record)
            .map_err(|(error, _)| failed(error))?;
        match delivery.await {
            Ok(Ok(delivered)) => Ok(delivered),
            Ok(Err((error, _))) => Err(failed(error)),
            Err(_) => Err(failed(KafkaError::Canceled)),
        }
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
