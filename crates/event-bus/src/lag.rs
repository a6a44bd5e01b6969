//! How far behind a consumer group is.

use std::time::Duration;

use nova_event::Topic;
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::TopicPartitionList;
use tokio::time::Instant;

use crate::config::KafkaConfig;
use crate::error::BusError;

/// How long each question to Kafka may take, and how long groups may be without a home.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// How long until Kafka is asked again where a group's home is.
const PAUSE: Duration = Duration::from_millis(100);

/// How far a consumer group is with one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The group, as it is called here: without the prefix.
    pub group: String,
    /// The topic, likewise.
    pub topic: &'static str,
    /// The partition.
    pub partition: i32,
    /// The offset that the group reads next; none if it has not committed any.
    pub committed: Option<i64>,
    /// The offset that the next message will have.
    pub end: i64,
    /// Messages between the two; without a committed offset all that the topic holds. Kafka's own markers
    /// of transactions count.
    pub lag: i64,
}

/// How far a group is with each partition of the topics it has committed anything of: nothing for a group
/// that has committed nothing. A topic that does not exist is left out.
///
/// # Errors
/// When Kafka does not answer within 10 s.
pub async fn lag(kafka: &KafkaConfig, group: &str, topics: &[Topic]) -> Result<Vec<Lag>, BusError> {
    let until = Instant::now() + TIMEOUT;
    loop {
        let (asked, topics, name) = (kafka.clone(), topics.to_vec(), group.to_owned());
        let answer = asking(kafka, group, move |consumer| {
            let mut found = Vec::new();
            for topic in &topics {
                found.extend(of_topic(consumer, &asked, &name, topic)?);
            }
            Ok(found)
        });
        match answer.await {
            Err(BusError::Unreachable { source, .. })
                if is_passing(&source) && Instant::now() < until =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// Asks Kafka for a group, without becoming one of its members.
pub(crate) async fn asking<T: Send + 'static>(
    kafka: &KafkaConfig,
    group: &str,
    ask: impl FnOnce(&BaseConsumer) -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, BusError> {
    let mut config = kafka.client();
    config.set("group.id", format!("{}{group}", kafka.topic_prefix));
    let config = kafka.finish(config);
    let brokers = kafka.brokers.clone();
    // librdkafka blocks its caller.
    let answer = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = config.create().map_err(BusError::Config)?;
        ask(&consumer).map_err(|source| BusError::Unreachable { brokers, source })
    });
    answer.await.map_err(|_| BusError::Thread)?
}

/// Groups have no home for a moment: a cluster makes one when it is first asked for, and moves it when a
/// broker goes.
fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator};
    let code = error.rdkafka_error_code();
    code.is_some_and(|code| {
        [
            CoordinatorLoadInProgress,
            CoordinatorNotAvailable,
            NotCoordinator,
        ]
        .contains(&code)
    })
}

fn of_topic(
    consumer: &BaseConsumer,
    kafka: &KafkaConfig,
    group: &str,
    topic: &Topic,
) -> Result<Vec<Lag>, KafkaError> {
    let name = kafka.topic(topic.name);
    let metadata = consumer.fetch_metadata(Some(&name), TIMEOUT)?;
    let partitions = metadata
        .topics()
        .first()
        .map_or(0, |topic| topic.partitions().len());
    let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
    if partitions == 0 {
        return Ok(Vec::new());
    }
    let at = |offset| {
        let mut list = TopicPartitionList::new();
        for partition in 0..partitions {
            list.add_partition_offset(&name, partition, offset)?;
        }
        Ok::<_, KafkaError>(list)
    };
    let committed = consumer.committed_offsets(at(Offset::Invalid)?, TIMEOUT)?;
    let committed: Vec<Option<i64>> = numbers(&committed);
    if committed.iter().all(Option::is_none) {
        return Ok(Vec::new());
    }
    // Kafka takes the words for "first" and "next" where a time is expected.
    let first = numbers(&consumer.offsets_for_times(at(Offset::Beginning)?, TIMEOUT)?);
    let end = numbers(&consumer.offsets_for_times(at(Offset::End)?, TIMEOUT)?);
    let rows = (0..).zip(committed.into_iter().zip(first).zip(end));
    let lags = rows.map(|(partition, ((committed, first), end))| {
        let (first, end) = (first.unwrap_or(0), end.unwrap_or(0));
        Lag {
            group: group.to_owned(),
            topic: topic.name,
            partition,
            committed,
            end,
            lag: (end - committed.unwrap_or(first).max(first)).max(0),
        }
    });
    Ok(lags.collect())
}

fn numbers(list: &TopicPartitionList) -> Vec<Option<i64>> {
    let mut elements = list.elements();
    elements.sort_by_key(rdkafka::topic_partition_list::TopicPartitionListElem::partition);
    let number = |offset| match offset {
        Offset::Offset(number) => Some(number),
        _ => None,
    };
    elements
        .iter()
        .map(|element| number(element.offset()))
        .collect()
}
