//! From the commit to a consumer's hands while nothing else happens.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nova_event_bus::{Outbox, Relay, header};
use nova_proto::catalogue::CONTENT_EVENTS;
use nova_testkit::Stack;
use nova_testkit::bench::{Row, percentile};
use rdkafka::Message as _;
use rdkafka::message::Headers as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::events::Posts;
use super::relay::new_topic;
use super::{Extent, bare};

const GOAL_MS: u32 = 20;
/// Between two events: longer than the relay stays awake, and not in step with anything.
const PAUSES: [u64; 5] = [83, 131, 197, 251, 313];
const PATIENCE: Duration = Duration::from_secs(10);

/// Appends one event after the other and waits for each on its topic.
pub(super) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack.create_database("relay", nova_event_bus::SCHEMA).await;
    let kafka = new_topic(&stack.kafka, "latency.").await?;
    let stop = CancellationToken::new();
    let relaying = tokio::spawn(Relay::new("content", pool.clone(), &kafka).run(stop.clone()));
    let (seen, mut arrivals) = mpsc::unbounded_channel();
    let (topic, until) = (kafka.topic(CONTENT_EVENTS.name), stop.clone());
    let following = tokio::task::spawn_blocking(move || {
        bare::follow(&kafka, &topic, &until, |message| {
            let id = message.headers().and_then(|headers| {
                let found = headers.iter().find(|header| header.key == header::ID)?;
                Some(found.value?.to_vec())
            });
            seen.send((id.unwrap_or_default(), Instant::now())).is_ok()
        })
    });
    let outbox = Outbox::new("content");
    let mut posts = Posts::new();
    let mut took = Vec::new();
    for (number, pause) in (0..extent.events + 10).zip(PAUSES.iter().cycle()) {
        tokio::time::sleep(Duration::from_millis(*pause)).await;
        let mut tx = pool.begin().await?;
        let id = outbox.append(&mut tx, &posts.post()).await?.to_string();
        tx.commit().await?;
        let committed = Instant::now();
        let (arrived, at) = tokio::time::timeout(PATIENCE, arrivals.recv())
            .await?
            .context("the topic is no longer followed")?;
        ensure!(arrived == id.as_bytes(), "another event arrived");
        // The first few find nobody warmed up.
        if number >= 10 {
            let waited = at.saturating_duration_since(committed);
            took.push(u32::try_from(waited.as_micros())?);
        }
    }
    stop.cancel();
    relaying.await?;
    following.await??;
    took.sort_unstable();
    println!("{}", row(&took));
    stack.finish().await;
    Ok(())
}

fn row(took: &[u32]) -> Row {
    let ms = |percent| f64::from(percentile(took, percent)) / 1_000.0;
    Row {
        what: "relay: commit → in a consumer's hands, idle".to_owned(),
        measured: format!(
            "p50 {:.1} ms, p99 {:.1} ms of {} events",
            ms(50.0),
            ms(99.0),
            took.len()
        ),
        limit: String::new(),
        ratio: String::new(),
        goal: format!("p99 ≤ {GOAL_MS} ms"),
        met: Some(percentile(took, 99.0) <= GOAL_MS * 1_000),
    }
}
