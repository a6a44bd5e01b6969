//! Looking at topics, and putting anything on them.

use std::ops::Deref;
use std::time::{Duration, Instant};

use nova_event_bus::{Event, KafkaConfig, Topic, header};
use nova_ids::EventId;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::{Message, Offset, TopicPartitionList};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TIMEOUT: Duration = Duration::from_secs(10);

/// An event as it lies on its topic.
#[derive(Debug, Clone)]
pub struct Published<E> {
    /// The event.
    pub event: E,
    /// Its id.
    pub id: String,
    /// Its key on the topic.
    pub key: String,
    /// Its partition: within one, events are listed in their order.
    pub partition: i32,
    /// Every header that is text.
    pub headers: Vec<(String, String)>,
}

impl<E> Deref for Published<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.event
    }
}

/// Everything of one type on its topic, from the first message to the last there is now.
///
/// # Panics
/// When the topic cannot be read.
pub async fn published<E: Event>(kafka: &KafkaConfig) -> Vec<Published<E>> {
    let (topic, client) = (kafka.topic(E::INFO.topic.name), client(kafka));
    // The client blocks.
    tokio::task::spawn_blocking(move || read_all(&client, &topic))
        .await
        .expect("the topic can be read")
}

fn read_all<E: Event>(client: &ClientConfig, topic: &str) -> Vec<Published<E>> {
    let consumer: BaseConsumer = client.create().expect("a consumer");
    let metadata = consumer
        .fetch_metadata(Some(topic), TIMEOUT)
        .expect("metadata of the topic");
    let partitions = metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions());
    let mut events = Vec::new();
    for partition in partitions.map(|partition| partition.id()) {
        let end = end_of(&consumer, topic, partition);
        let mut from_start = TopicPartitionList::new();
        from_start
            .add_partition_offset(topic, partition, Offset::Beginning)
            .expect("an offset");
        consumer.assign(&from_start).expect("a partition");
        let mut next = 0;
        while next < end {
            let message = message_of(&consumer);
            next = message.offset() + 1;
            events.extend(decode(&message));
        }
    }
    events
}

/// Hands the payload of every message on a topic to `take`, from its end as it is now on, until that says false or one more
/// is waited for in vain for `patience`. Blocks.
///
/// # Panics
/// When the topic cannot be read.
pub fn follow(
    kafka: &KafkaConfig,
    topic: &str,
    patience: Duration,
    ready: impl FnOnce(),
    take: impl FnMut(&[u8]) -> bool,
) {
    let consumer: BaseConsumer = client(kafka).create().expect("a consumer");
    let end = |partition| Offset::Offset(end_of(&consumer, topic, partition));
    follow_from(&consumer, topic, end);
    ready();
    hand_on(&consumer, patience, take);
}

/// The same from its beginning on.
///
/// # Panics
/// When the topic cannot be read.
pub fn follow_all(
    kafka: &KafkaConfig,
    topic: &str,
    patience: Duration,
    take: impl FnMut(&[u8]) -> bool,
) {
    let consumer: BaseConsumer = client(kafka).create().expect("a consumer");
    follow_from(&consumer, topic, |_| Offset::Beginning);
    hand_on(&consumer, patience, take);
}

fn follow_from(consumer: &BaseConsumer, topic: &str, begin: impl Fn(i32) -> Offset) {
    let metadata = consumer
        .fetch_metadata(Some(topic), TIMEOUT)
        .expect("metadata of the topic");
    let topics = metadata.topics().iter();
    let mut from_here = TopicPartitionList::new();
    for partition in topics.flat_map(|topic| topic.partitions()) {
        from_here
            .add_partition_offset(topic, partition.id(), begin(partition.id()))
            .expect("an offset");
    }
    consumer.assign(&from_here).expect("partitions");
}

fn hand_on(consumer: &BaseConsumer, patience: Duration, mut take: impl FnMut(&[u8]) -> bool) {
    while let Some(message) = consumer.poll(patience) {
        let message = message.expect("the topic goes on");
        if !take(message.payload().unwrap_or_default()) {
            return;
        }
    }
}

/// The next message. That no broker is reachable, which a busy machine makes true for a moment, is not the end.
fn message_of(consumer: &BaseConsumer) -> BorrowedMessage<'_> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match consumer.poll(TIMEOUT).expect("the partition goes on") {
            Ok(message) => return message,
            Err(error) => assert!(Instant::now() < deadline, "a message: {error}"),
        }
    }
}

/// The offset after the last message. A broker that is late with its heartbeats leads nothing for a
/// moment, so this asks again for a while.
fn end_of(consumer: &BaseConsumer, topic: &str, partition: i32) -> i64 {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match consumer.fetch_watermarks(topic, partition, TIMEOUT) {
            Ok((_, end)) => return end,
            Err(error) if Instant::now() >= deadline => panic!("ends of the partition: {error}"),
            // Lets the client hear of the new leader meanwhile.
            Err(_) => drop(consumer.fetch_metadata(Some(topic), TIMEOUT)),
        }
    }
}

fn decode<E: Event>(message: &impl Message) -> Option<Published<E>> {
    let headers: Vec<(String, String)> = message.headers().map_or_else(Vec::new, |headers| {
        let text =
            |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
        headers
            .iter()
            .map(|header| (header.key.to_owned(), text(header.value)))
            .collect()
    });
    let value = |name| {
        headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    if value(header::TYPE)? != E::INFO.event_type {
        return None;
    }
    Some(Published {
        event: E::decode(message.payload()?).expect("an event of this type decodes"),
        id: value(header::ID).unwrap_or_default(),
        key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
        partition: message.partition(),
        headers,
    })
}

/// The headers of an event as the service that owns it would publish it under this id.
///
/// # Panics
/// When no time can be had.
pub fn headers_of<E: Event>(id: EventId, event: &E) -> Vec<(&'static str, String)> {
    let info = E::INFO;
    vec![
        (header::SPEC_VERSION, "1.0".to_owned()),
        (header::ID, id.to_string()),
        (header::SOURCE, format!("/nova/{}", info.owner)),
        (header::TYPE, info.event_type.to_owned()),
        (
            header::TIME,
            OffsetDateTime::now_utc().format(&Rfc3339).expect("a time"),
        ),
        (header::SUBJECT, event.subject().to_owned()),
        (header::PARTITION_KEY, event.key().to_owned()),
        (header::DATA_VERSION, info.version.to_owned()),
        (header::CORRELATION, id.to_string()),
        (header::CONTENT_TYPE, "application/protobuf".to_owned()),
    ]
}

pub(crate) async fn delete_topics(kafka: &KafkaConfig, topics: &[Topic]) {
    let admin: AdminClient<DefaultClientContext> = client(kafka).create().expect("a client");
    let names: Vec<String> = topics.iter().map(|topic| kafka.topic(topic.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // No test is about that: what an overloaded Kafka leaves goes with its servers.
    drop(admin.delete_topics(&names, &AdminOptions::new()).await);
}

fn client(kafka: &KafkaConfig) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &kafka.brokers);
    // A group is never joined, but a consumer must name one.
    client
        .set("group.id", "testkit")
        .set("enable.auto.commit", "false");
    client
}
