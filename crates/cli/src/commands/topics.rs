//! `nova topics`

use std::process::ExitCode;
use std::time::Duration;

use nova_event_bus::{BusError, KafkaConfig, check_topics, create_topics};
use nova_proto::catalogue::TOPICS;

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
        }
    }
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
