//! Creating topics.

use std::time::Duration;

use nova_event::Topic;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;

use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::kafka_log::Logged;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Creates the topics that do not exist yet, with that many replicas; leaves the others as they are.
///
/// # Errors
/// When the broker does not answer within 30 s or refuses a topic.
pub async fn create_topics(
    kafka: &KafkaConfig,
    topics: &[Topic],
    replication: i32,
) -> Result<(), BusError> {
    let admin: AdminClient<Logged> = kafka
        .finish(kafka.client())
        .create_with_context(Logged)
        .map_err(BusError::Config)?;
    let names: Vec<String> = topics.iter().map(|topic| kafka.topic(topic.name)).collect();
    let wanted: Vec<NewTopic<'_>> = topics
        .iter()
        .zip(&names)
        .map(|(topic, name)| {
            NewTopic::new(name, topic.partitions, TopicReplication::Fixed(replication))
        })
        .collect();
    let options = AdminOptions::new()
        .request_timeout(Some(TIMEOUT))
        .operation_timeout(Some(TIMEOUT));
    let results = admin
        .create_topics(&wanted, &options)
        .await
        .map_err(|source| BusError::Unreachable {
            brokers: kafka.brokers.clone(),
            source,
        })?;
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(BusError::Topic { topic, code }),
        }
    }
    Ok(())
}
