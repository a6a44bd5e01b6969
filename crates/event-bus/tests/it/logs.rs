//! Logs that do not stay as they were: records are deleted, topics are made again.

use std::time::Duration;

use nova_event_bus::{ConsumerOptions, KafkaConfig, Topic, check_topics, create_topics};
use nova_testkit::{Stack, eventually};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use sqlx::PgPool;

use crate::counters;
use crate::door::Door;
use crate::recorder::{Member, database};

const NARROW: Topic = Topic::new("narrow", 1);
const TIMEOUT: Duration = Duration::from_secs(10);
const VIOLATIONS: &str = "nova_consumer_violations_total";

struct Scene {
    stack: Stack,
    pool: PgPool,
    kafka: KafkaConfig,
    door: Door,
    group: &'static str,
}

impl Scene {
    async fn new(group: &'static str) -> Self {
        counters::record();
        let stack = Stack::new().await;
        create_topics(&stack.kafka, &[NARROW], 1).await.unwrap();
        let kafka = KafkaConfig {
            // What becomes of topics is found within half a second, not within half a minute.
            properties: vec![(
                "topic.metadata.refresh.interval.ms".to_owned(),
                "500".to_owned(),
            )],
            ..stack.kafka.clone()
        };
        Self {
            pool: database(&stack).await,
            kafka,
            stack,
            door: Door::default(),
            group,
        }
    }

    fn member(&self) -> Member {
        let consumer = self
            .door
            .records(self.group, NARROW.name, &self.kafka, &self.pool);
        let options = ConsumerOptions {
            drain: Duration::from_millis(200),
            ..ConsumerOptions::default()
        };
        Member::start(consumer.options(options))
    }

    async fn produce(&self, contents: &[&str]) {
        for content in contents {
            let bytes = Some(content.as_bytes());
            self.stack.produce(NARROW.name, bytes, bytes, &[]).await;
        }
    }

    async fn all_run(&self, contents: &[&str]) {
        for content in contents {
            self.door.entered(content).await;
        }
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.kafka.brokers);
        config.set(
            "group.id",
            format!("{}{}", self.kafka.topic_prefix, self.group),
        );
        config
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().unwrap()
    }

    fn partition_at(&self, offset: Offset) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        let topic = self.kafka.topic(NARROW.name);
        list.add_partition_offset(&topic, 0, offset).unwrap();
        list
    }

    /// Deletes records before this offset.
    async fn delete_before(&self, offset: i64) {
        let until = self.partition_at(Offset::Offset(offset));
        let options = AdminOptions::new();
        self.admin().delete_records(&until, &options).await.unwrap();
    }

    async fn delete_topic(&self) {
        let topic = self.kafka.topic(NARROW.name);
        let (admin, options) = (self.admin(), AdminOptions::new());
        for deleted in admin.delete_topics(&[&topic], &options).await.unwrap() {
            deleted.unwrap();
        }
    }

    /// Makes the topic again, once the broker has let go of the old one.
    async fn make_topic_again(&self) {
        eventually("the topic is there again", async || {
            create_topics(&self.kafka, &[NARROW], 1).await.is_ok()
                && check_topics(&self.kafka, &[NARROW], None)
                    .await
                    .is_ok_and(|differences| differences.is_empty())
        })
        .await;
    }

    fn committed(&self, consumer: &BaseConsumer) -> TopicPartitionList {
        let asked = self.partition_at(Offset::Invalid);
        consumer.committed_offsets(asked, TIMEOUT).unwrap()
    }

    async fn end(self, member: Member) {
        member.leave().await;
        self.stack.finish().await;
    }
}

