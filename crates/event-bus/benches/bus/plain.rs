//! A loop around rdkafka's consumer as a program of its own, with the allocator that programs have: what Nova's
//! consumer is compared with. `plain BROKERS PREFIX GROUP TOPIC MESSAGES` prints `per_second=…`.

#![allow(clippy::print_stdout, reason = "the rate is what it is for")]

#[allow(
    dead_code,
    reason = "the benchmarks of Nova use the rest of these files"
)]
mod bare;
#[allow(
    dead_code,
    reason = "the benchmarks of Nova use the rest of these files"
)]
mod events;

use anyhow::Context;
use nova_event_bus::KafkaConfig;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [brokers, prefix, group, topic, messages] = &arguments[..] else {
        anyhow::bail!("plain BROKERS PREFIX GROUP TOPIC MESSAGES");
    };
    let mut kafka = KafkaConfig::new(brokers);
    kafka.topic_prefix.clone_from(prefix);
    let messages: usize = messages.parse().context("MESSAGES is a number")?;
    let took = bare::consume(&kafka, group, topic, messages).await?;
    println!("per_second={}", (messages - 1) as f64 / took.as_secs_f64());
    Ok(())
}
