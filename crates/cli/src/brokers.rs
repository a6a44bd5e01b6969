//! The Kafka that commands ask.

use std::path::PathBuf;

use nova_event_bus::KafkaConfig;
use nova_service::Env;

use crate::running::Running;

/// Whose Kafka.
#[derive(clap::Args)]
pub(crate) struct Brokers {
    /// Kafka brokers; those of a running `nova up` if not given
    #[arg(long, value_name = "HOST:PORT", env = "NOVA_KAFKA")]
    kafka: Option<String>,
    /// Data folder of the running platform
    #[arg(long, default_value = ".nova")]
    data: PathBuf,
}

impl Brokers {
    /// As the settings say, with the brokers of the command line or of a platform that runs.
    pub(crate) fn config(&self) -> anyhow::Result<KafkaConfig> {
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
