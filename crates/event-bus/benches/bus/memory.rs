//! What a hundred thousand events in flight take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nova_event_bus::{Consumer, ConsumerOptions, OutboxError, Record, Router, create_topics};
use nova_testkit::Stack;
use nova_testkit::bench::{Row, grouped};
use nova_testkit::process::{self, own_pid};
use tokio_util::sync::CancellationToken;

use super::Extent;
use super::keyed::{SIZE, TOPIC, fill};

/// Every handler waits here until all that fit are there.
#[derive(Default)]
struct Gate {
    inside: AtomicUsize,
    opens: CancellationToken,
}

async fn handle(gate: &Arc<Gate>, _: &Record) -> Result<(), OutboxError> {
    gate.inside.fetch_add(1, Ordering::Relaxed);
    gate.opens.cancelled().await;
    Ok(())
}

pub(super) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let in_flight = extent.events;
    let stack = Stack::new().await;
    let pool = stack
        .create_database("memory", nova_event_bus::SCHEMA)
        .await;
    create_topics(&stack.kafka, &[TOPIC], 1).await?;
    let topic = stack.kafka.topic(TOPIC.name);
    // Twice as many as fit, each with a key of its own.
    fill(&stack.kafka, &topic, 2 * in_flight, 2 * in_flight).await?;
    let gate = Arc::new(Gate::default());
    let router = Router::new("memory", Arc::clone(&gate)).records(TOPIC.name, handle);
    let options = ConsumerOptions {
        concurrency: in_flight,
        in_flight,
        in_flight_bytes: usize::MAX,
        ..ConsumerOptions::default()
    };
    let before = resident()?;
    let stop = CancellationToken::new();
    let consumer = Consumer::new(&stack.kafka, pool, router).options(options);
    let consuming = tokio::spawn(consumer.run(stop.clone()));
    // As many as the bound lets in, and then no more.
    let mut inside = 0;
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let now = gate.inside.load(Ordering::Relaxed);
        if now == inside && now > 0 {
            break;
        }
        inside = now;
    }
    let after = resident()?;
    gate.opens.cancel();
    stop.cancel();
    consuming.await?;
    let bytes = after.saturating_sub(before);
    let row = Row {
        what: format!(
            "memory: {} records of {SIZE} bytes in flight, each with its own key and a handler that waits",
            grouped(inside as f64)
        ),
        measured: format!(
            "{} MB more ({} bytes each), the client's own prefetch included",
            bytes >> 20,
            bytes / inside.max(1)
        ),
        limit: format!("`in_flight`: {}", grouped(in_flight as f64)),
        ratio: format!("{:.2}", inside as f64 / in_flight as f64),
        goal: "bounded by configuration".to_owned(),
        met: Some(inside <= in_flight),
    };
    println!("{row}");
    stack.finish().await;
    Ok(())
}

/// Bytes of this process in memory.
pub(super) fn resident() -> anyhow::Result<usize> {
    Ok(usize::try_from(process::resident(own_pid())?)?)
}
