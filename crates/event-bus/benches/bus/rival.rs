//! Programs that run beside Nova in the same run: a plain loop, and those of others. The sources of these are not
//! part of this repository: a folder with a built `parallel-consumer` is named by `NOVA_PEERS`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use nova_event_bus::KafkaConfig;
use tokio::process::Command;

/// `plain.rs`; records per second from the first record on.
pub(super) async fn plain(
    kafka: &KafkaConfig,
    group: &str,
    topic: &str,
    records: usize,
) -> anyhow::Result<f64> {
    let own = std::env::current_exe()?;
    let built = own.parent().and_then(Path::parent);
    let program = built
        .context("this benchmark lies nowhere")?
        .join("examples/plain");
    let mut command = Command::new(program);
    command.args([&kafka.brokers, &kafka.topic_prefix, group, topic]);
    per_second(command.arg(records.to_string())).await
}

/// Confluent's parallel-consumer, key-ordered; records per second from the first record on. `None` when it is not
/// there.
pub(super) async fn parallel_consumer(
    brokers: &str,
    topic: &str,
    records: usize,
    wait: Duration,
    concurrency: usize,
) -> anyhow::Result<Option<f64>> {
    let Some(peers) = std::env::var_os("NOVA_PEERS") else {
        return Ok(None);
    };
    let folder = PathBuf::from(peers).join("parallel-consumer");
    let mut java = Command::new("java");
    java.current_dir(&folder)
        .args([
            "-cp",
            "target/classes:target/dependency/*",
            "KeyOrdered",
            brokers,
            topic,
        ])
        .args([
            records.to_string(),
            wait.as_millis().to_string(),
            concurrency.to_string(),
        ]);
    Ok(Some(per_second(&mut java).await?))
}

/// What a program says of itself.
async fn per_second(command: &mut Command) -> anyhow::Result<f64> {
    let output = command
        .output()
        .await
        .with_context(|| format!("could not start {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{command:?} failed: {said}");
    let rate = said
        .split_whitespace()
        .find_map(|word| word.strip_prefix("per_second="))
        .with_context(|| format!("{command:?} does not say how fast it was: {said}"))?;
    Ok(rate.parse()?)
}
