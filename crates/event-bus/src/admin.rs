//! Creating topics, and looking whether those that exist are as they must be.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use nova_event::Topic;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, OwnedResourceSpecifier, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;

use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::kafka_log::Logged;

const TIMEOUT: Duration = Duration::from_secs(30);
/// How long Kafka may take to say which topics there are, in a thread that nothing can stop.
const LOOKED: Duration = Duration::from_secs(5);
/// From so many replicas on an acknowledged event survives the loss of a broker only if two had to have it.
const REPLICATED: i32 = 3;
/// What must then have an event before it counts as published.
const IN_SYNC: i32 = 2;
/// The largest message of topics that do not say another, which is what brokers take by themselves.
const USUAL_LARGEST: u32 = 1_000_000;
/// What a broker counts beside the messages themselves: as much as it adds to a million by default.
const AROUND_MESSAGES: u32 = 48_588;

const MIN_IN_SYNC: &str = "min.insync.replicas";
const RETENTION: &str = "retention.ms";
const LARGEST: &str = "max.message.bytes";

type Admin = AdminClient<Logged>;

/// Something of an existing topic that is not as it must be. Shown as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDifference {
    /// The topic, as it is called on the broker.
    pub topic: String,
    /// `partitions`, `replicas`, or a setting of Kafka's, e.g. `retention.ms`.
    pub setting: &'static str,
    /// What it is.
    pub found: String,
    /// What it should be.
    pub wanted: String,
}

impl fmt::Display for TopicDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            topic,
            setting,
            found,
            wanted,
        } = self;
        write!(f, "topic {topic}: {setting} is {found}, should be {wanted}")
    }
}

/// A topic as it is on the broker.
#[derive(Debug, Default)]
pub(crate) struct Existing {
    /// How many replicas each partition has; no partitions if the topic does not exist.
    replicas: Vec<usize>,
    settings: HashMap<String, String>,
}

impl Existing {
    /// For how long messages are kept, if the topic exists; for ever is the longest there is.
    pub(crate) fn retention(&self) -> Option<Duration> {
        let millis = self.number(RETENTION)?;
        Some(u64::try_from(millis).map_or(Duration::MAX, Duration::from_millis))
    }

    fn number(&self, setting: &str) -> Option<i64> {
        self.settings.get(setting)?.parse().ok()
    }
}

/// Creates the topics that do not exist yet, with that many replicas (-1: as many as the broker gives); leaves
/// the others as they are. With three or more, two replicas must have an event before it counts as published.
///
/// # Errors
/// When the broker does not answer within 30 s or refuses a topic.
pub async fn create_topics(
    kafka: &KafkaConfig,
    topics: &[Topic],
    replication: i32,
) -> Result<(), BusError> {
    let admin = admin(kafka)?;
    let named: Vec<(String, Vec<(&str, String)>)> = topics
        .iter()
        .map(|topic| (kafka.topic(topic.name), topic_settings(topic, replication)))
        .collect();
    let wanted = topics.iter().zip(&named).map(|(topic, (name, settings))| {
        let replication = TopicReplication::Fixed(replication);
        let topic = NewTopic::new(name, topic.partitions, replication);
        settings
            .iter()
            .fold(topic, |topic, (setting, value)| topic.set(setting, value))
    });
    let wanted: Vec<NewTopic<'_>> = wanted.collect();
    let created = admin.create_topics(&wanted, &options()).await;
    for result in created.map_err(|source| unreachable(kafka, source))? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(BusError::Topic { topic, code }),
        }
    }
    Ok(())
}

/// What of the topics is not as they say and as the bus needs it: partitions, retention, the largest message;
/// two replicas in sync where there are three; and, if it is given, the number of replicas.
///
/// # Errors
/// When the broker does not answer within 30 s.
pub async fn check_topics(
    kafka: &KafkaConfig,
    topics: &[Topic],
    replication: Option<i32>,
) -> Result<Vec<TopicDifference>, BusError> {
    let names: Vec<String> = topics.iter().map(|topic| kafka.topic(topic.name)).collect();
    let existing = existing(kafka, &names).await?;
    let all = topics.iter().zip(names).zip(&existing);
    Ok(all
        .flat_map(|((topic, name), existing)| {
            differences(&name, Some(topic), replication, existing)
        })
        .collect())
}

