//! `nova lag`

use std::path::PathBuf;
use std::process::ExitCode;

use nova_event_bus::{KafkaConfig, Lag, lag};
use nova_proto::catalogue::TOPICS;
use nova_service::Env;
use serde_json::json;

use crate::databases::services;
use crate::running::Running;

/// Shows how far behind the services are with their topics
#[derive(clap::Args)]
pub(crate) struct ShowLag {
    /// Only this service's; all services' if not given
    #[arg(long)]
    service: Option<String>,
    /// Kafka brokers; those of a running `nova up` if not given
    #[arg(long, value_name = "HOST:PORT", env = "NOVA_KAFKA")]
    kafka: Option<String>,
    /// Data folder of the running platform
    #[arg(long, default_value = ".nova")]
    data: PathBuf,
    /// One JSON object per partition and line
    #[arg(long)]
    json: bool,
}

impl ShowLag {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let services = services(self.service.as_deref())?;
        let kafka = self.kafka_config()?;
        let mut lags = Vec::new();
        for service in services {
            lags.extend(lag(&kafka, service, TOPICS).await?);
        }
        if self.json {
            for lag in &lags {
                super::print(as_json(lag))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        if lags.is_empty() {
            super::print("no consumer has committed anything yet")?;
        }
        let rows: Vec<_> = lags.iter().map(row).collect();
        let head = ["GROUP", "TOPIC", "PARTITION", "COMMITTED", "END", "LAG"];
        for line in super::dlq::table(head, &rows) {
            super::print(line)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn kafka_config(&self) -> anyhow::Result<KafkaConfig> {
        let mut env = Env::process();
        let mut kafka = KafkaConfig::from_settings(|name, default, help| {
            anyhow::Ok(env.read::<String>(name, default, help)?)
        })?;
        let running = || Running::find(&self.data).map(|running| running.kafka);
        if let Some(brokers) = self.kafka.clone().or_else(running) {
            kafka.brokers = brokers;
        }
        Ok(kafka)
    }
}

fn row(lag: &Lag) -> [String; 6] {
    [
        lag.group.clone(),
        lag.topic.to_owned(),
        lag.partition.to_string(),
        lag.committed
            .map_or_else(|| "-".to_owned(), |offset| offset.to_string()),
        lag.end.to_string(),
        lag.lag.to_string(),
    ]
}

fn as_json(lag: &Lag) -> serde_json::Value {
    json!({
        "group": lag.group,
        "topic": lag.topic,
        "partition": lag.partition,
        "committed": lag.committed,
        "end": lag.end,
        "lag": lag.lag,
    })
}
