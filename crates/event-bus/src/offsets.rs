//! Where a consumer group goes on, and having it go on elsewhere.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nova_event::Topic;
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::lag::lag;

/// How long each question to Kafka may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where a group goes on in a partition, and where it is to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewind {
    /// The topic, as it is called here: without the prefix.
    pub topic: &'static str,
    /// The partition.
    pub partition: i32,
    /// What the group reads next; none if it has committed nothing there.
    pub from: Option<i64>,
    /// What it is to read next: the first message that Kafka noted at that time or later, or the next that comes if there is none.
    pub to: i64,
}

/// What a group that goes on at a time would read next, of each partition of the topics that it has committed anything of.
/// Nothing is changed. Empty for a group that has committed nothing.
///
/// # Errors
/// When Kafka does not answer within 10 s.
pub async fn rewinds(
    kafka: &KafkaConfig,
    group: &str,
    topics: &[Topic],
    to: SystemTime,
) -> Result<Vec<Rewind>, BusError> {
    let at = to.duration_since(UNIX_EPOCH).unwrap_or_default();
    let at = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    let lags = lag(kafka, group, topics).await?;
    let (kafka, group) = (kafka.clone(), group.to_owned());
    blocking(move || {
        let consumer = consumer(&kafka, &group)?;
        let mut asked = TopicPartitionList::new();
        let unreachable = |source| unreachable(&kafka, source);
        for lag in &lags {
            let offset = Offset::Offset(at);
            asked
                .add_partition_offset(&kafka.topic(lag.topic), lag.partition, offset)
                .map_err(unreachable)?;
        }
        if lags.is_empty() {
            return Ok(Vec::new());
        }
        let found = consumer
            .offsets_for_times(asked, TIMEOUT)
            .map_err(unreachable)?;
        let rewinds = lags.iter().map(|lag| {
            let found = found.find_partition(&kafka.topic(lag.topic), lag.partition);
            let first = found.and_then(|element| match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            });
            Rewind {
                topic: lag.topic,
                partition: lag.partition,
                from: lag.committed,
                to: first.unwrap_or(lag.end),
            }
        });
        Ok(rewinds.collect())
    })
    .await
}

/// Has a group go on there. What it handles again its inbox knows, if that still remembers.
///
/// # Errors
/// [`BusError::Members`] when somebody consumes for the group: nothing is changed then. When Kafka does not answer.
pub async fn rewind(kafka: &KafkaConfig, group: &str, to: &[Rewind]) -> Result<(), BusError> {
    let (kafka, group, to) = (kafka.clone(), group.to_owned(), to.to_vec());
    blocking(move || {
        let consumer = consumer(&kafka, &group)?;
        let unreachable = |source| unreachable(&kafka, source);
        let mut list = TopicPartitionList::new();
        for one in &to {
            let offset = Offset::Offset(one.to);
            list.add_partition_offset(&kafka.topic(one.topic), one.partition, offset)
                .map_err(unreachable)?;
        }
        // Kafka takes this of somebody who is no member only while nobody is.
        match consumer.commit(&list, CommitMode::Sync) {
            Err(error) if is_refused(&error) => Err(BusError::Members {
                group: group.clone(),
            }),
            outcome => outcome.map_err(unreachable),
        }
    })
    .await
}

fn is_refused(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{
        IllegalGeneration, RebalanceInProgress, StaleMemberEpoch, UnknownMemberId,
    };
    let code = error.rdkafka_error_code();
    let refusals = [
        IllegalGeneration,
        RebalanceInProgress,
        StaleMemberEpoch,
        UnknownMemberId,
    ];
    code.is_some_and(|code| refusals.contains(&code))
}

fn consumer(kafka: &KafkaConfig, group: &str) -> Result<BaseConsumer, BusError> {
    let mut config = kafka.client();
    config.set("group.id", format!("{}{group}", kafka.topic_prefix));
    kafka.finish(config).create().map_err(BusError::Config)
}

fn unreachable(kafka: &KafkaConfig, source: KafkaError) -> BusError {
    BusError::Unreachable {
        brokers: kafka.brokers.clone(),
        source,
    }
}

/// librdkafka blocks its caller.
async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    let asked = tokio::task::spawn_blocking(ask).await;
    asked.map_err(|_| BusError::Thread)?
}