/// How topics of these full names are, in their order.
pub(crate) async fn existing(
    kafka: &KafkaConfig,
    names: &[String],
) -> Result<Vec<Existing>, BusError> {
    let admin = Arc::new(admin(kafka)?);
    let (asked, all) = (Arc::clone(&admin), names.to_vec());
    // librdkafka blocks its caller.
    let asked = tokio::task::spawn_blocking(move || replicas(&asked, &all, LOOKED));
    let replicas = asked.await.map_err(|_| BusError::Thread)?;
    let replicas = replicas.map_err(|source| unreachable(kafka, source))?;
    let there = names.iter().zip(&replicas);
    let there = there.filter(|(_, replicas)| !replicas.is_empty());
    let there: Vec<_> = there
        .map(|(name, _)| ResourceSpecifier::Topic(name))
        .collect();
    let mut described = HashMap::new();
    if !there.is_empty() {
        let answer = admin.describe_configs(&there, &options()).await;
        for resource in answer.map_err(|source| unreachable(kafka, source))? {
            // One that is gone by now is as one that was not there.
            described.extend(resource.ok().and_then(named_settings));
        }
    }
    let all = names.iter().zip(replicas);
    Ok(all
        .map(|(name, replicas)| Existing {
            replicas,
            settings: described.remove(name).unwrap_or_default(),
        })
        .collect())
}

/// How many partitions topics of these full names have together. Blocks.
pub(crate) fn partitions(
    kafka: &KafkaConfig,
    names: &[String],
    timeout: Duration,
) -> Result<usize, BusError> {
    let replicas = replicas(&admin(kafka)?, names, timeout);
    let replicas = replicas.map_err(|source| unreachable(kafka, source))?;
    Ok(replicas.iter().map(Vec::len).sum())
}

/// The replicas of each topic's partitions. Blocks.
fn replicas(
    admin: &Admin,
    names: &[String],
    timeout: Duration,
) -> Result<Vec<Vec<usize>>, KafkaError> {
    let of_topic = |topic: &MetadataTopic| {
        let partitions = topic.partitions().iter();
        partitions
            .map(|partition| partition.replicas().len())
            .collect()
    };
    names
        .iter()
        .map(|name| {
            let metadata = admin.inner().fetch_metadata(Some(name), timeout)?;
            Ok(metadata.topics().first().map(of_topic).unwrap_or_default())
        })
        .collect()
}

fn named_settings(resource: ConfigResource) -> Option<(String, HashMap<String, String>)> {
    let OwnedResourceSpecifier::Topic(name) = resource.specifier else {
        return None;
    };
    let entries = resource.entries.into_iter();
    let settings = entries.filter_map(|entry| Some((entry.name, entry.value?)));
    Some((name, settings.collect()))
}

/// What is not as it must be of a topic that is called so: as `wanted` says, if it is known, and as the bus
/// needs it.
pub(crate) fn differences(
    name: &str,
    wanted: Option<&Topic>,
    replication: Option<i32>,
    existing: &Existing,
) -> Vec<TopicDifference> {
    let mut differences = Vec::new();
    let mut differ = |setting, found: String, wanted: String| {
        differences.push(TopicDifference {
            topic: name.to_owned(),
            setting,
            found,
            wanted,
        });
    };
    let partitions = existing.replicas.len();
    let should_have = wanted.map(|topic| topic.partitions);
    let Some(replicas) = existing.replicas.iter().min() else {
        let should_have =
            should_have.map_or_else(|| "1 or more".to_owned(), |some| some.to_string());
        differ(
            "partitions",
            "none: the topic is not there".to_owned(),
            should_have,
        );
        return differences;
    };
    if let Some(should_have) = should_have
        && i32::try_from(partitions) != Ok(should_have)
    {
        differ(
            "partitions",
            partitions.to_string(),
            should_have.to_string(),
        );
    }
    let replicas = i32::try_from(*replicas).unwrap_or(i32::MAX);
    if let Some(should_have) = replication
        && replicas != should_have
    {
        differ("replicas", replicas.to_string(), should_have.to_string());
    }
    if let Some(in_sync) = existing.number(MIN_IN_SYNC) {
        if replicas >= REPLICATED && in_sync < i64::from(IN_SYNC) {
            differ(MIN_IN_SYNC, in_sync.to_string(), IN_SYNC.to_string());
        } else if in_sync > i64::from(replicas) {
            // Nothing could be published.
            differ(
                MIN_IN_SYNC,
                in_sync.to_string(),
                format!("{replicas} or less"),
            );
        }
    }
    let Some(wanted) = wanted else {
        return differences;
    };
    if let (Some(kept), Some(retention)) = (existing.number(RETENTION), wanted.retention) {
        let should_be = retention.as_millis();
        if u128::try_from(kept) != Ok(should_be) {
            differ(RETENTION, kept.to_string(), should_be.to_string());
        }
    }
    if let Some(largest) = existing.number(LARGEST)
        && largest < i64::from(wanted.largest_message)
    {
        let least = format!("{} or more", wanted.largest_message);
        differ(LARGEST, largest.to_string(), least);
    }
    differences
}

