//! How soon an event that is alone is with its client.

use std::time::Duration;

use nova_ids::UserId;
use nova_testkit::bench::Row;
use nova_testkit::within;
use rand::RngExt as _;
use tokio::time::sleep;

use crate::Extent;
use crate::sides::Side;
use crate::world::{PATIENCE, World};

const GOAL_MS: f64 = 25.0;

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let world = World::start().await?;
    let users = [UserId::new()];
    let mut side = Side::of_users(&world, &users, 1, false).await?;
    for number in 0..extent.alone + 10 {
        if number == 10 {
            // Every part has its connections and its code at hand then.
            side.crowd.take()?;
        }
        let before = side.crowd.delivered();
        side.send(number).await?;
        side.sent().await?;
        within(PATIENCE, "an event comes", async || {
            let came = side.crowd.delivered();
            (came > before).then_some(()).ok_or(came)
        })
        .await;
        sleep(Duration::from_micros(
            rand::rng().random_range(20_000..60_000),
        ))
        .await;
    }
    let tally = side.crowd.take()?;
    let (p50, p99) = (tally.latency.ms(50.0), tally.latency.ms(99.0));
    println!(
        "{}",
        Row {
            what: "sse: one event at a time, from handing it to Kafka until its client has it"
                .to_owned(),
            measured: format!(
                "p50 {p50:.1} ms, p99 {p99:.1} ms (of {} events)",
                tally.latency.count()
            ),
            limit: String::new(),
            ratio: String::new(),
            goal: format!("p99 ≤ {GOAL_MS} ms, with the relay's share (see latency)"),
            met: Some(p99 <= GOAL_MS),
        }
    );
    drop(side);
    world.finish().await
}
