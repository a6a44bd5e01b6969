//! The client library alone, with the settings and the messages of the bus.

use std::borrow::Borrow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nova_event_bus::{Event, KafkaConfig, header};
use nova_proto::content::v1::PostCreated;
use rdkafka::consumer::{BaseConsumer, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, DeliveryResult, Header, Headers as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, ProducerContext};
use rdkafka::{ClientConfig, ClientContext, Message as _, Offset, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use super::events::Message;

const CLIENT: &str = include_str!("../../src/config.rs");
const PRODUCER: &str = include_str!("../../src/producer.rs");
const CONSUMER: &str = include_str!("../../src/consumer/mod.rs");

/// How many messages are handed over between two looks at what was acknowledged.
const BETWEEN_LOOKS: usize = 1_000;
const TIMEOUT: Duration = Duration::from_secs(10);

/// The settings that the bus itself uses, read from its source so that they cannot part.
fn settings(kafka: &KafkaConfig, source: &'static str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &kafka.brokers);
    for (name, value) in literals(CLIENT).chain(literals(source)) {
        config.set(name, value);
    }
    config
}

/// Every `.set("name", "value")`.
fn literals(source: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    source.split(".set(\"").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once('"')?;
        let (value, _) = rest.strip_prefix(", \"")?.split_once("\")")?;
        // The other protocol of groups is off by default.
        (name != "group.protocol").then_some((name, value))
    })
}

/// Counts what was acknowledged.
#[derive(Clone, Default)]
struct Acknowledged {
    taken: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
}

impl ClientContext for Acknowledged {}