/// Kafka's settings of a new topic with that many replicas, beside its partitions: what [`create_topics`] gives it.
#[must_use]
pub fn topic_settings(topic: &Topic, replication: i32) -> Vec<(&'static str, String)> {
    let mut settings = Vec::new();
    if replication >= REPLICATED {
        settings.push((MIN_IN_SYNC, IN_SYNC.to_string()));
    }
    if let Some(retention) = topic.retention {
        settings.push((RETENTION, retention.as_millis().to_string()));
    }
    if topic.largest_message != USUAL_LARGEST {
        let largest = topic.largest_message.saturating_add(AROUND_MESSAGES);
        settings.push((LARGEST, largest.to_string()));
    }
    settings
}

fn admin(kafka: &KafkaConfig) -> Result<Admin, BusError> {
    let config = kafka.finish(kafka.client());
    config.create_with_context(Logged).map_err(BusError::Config)
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(TIMEOUT))
        .operation_timeout(Some(TIMEOUT))
}

fn unreachable(kafka: &KafkaConfig, source: KafkaError) -> BusError {
    BusError::Unreachable {
        brokers: kafka.brokers.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: Topic = Topic::new("posts", 6);

    fn existing(replicas: usize, settings: &[(&str, &str)]) -> Existing {
        let settings = settings.iter();
        Existing {
            replicas: vec![replicas; 6],
            settings: settings
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    fn told(topic: &Topic, replication: Option<i32>, existing: &Existing) -> Vec<String> {
        let differences = differences("posts", Some(topic), replication, existing);
        differences.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_new_topic_is_told_what_differs_from_the_brokers_own() {
        assert_eq!(topic_settings(&TOPIC, 1), []);
        assert_eq!(topic_settings(&TOPIC, -1), []);
        let topic = TOPIC
            .retention(Duration::from_secs(60))
            .largest_message(5_000_000);
        let expected = [
            (MIN_IN_SYNC, "2".to_owned()),
            (RETENTION, "60000".to_owned()),
            (LARGEST, "5048588".to_owned()),
        ];
        assert_eq!(topic_settings(&topic, 3), expected);
    }

    #[test]
    fn a_topic_as_it_must_be_is_not_told_of() {
        let usual = [
            (MIN_IN_SYNC, "1"),
            (RETENTION, "604800000"),
            (LARGEST, "1048588"),
        ];
        assert_eq!(told(&TOPIC, None, &existing(1, &usual)), [""; 0]);
        let safe = [(MIN_IN_SYNC, "2")];
        assert_eq!(told(&TOPIC, Some(3), &existing(3, &safe)), [""; 0]);
    }

    #[test]
    fn each_difference_is_one_line() {
        let topic = Topic::new("posts", 8).retention(Duration::from_secs(1));
        let found = [(MIN_IN_SYNC, "1"), (RETENTION, "-1"), (LARGEST, "500000")];
        let expected = [
            "topic posts: partitions is 6, should be 8",
            "topic posts: replicas is 3, should be 5",
            "topic posts: min.insync.replicas is 1, should be 2",
            "topic posts: retention.ms is -1, should be 1000",
            "topic posts: max.message.bytes is 500000, should be 1000000 or more",
        ];
        assert_eq!(told(&topic, Some(5), &existing(3, &found)), expected);
        let stops = existing(1, &[(MIN_IN_SYNC, "2")]);
        let expected = ["topic posts: min.insync.replicas is 2, should be 1 or less"];
        assert_eq!(told(&TOPIC, None, &stops), expected);
        let expected = ["topic posts: partitions is none: the topic is not there, should be 6"];
        assert_eq!(told(&TOPIC, None, &Existing::default()), expected);
    }

    #[test]
    fn for_ever_is_the_longest_retention() {
        let kept = |millis| existing(1, &[(RETENTION, millis)]).retention();
        assert_eq!(kept("1000"), Some(Duration::from_secs(1)));
        assert_eq!(kept("-1"), Some(Duration::MAX));
        assert_eq!(Existing::default().retention(), None);
    }
}
