//! Where a consumer group goes on, and having it go on elsewhere.

use std::time::{SystemTime, UNIX_EPOCH};

use nova_event::Topic;
use rdkafka::Offset;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::lag::{TIMEOUT, asking, lag};

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
    if lags.is_empty() {
        return Ok(Vec::new());
    }
    let names = kafka.clone();
    asking(kafka, group, move |consumer| {
        let mut asked = TopicPartitionList::new();
        for lag in &lags {
            let topic = names.topic(lag.topic);
            asked.add_partition_offset(&topic, lag.partition, Offset::Offset(at))?;
        }
        let found = consumer.offsets_for_times(asked, TIMEOUT)?;
        let rewinds = lags.iter().map(|lag| {
            let found = found.find_partition(&names.topic(lag.topic), lag.partition);
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
    let mut list = TopicPartitionList::new();
    for one in to {
        list.add_partition_offset(
            &kafka.topic(one.topic),
            one.partition,
            Offset::Offset(one.to),
        )
        .map_err(BusError::Config)?;
    }
    let answer = asking(kafka, group, move |consumer| {
        consumer.commit(&list, CommitMode::Sync)
    });
    match answer.await {
        // Kafka takes this of somebody who is no member only while nobody is.
        Err(BusError::Unreachable { source, .. }) if is_refused(&source) => {
            Err(BusError::Members {
                group: group.to_owned(),
            })
        }
        answer => answer,
    }
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