impl ProducerContext for Acknowledged {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let count = if result.is_ok() {
            &self.taken
        } else {
            &self.refused
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Hands everything over as fast as the library takes it and waits for the last acknowledgement. The
/// clock runs from when the first message was acknowledged: connecting is not part of it. Blocks.
pub(super) fn produce<M: Borrow<Message>>(
    kafka: &KafkaConfig,
    topic: &str,
    messages: impl Iterator<Item = M>,
) -> anyhow::Result<Duration> {
    let counts = Acknowledged::default();
    let producer: BaseProducer<Acknowledged> =
        settings(kafka, PRODUCER).create_with_context(counts.clone())?;
    let mut began = Instant::now();
    let mut sent = 0;
    for message in messages {
        let message = message.borrow();
        let record = BaseRecord::to(topic)
            .key(&message.key)
            .payload(&message.payload)
            .headers(headers(message));
        hand_over(&producer, record)?;
        sent += 1;
        if sent == 1 {
            wait_for(sent, &producer, &counts)?;
            began = Instant::now();
        } else if sent % BETWEEN_LOOKS == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    wait_for(sent, &producer, &counts)?;
    Ok(began.elapsed())
}

/// Fills a topic with records of `size` bytes under these keys, with no headers. Blocks.
pub(super) fn fill(
    kafka: &KafkaConfig,
    topic: &str,
    keys: impl Iterator<Item = String>,
    size: usize,
) -> anyhow::Result<()> {
    let counts = Acknowledged::default();
    let producer: BaseProducer<Acknowledged> =
        settings(kafka, PRODUCER).create_with_context(counts.clone())?;
    let payload = vec![b'x'; size];
    let mut sent = 0;
    for key in keys {
        hand_over(&producer, BaseRecord::to(topic).key(&key).payload(&payload))?;
        sent += 1;
    }
    wait_for(sent, &producer, &counts)
}

/// Waits while the library's queue is full.
fn hand_over(
    producer: &BaseProducer<Acknowledged>,
    mut record: BaseRecord<'_, String, Vec<u8>>,
) -> anyhow::Result<()> {
    while let Err((error, again)) = producer.send(record) {
        let is_full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
        ensure!(error == is_full, "kafka took no message: {error}");
        producer.poll(Duration::from_millis(1));
        record = again;
    }
    Ok(())
}

fn wait_for(
    sent: usize,
    producer: &BaseProducer<Acknowledged>,
    counts: &Acknowledged,
) -> anyhow::Result<()> {
    while counts.taken.load(Ordering::Relaxed) < sent {
        producer.poll(Duration::from_millis(1));
        let refused = counts.refused.load(Ordering::Relaxed);
        ensure!(refused == 0, "kafka refused {refused} messages");
    }
    Ok(())
}

/// The headers that the relay writes, in its order.
fn headers(message: &Message) -> OwnedHeaders {
    let mut headers = OwnedHeaders::new_with_capacity(10);
    for (key, value) in [
        (header::SPEC_VERSION, "1.0"),
        (header::ID, &message.id),
        (header::SOURCE, "/nova/content"),
        (header::TYPE, PostCreated::INFO.event_type),
        (header::TIME, &message.time),
        (header::SUBJECT, &message.subject),
        (header::PARTITION_KEY, &message.key),
        (header::DATA_VERSION, PostCreated::INFO.version),
        (header::CORRELATION, &message.id),
        (header::CONTENT_TYPE, "application/protobuf"),
    ] {
        headers = headers.insert(Header {
            key,
            value: Some(value),
        });
    }
    headers
}

/// What a loop does with each message.
#[derive(Clone, Copy)]
pub(super) enum Reads {
    Nothing,
    /// Looks at the name and value of every header.
    Headers,
}

impl Reads {
    fn read(self, message: &BorrowedMessage<'_>) {
        if let (Self::Headers, Some(headers)) = (self, message.headers()) {
            for header in headers.iter() {
                std::hint::black_box((header.key, header.value));
            }
        }
    }
}

/// Receives that many messages one by one and does no more with them than that. The clock runs from the first.
pub(super) async fn consume(
    kafka: &KafkaConfig,
    group: &str,
    topic: &str,
    messages: usize,
    reads: Reads,
) -> anyhow::Result<Duration> {
    let mut config = settings(kafka, CONSUMER);
    let session = kafka.session_timeout_ms;
    config
        .set("group.id", format!("{}{group}", kafka.topic_prefix))
        .set("session.timeout.ms", session.to_string())
        .set("heartbeat.interval.ms", (session / 20).to_string())
        // Nobody else would: a bare loop counts a message as done when it was handed out.
        .set("enable.auto.offset.store", "true");
    let consumer: StreamConsumer = config.create()?;
    consumer.subscribe(&[topic])?;
    // As a task among others, which is what a service's loop is.
    let counting = tokio::spawn(async move {
        reads.read(&consumer.recv().await?);
        let first = Instant::now();
        for _ in 1..messages {
            reads.read(&consumer.recv().await?);
        }
        let took = first.elapsed();
        // Leaving the group blocks.
        tokio::task::spawn_blocking(move || drop(consumer)).await?;
        anyhow::Ok(took)
    });
    counting.await?
}

/// Hands every message of the topic from now on to `take` until that or `stop` says otherwise. Blocks.
pub(super) fn follow(
    kafka: &KafkaConfig,
    topic: &str,
    stop: &CancellationToken,
    mut take: impl FnMut(&BorrowedMessage<'_>) -> bool,
) -> anyhow::Result<()> {
    let consumer: BaseConsumer = settings(kafka, CONSUMER)
        .set("group.id", "none")
        .set("session.timeout.ms", "6000")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT)?;
    let mut partitions = TopicPartitionList::new();
    for partition in metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions())
    {
        partitions.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
    }
    consumer.assign(&partitions)?;
    while !stop.is_cancelled() {
        let message = consumer.poll(Duration::from_millis(100)).transpose()?;
        if message.is_some_and(|message| !take(&message)) {
            break;
        }
    }
    Ok(())
}

/// How many messages are on the topic. Blocks.
pub(super) fn count(kafka: &KafkaConfig, topic: &str) -> anyhow::Result<usize> {
    let consumer: BaseConsumer = settings(kafka, CONSUMER)
        .set("group.id", "none")
        .set("session.timeout.ms", "6000")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT)?;
    let mut count = 0;
    for partition in metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions())
    {
        let (low, high) = consumer.fetch_watermarks(topic, partition.id(), TIMEOUT)?;
        count += usize::try_from(high - low).context("a partition of negative length")?;
    }
    Ok(count)
}
