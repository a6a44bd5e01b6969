//! Programs of others that run beside Nova in the same run. Their sources are not part of this repository: a folder
//! with a built `parallel-consumer` is named by `NOVA_PEERS`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;

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