async fn deleted_before_handled(group: &'static str, deleted: i64) {
    let scene = Scene::new(group).await;
    let member = scene.member();
    scene.produce(&["0", "1", "2"]).await;
    scene.all_run(&["0", "1", "2"]).await;
    member.leave().await;
    scene.produce(&["3", "4", "5", "6"]).await;
    scene.delete_before(deleted).await;
    let member = scene.member();
    eventually("the violation is told", async || {
        counters::count(VIOLATIONS, group) > 0
    })
    .await;
    // What is left is handled all the same.
    scene.produce(&["later"]).await;
    scene.all_run(&["later"]).await;
    assert_eq!(scene.door.runs_of("3"), 0);
    assert_eq!(scene.door.runs_of("6"), usize::from(deleted < 7));
    assert_eq!(counters::count(VIOLATIONS, group), 1);
    scene.end(member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_were_deleted_before_they_were_handled_are_a_violation() {
    deleted_before_handled("deleted-some", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_were_all_deleted_before_they_were_handled_are_a_violation() {
    deleted_before_handled("deleted-all", 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_were_deleted_after_they_were_handled_are_none() {
    let scene = Scene::new("deleted-handled").await;
    let member = scene.member();
    scene.produce(&["0", "1", "2"]).await;
    scene.all_run(&["0", "1", "2"]).await;
    scene.delete_before(3).await;
    scene.produce(&["3"]).await;
    scene.all_run(&["3"]).await;
    member.leave().await;
    let member = scene.member();
    scene.produce(&["4"]).await;
    scene.all_run(&["4"]).await;
    let lag = || counters::values("nova_consumer_lag", scene.group).len();
    let before = lag();
    eventually("the log was looked at", async || lag() > before + 2).await;
    assert_eq!(counters::count(VIOLATIONS, scene.group), 0);
    scene.end(member).await;
}

/// A broker forgets what was committed of a topic that it deletes. Here the group remembers: the log was lost, and
/// what is committed was not.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_of_a_log_is_not_believed_of_the_one_that_takes_its_place() {
    let scene = Scene::new("made-again").await;
    scene.door.hold("stuck");
    let member = scene.member();
    scene.produce(&["first", "stuck", "1", "2", "3"]).await;
    scene.all_run(&["first", "stuck", "1", "2", "3"]).await;
    member.leave().await;
    let client: BaseConsumer = scene.config().create().unwrap();
    let committed = scene.committed(&client);
    let metadata = committed.elements()[0].metadata().to_owned();
    assert_eq!(committed.elements()[0].offset(), Offset::Offset(1));
    assert!(metadata.starts_with("nova2"), "{metadata}");

    scene.delete_topic().await;
    scene.make_topic_again().await;
    let others = ["another first", "a", "b", "c", "d"];
    scene.produce(&others).await;
    client.commit(&committed, CommitMode::Sync).unwrap();
    assert_eq!(scene.committed(&client).elements()[0].metadata(), metadata);
    let member = scene.member();
    // All from the committed offset on.
    scene.all_run(&others[1..]).await;
    assert_eq!(counters::count(VIOLATIONS, scene.group), 0);
    scene.end(member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_made_again_while_it_is_consumed_is_handled_from_its_beginning() {
    let scene = Scene::new("made-again-alive").await;
    let member = scene.member();
    scene.produce(&["0", "1", "2", "3", "4", "5"]).await;
    scene.all_run(&["0", "1", "2", "3", "4", "5"]).await;
    scene.delete_topic().await;
    scene.make_topic_again().await;
    scene.produce(&["a", "b", "c"]).await;
    scene.all_run(&["a", "b", "c"]).await;
    assert_eq!(counters::count(VIOLATIONS, scene.group), 0);
    scene.end(member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_made_as_they_say_and_compared_with_what_they_say() {
    let stack = Stack::new().await;
    let hour = Duration::from_secs(3_600);
    let topic = Topic::new("special", 2)
        .retention(hour)
        .largest_message(2_000_000);
    create_topics(&stack.kafka, &[topic], 1).await.unwrap();
    let check = async |topic: Topic, replication| {
        let differences = check_topics(&stack.kafka, &[topic], replication)
            .await
            .unwrap();
        let lines = differences.iter().map(ToString::to_string);
        lines.collect::<Vec<_>>().join("\n")
    };
    eventually("it is there", async || {
        check(topic, Some(1)).await.is_empty()
    })
    .await;
    let name = stack.kafka.topic("special");
    let other = Topic::new("special", 3)
        .retention(hour * 2)
        .largest_message(3_000_000);
    let expected = [
        "partitions is 2, should be 3",
        "replicas is 1, should be 3",
        "retention.ms is 3600000, should be 7200000",
        "max.message.bytes is 2048588, should be 3000000 or more",
    ];
    let expected = expected
        .map(|line| format!("topic {name}: {line}"))
        .join("\n");
    assert_eq!(check(other, Some(3)).await, expected);
    let missing = check(Topic::new("nowhere", 1), None).await;
    assert!(
        missing.ends_with("the topic is not there, should be 1"),
        "{missing}"
    );
    stack.finish().await;
}
