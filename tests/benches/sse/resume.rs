//! Many who come back at once, each with a hundred events to be told; and what that does to somebody else.

use std::time::{Duration, Instant};

use anyhow::ensure;
use futures::future::join_all;
use nova_ids::UserId;
use nova_testkit::bench::{Row, grouped};
use nova_testkit::within;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::Extent;
use crate::events::feed_updated;
use crate::sides::Side;
use crate::world::{PATIENCE, World};

const GOAL: Duration = Duration::from_secs(10);
const GOAL_MS: f64 = 250.0;
/// Events each second for those who are not concerned.
const RATE: u32 = 200;
const OTHERS: usize = 100;
/// Until a node has heard that its clients are gone.
const REST: Duration = Duration::from_secs(2);

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let world = World::start().await?;
    let count = extent.many;
    let users: Vec<UserId> = (0..extent.channels).map(|_| UserId::new()).collect();
    let others: Vec<UserId> = (0..OTHERS).map(|_| UserId::new()).collect();
    let mut other = Side::of_users(&world, &others, others.len(), false).await?;
    let returning = Side::of_users(&world, &users, count, true).await?;
    // Each has an id to come back with that is not the first.
    let expected = returning.crowd.delivered() + count as u64;
    publish(&world, &users, 1).await;
    within(PATIENCE, "each has an event", async || {
        let came = returning.crowd.delivered();
        (came >= expected).then_some(()).ok_or(came)
    })
    .await;
    let quiet = beside(&mut other, 5 * RATE as usize, || false).await?;
    let missed = extent.missed;
    returning.crowd.go_away()?;
    sleep(REST).await;
    publish(&world, &users, missed).await;
    // What was published last is with Redis.
    let done = beside(&mut other, 5 * RATE as usize, || false).await?;
    println!("resume: others before {quiet:?} ms, behind what was published {done:?} ms");
    let cpu = world.node.usage()?.cpu;
    let began = Instant::now();
    // `ready`, and what was missed.
    returning.crowd.come_back(missed as u64 + 1)?;
    let mut took = None;
    let busy = beside(&mut other, 60 * RATE as usize, || {
        let is_over = returning.crowd.back() == count || returning.crowd.failed() > 0;
        if is_over {
            took.get_or_insert_with(|| began.elapsed());
        }
        is_over
    });
    let busy = busy.await?;
    let took = took.unwrap_or_else(|| began.elapsed());
    let tally = returning.crowd.take()?;
    let (back, failed) = (returning.crowd.back(), returning.crowd.failed());
    ensure!(
        back == count,
        "{back} of {count} are back, {failed} failed: {:?}",
        tally.why
    );
    sleep(REST).await;
    let again = returning.crowd.take()?.deliveries;
    let expected = (count * (missed + 1)) as u64;
    println!(
        "resume: {} deliveries, {expected} expected, {again} behind that; {:.1} s of the node's processor time; {:.1} s of the load's; first \
         frame p50 {:.0} ms, p99 {:.0} ms",
        tally.deliveries,
        world.node.usage()?.cpu - cpu,
        tally.cpu.as_secs_f64(),
        tally.first_frame.ms(50.0),
        tally.first_frame.ms(99.0),
    );
    println!(
        "{}",
        Row {
            what: format!(
                "sse: {} clients of {} channels come back at once and are told {missed} events each, beside {RATE} events/s for others",
                grouped(count as f64),
                grouped(extent.channels as f64)
            ),
            measured: format!(
                "all have them after {:.1} s; others' p99 {:.0} ms",
                took.as_secs_f64(),
                busy.1
            ),
            limit: format!("others without: p99 {:.0} ms", quiet.1),
            ratio: format!("p99 × {:.1}", busy.1 / quiet.1),
            goal: format!("≤ {} s, p99 ≤ {GOAL_MS} ms", GOAL.as_secs()),
            met: Some(took <= GOAL && busy.1 <= GOAL_MS),
        }
    );
    drop((other, returning));
    world.finish().await
}

/// So many events to each.
async fn publish(world: &World, users: &[UserId], count: usize) {
    for _ in 0..count {
        let all: Vec<_> = users.iter().map(|user| feed_updated(*user)).collect();
        join_all(all.iter().map(|event| world.stack.publish(event))).await;
    }
}

/// At most so many events for others, until it is over: p50 and p99 in milliseconds.
async fn beside(
    other: &mut Side<'_>,
    most: usize,
    mut is_over: impl FnMut() -> bool,
) -> anyhow::Result<(f64, f64)> {
    other.crowd.take()?;
    let before = other.crowd.delivered();
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sent = 0;
    while sent < most && !is_over() {
        ticks.tick().await;
        other.send(sent).await?;
        sent += 1;
    }
    other.sent().await?;
    within(PATIENCE, "others have all events", async || {
        let came = other.crowd.delivered();
        (came >= before + sent as u64).then_some(()).ok_or(came)
    })
    .await;
    let tally = other.crowd.take()?;
    ensure!(tally.lost == 0, "others have lost their streams");
    Ok((tally.latency.ms(50.0), tally.latency.ms(99.0)))
}
