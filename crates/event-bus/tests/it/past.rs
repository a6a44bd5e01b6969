//! Topics read from a time on, to nobody's account.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nova_event_bus::{Past, Span, Topic, create_topics, lag};
use nova_testkit::Stack;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

const LOG: Topic = Topic::new("log", 3);
const TIMEOUT: Duration = Duration::from_secs(20);
const SECOND: Duration = Duration::from_secs(1);

struct Scene {
    stack: Stack,
    topic: String,
    /// An hour ago, as milliseconds tell it.
    began: SystemTime,
}

/// Offsets by partition, and how often each was said to have ended.
type Read = (BTreeMap<i32, Vec<i64>>, BTreeMap<i32, u32>);

impl Scene {
    async fn new() -> Self {
        let stack = Stack::new().await;
        create_topics(&stack.kafka, &[LOG], 1).await.unwrap();
        let topic = stack.kafka.topic(LOG.name);
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - 3_600 * SECOND;
        let began = UNIX_EPOCH + Duration::from_millis(began.as_millis() as u64);
        Self {
            stack,
            topic,
            began,
        }
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.stack.kafka.brokers);
        config
    }

    /// Writes messages, each of so many seconds after the beginning.
    fn write(&self, producer: &BaseProducer, partition: i32, seconds: &[u64]) {
        for at in seconds {
            let written = self.began + SECOND * *at as u32;
            let written = written.duration_since(UNIX_EPOCH).unwrap().as_millis();
            let content = at.to_string();
            let record: BaseRecord<'_, (), str> = BaseRecord::to(&self.topic)
                .partition(partition)
                .timestamp(written as i64)
                .payload(&content);
            producer.send(record).unwrap();
        }
        producer.flush(TIMEOUT).unwrap();
    }

    async fn past(&self, partitions: Option<&[i32]>, seconds: u32) -> Past {
        let since = self.began + SECOND * seconds;
        let past = Past::read(&self.stack.kafka, LOG.name, partitions, since);
        past.await.unwrap()
    }
}

async fn read(past: &mut Past) -> Read {
    let (mut offsets, mut ends) = Read::default();
    while let Some(piece) = past.next().await {
        let piece = piece.unwrap();
        let of = offsets.entry(piece.partition).or_default();
        assert!(
            piece
                .records
                .iter()
                .all(|record| record.partition() == piece.partition)
        );
        of.extend(piece.records.iter().map(nova_event_bus::Record::offset));
        assert_eq!(ends.get(&piece.partition), None, "more came after the end");
        if piece.is_last {
            *ends.entry(piece.partition).or_default() += 1;
        }
    }
    (offsets, ends)
}

fn span(partition: i32, first: i64, end: i64) -> Span {
    Span {
        partition,
        first,
        end,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_partition_is_read_from_a_time_to_its_end_as_it_was() {
    let scene = Scene::new().await;
    let producer: BaseProducer = scene.client().create().unwrap();
    let many: Vec<u64> = (0..3_000).collect();
    scene.write(&producer, 0, &many);
    // What bears an earlier time comes too, once a later one has.
    scene.write(&producer, 1, &[5, 2_000, 7, 3_000]);
    let mut past = scene.past(None, 1_000).await;
    scene.write(&producer, 0, &[4_000]);
    scene.write(&producer, 2, &[4_000]);
    assert_eq!(
        past.spans(),
        [span(0, 1_000, 3_000), span(1, 1, 4), span(2, 0, 0)]
    );
    let (offsets, ends) = read(&mut past).await;
    assert!(past.next().await.is_none());
    assert_eq!(offsets[&0], (1_000..3_000).collect::<Vec<i64>>());
    assert_eq!(offsets[&1], [1, 2, 3]);
    assert!(offsets[&2].is_empty());
    assert_eq!(ends, BTreeMap::from([(0, 1), (1, 1), (2, 1)]));

    let (offsets, _) = read(&mut scene.past(Some(&[1]), 0).await).await;
    assert_eq!(offsets, BTreeMap::from([(1, vec![0, 1, 2, 3])]));
    let (offsets, _) = read(&mut scene.past(Some(&[0, 1]), 3_500).await).await;
    assert_eq!(offsets, BTreeMap::from([(0, vec![3_000]), (1, vec![])]));
    // One that is not read to its end holds nothing up.
    let mut dropped = scene.past(Some(&[0]), 0).await;
    assert!(!dropped.next().await.unwrap().unwrap().records.is_empty());
    drop(dropped);
    // Of no group, whatever it is called.
    let lags = lag(&scene.stack.kafka, "nova-past", &[LOG]).await.unwrap();
    assert_eq!(lags, []);
    scene.stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_sees_at_the_end_ends_it_all_the_same() {
    let scene = Scene::new().await;
    let producer: BaseProducer = scene
        .client()
        .set("transactional.id", format!("{}past", scene.topic))
        .create()
        .unwrap();
    producer.init_transactions(TIMEOUT).unwrap();
    let transaction = |partition, seconds: &[u64], commits| {
        producer.begin_transaction().unwrap();
        scene.write(&producer, partition, seconds);
        if commits {
            producer.commit_transaction(TIMEOUT).unwrap();
        } else {
            producer.abort_transaction(TIMEOUT).unwrap();
        }
    };
    // Offsets 0 to 2 with a marker at 3, and 4 to 6 with one at 7.
    transaction(0, &[1, 2, 3], true);
    transaction(0, &[4, 5, 6], false);
    // Nothing but what was given up.
    transaction(1, &[1, 2, 3], false);
    // Nothing but a marker is left.
    transaction(2, &[1, 2, 3], true);
    let admin: AdminClient<DefaultClientContext> = scene.client().create().unwrap();
    let mut deleted = TopicPartitionList::new();
    deleted
        .add_partition_offset(&scene.topic, 2, Offset::Offset(3))
        .unwrap();
    let options = AdminOptions::new().operation_timeout(Some(TIMEOUT));
    admin.delete_records(&deleted, &options).await.unwrap();

    let mut past = scene.past(None, 0).await;
    let spans = past.spans().to_vec();
    let (offsets, ends) = read(&mut past).await;
    assert_eq!(offsets[&0], [0, 1, 2], "{spans:?}");
    assert_eq!(
        (&offsets[&1], &offsets[&2]),
        (&vec![], &vec![]),
        "{spans:?}"
    );
    assert_eq!(
        spans.iter().map(|span| span.end).collect::<Vec<_>>(),
        [8, 4, 4]
    );
    assert_eq!(ends, BTreeMap::from([(0, 1), (1, 1), (2, 1)]));

    // What is still open is not read, nor waited for.
    producer.begin_transaction().unwrap();
    scene.write(&producer, 0, &[7]);
    let (offsets, _) = read(&mut scene.past(Some(&[0]), 2).await).await;
    assert_eq!(offsets[&0], [1, 2]);
    producer.abort_transaction(TIMEOUT).unwrap();
    scene.stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_or_partition_that_is_not_there_is_an_error() {
    let scene = Scene::new().await;
    let kafka = &scene.stack.kafka;
    let now = SystemTime::now();
    assert!(Past::read(kafka, "nothing", None, now).await.is_err());
    assert!(
        Past::read(kafka, LOG.name, Some(&[0, 3]), now)
            .await
            .is_err()
    );
    scene.stack.finish().await;
}
