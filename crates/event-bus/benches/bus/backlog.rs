//! Whether millions of rows that wait slow the relay down.

use std::time::Duration;

use nova_testkit::Stack;
use nova_testkit::bench::{Rounds, Row, grouped};

use super::events::Posts;
use super::relay::{empty, new_topic};
use super::{Extent, database};

/// Rows that are appended again and again to make a backlog; alone they are the measure.
const FEW: usize = 200_000;
/// How far the rates may lie apart.
const GOAL: f64 = 0.1;

/// Empties an outbox of few rows and one of many in turns.
pub(super) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack.create_database("relay", nova_event_bus::SCHEMA).await;
    let mut posts = Posts::new();
    let few = FEW.min(extent.events);
    let events: Vec<_> = (0..few).map(|_| posts.post()).collect();
    database::keep(&pool, &events).await?;
    let times = extent.events.div_ceil(few);
    let per_second = |rows: usize, took: Duration| rows as f64 / took.as_secs_f64();
    let (mut short, mut long) = (Rounds::default(), Rounds::default());
    for round in 0..=extent.rounds {
        database::fill_many(&pool, 2).await?;
        let topic = new_topic(&stack.kafka, &format!("few{round}.")).await?;
        let first = per_second(2 * few, empty(&pool, &topic, 2 * few).await?);
        if round == 0 {
            // A broker that has just started is slow at first.
            continue;
        }
        database::fill_many(&pool, times).await?;
        let topic = new_topic(&stack.kafka, &format!("many{round}.")).await?;
        let second = per_second(times * few, empty(&pool, &topic, times * few).await?);
        println!(
            "backlog, round {round}: {} /s of {} rows, {} /s of {} rows",
            grouped(first),
            grouped(2.0 * few as f64),
            grouped(second),
            grouped((times * few) as f64)
        );
        short.push(first);
        long.push(second);
    }
    let ratio = long.median() / short.median();
    let row = Row {
        what: format!("relay: a backlog of {} rows", grouped((times * few) as f64)),
        measured: format!("{long}"),
        limit: format!("a backlog of {} rows: {short}", grouped(2.0 * few as f64)),
        ratio: format!("{ratio:.2}"),
        goal: format!("≥ {:.1}", 1.0 - GOAL),
        met: Some(ratio >= 1.0 - GOAL),
    };
    println!("{row}");
    stack.finish().await;
    Ok(())
}
