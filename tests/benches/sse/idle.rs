//! What streams take of which nobody hears anything, before and after they have heard something.

use std::time::Duration;

use nova_cli::bench::{Crowd, Plan, Target, Usage};
use nova_ids::UserId;
use nova_testkit::bench::{Row, grouped};
use tokio::time::sleep;

use crate::Extent;
use crate::events::post;
use crate::node::Node;
use crate::sides::{READY, plain_node};
use crate::world::{PATIENCE, World, begun};

const GOAL_KB: f64 = 2.0;
const GOAL_US: f64 = 0.5;
/// Events that each stream is told before it is idle again.
const EVENTS: u64 = 48;
/// What was given back is with the kernel after a while.
const REST: Duration = Duration::from_secs(5);

/// What one stream takes: kilobytes, resident and in parts, and microseconds of processor time in a second.
#[derive(Clone, Copy)]
struct Cost {
    kb: f64,
    own_kb: f64,
    us: f64,
}

/// What a node has, and the processor time that it takes in a second.
#[derive(Clone, Copy)]
struct Look {
    usage: Usage,
    busy: f64,
}

impl Look {
    async fn at(node: &Node, time: Duration) -> anyhow::Result<Self> {
        let before = node.usage()?;
        sleep(time).await;
        let usage = node.usage()?;
        let busy = (usage.cpu - before.cpu) / time.as_secs_f64();
        Ok(Self { usage, busy })
    }

    /// Of each of so many, beside what there was without them.
    fn of_each(self, without: Self, count: usize) -> Cost {
        let each = |more: f64| more / count as f64;
        Cost {
            kb: each(self.usage.resident - without.usage.resident) / 1_000.0,
            own_kb: each(self.usage.proportional - without.usage.proportional) / 1_000.0,
            us: each(self.busy - without.busy) * 1e6,
        }
    }
}

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let plain = plain_node().await?;
    let plan = Plan::new(Target::at(plain.address, "/events/1"), extent.many);
    let (theirs, crowd) = idle(&plain, plan, extent).await?;
    drop(crowd);
    plain.stop().await?;
    let world = World::start().await?;
    let target = Target::at(world.node.address, "/v1/events?channels=tag:idle");
    let plan = Plan {
        begins: Some(READY.to_owned()),
        ..Plan::new(target, extent.many)
    };
    let (without, crowd) = idle(&world.node, plan, extent).await?;
    let ours = without.1;
    let author = UserId::new();
    let before = crowd.delivered();
    for _ in 0..EVENTS {
        world.stack.publish(&post(author, "idle")).await;
    }
    let all = before + EVENTS * extent.many as u64;
    nova_testkit::within(PATIENCE, "all have all events", async || {
        let came = crowd.delivered();
        (came >= all).then_some(()).ok_or(came)
    })
    .await;
    sleep(REST).await;
    let after = Look::at(&world.node, extent.look).await?;
    let after = after.of_each(without.0, extent.many);
    anyhow::ensure!(crowd.failed() == 0, "streams have ended");
    print(extent, theirs.1, ours, "");
    print(
        extent,
        theirs.1,
        after,
        &format!(", after {EVENTS} events to each"),
    );
    drop(crowd);
    world.finish().await
}

/// What a node takes without streams, and each of them.
async fn idle(node: &Node, plan: Plan, extent: Extent) -> anyhow::Result<((Look, Cost), Crowd)> {
    // What is there once and for all, whoever comes.
    let some = Crowd::open(Plan {
        connections: extent.many / 10,
        ..plan.clone()
    })?;
    begun(&some, extent.many / 10).await?;
    drop(some);
    sleep(REST).await;
    let without = Look::at(node, extent.look / 3).await?;
    let crowd = Crowd::open(plan)?;
    begun(&crowd, extent.many).await?;
    sleep(REST).await;
    let with = Look::at(node, extent.look).await?;
    let cost = with.of_each(without, extent.many);
    println!(
        "idle: without streams {:.1} MB and {:.1} ms/s; each of {} {:.2} kB (PSS {:.2} kB) and {:.2} µs/s",
        without.usage.resident / 1e6,
        without.busy * 1e3,
        grouped(extent.many as f64),
        cost.kb,
        cost.own_kb,
        cost.us
    );
    Ok(((without, cost), crowd))
}

fn print(extent: Extent, plain: Cost, own: Cost, when: &str) {
    println!(
        "{}",
        Row {
            what: format!(
                "sse: an idle stream of {}, a heartbeat each 15 s{when}",
                grouped(extent.many as f64)
            ),
            measured: format!(
                "{:.1} kB (PSS {:.1} kB), {:.2} µs/s of processor time",
                own.kb, own.own_kb, own.us
            ),
            limit: format!(
                "plain axum: {:.1} kB, {:.2} µs/s; Mercure 46 to 82 kB, 0.7 µs/s and Centrifugo 62 kB, 2.8 to 3.7 µs/s (not in this run)",
                plain.kb, plain.us
            ),
            ratio: format!("{:.2} ×; {:.1} ×", own.kb / plain.kb, own.us / plain.us),
            goal: format!("≤ {GOAL_KB} kB, ≤ {GOAL_US} µs/s"),
            met: Some(own.kb <= GOAL_KB && own.us <= GOAL_US),
        }
    );
}
