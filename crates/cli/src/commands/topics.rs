//! `nova topics`

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use nova_event_bus::{BusError, KafkaConfig, check_topics, create_topics, topic_settings};
use nova_proto::catalogue::{TOPICS, Topic};

use crate::brokers::Brokers;

/// As many replicas as the broker makes when it is not told.
const BROKERS_DEFAULT: i32 = -1;

/// Works with the topics of the catalogue
#[derive(clap::Args)]
pub(crate) struct Topics {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Creates the topics that are not there yet; leaves the others as they are
    Create(Place),
    /// Tells what of the topics is not as it must be, and fails if anything is
    Check(Place),
    /// Prints the topics as objects of Strimzi, which keeps them in Kubernetes
    Manifest(Manifest),
}

#[derive(clap::Args)]
struct Manifest {
    /// Copies of each partition
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..))]
    replication: i32,
    /// What Strimzi calls the cluster
    #[arg(long, default_value = "nova")]
    cluster: String,
}

#[derive(clap::Args)]
struct Place {
    #[command(flatten)]
    brokers: Brokers,
    /// Copies of each partition; the broker's default if not given
    #[arg(long, value_name = "N")]
    replication: Option<i32>,
}

impl Topics {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Create(place) => create_all(place).await,
            Action::Check(place) => check_all(place).await,
            Action::Manifest(manifest) => {
                for topic in TOPICS {
                    super::print(object(topic, &manifest))?;
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// A topic as an object of Strimzi, in YAML. Names and values need no quotes.
fn object(
    topic: &Topic,
    Manifest {
        replication,
        cluster,
    }: &Manifest,
) -> String {
    let Topic {
        name, partitions, ..
    } = topic;
    let mut text = format!(
        "---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaTopic
metadata:
  name: {name}
  labels:
    strimzi.io/cluster: {cluster}
spec:
  partitions: {partitions}
  replicas: {replication}"
    );
    let settings = topic_settings(topic, *replication);
    if !settings.is_empty() {
        text.push_str("\n  config:");
    }
    for (setting, value) in settings {
        // Writing to a string does not fail.
        write!(text, "\n    {setting}: {value}").ok();
    }
    text
}

async fn create_all(place: Place) -> anyhow::Result<ExitCode> {
    let kafka = place.brokers.config()?;
    let replication = place.replication.unwrap_or(BROKERS_DEFAULT);
    create_topics(&kafka, TOPICS, replication).await?;
    for topic in TOPICS {
        super::print(format_args!(
            "{} with {} partitions",
            kafka.topic(topic.name),
            topic.partitions
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn check_all(place: Place) -> anyhow::Result<ExitCode> {
    let kafka = place.brokers.config()?;
    let differences = check_topics(&kafka, TOPICS, place.replication).await?;
    for difference in &differences {
        super::print(format_args!("{difference}"))?;
    }
    if differences.is_empty() {
        super::print(format_args!("{} topics are as they must be", TOPICS.len()))?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// Creates every topic with the broker's own number of replicas.
pub(super) async fn create(kafka: &KafkaConfig) -> Result<(), BusError> {
    create_topics(kafka, TOPICS, BROKERS_DEFAULT).await
}

/// Creates every topic once Kafka answers, however long that takes.
pub(super) async fn create_when_reachable(kafka: KafkaConfig) {
    while let Err(error) = create(&kafka).await {
        tracing::warn!(%error, "the topics are not made yet");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(replication: i32) -> String {
        let cluster = "nova".to_owned();
        let manifest = Manifest {
            replication,
            cluster,
        };
        let objects = TOPICS.iter().map(|topic| object(topic, &manifest) + "\n");
        objects.collect()
    }

    #[test]
    fn clusters_are_given_the_topics_of_the_catalogue() {
        let kept = include_str!("../../../../k8s/components/kafka-strimzi/topics.yaml");
        assert_eq!(
            objects(3),
            kept,
            "k8s/components/kafka-strimzi/topics.yaml is not what `nova topics manifest` prints: scripts/docs writes it"
        );
    }

    #[test]
    fn what_has_one_copy_needs_none_in_sync() {
        assert!(!objects(1).contains("min.insync.replicas"));
    }
}
