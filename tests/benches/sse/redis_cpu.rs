//! What an event costs Redis, whether few channels are followed or many.

use nova_ids::UserId;
use nova_testkit::bench::{Rounds, Row, grouped};

use crate::Extent;
use crate::sides::Side;
use crate::turn;
use crate::world::{World, redis_usage};

const GOAL: f64 = 1.5;
const RATE: u32 = 500;

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let world = World::start().await?;
    let users: Vec<UserId> = (0..extent.many).map(|_| UserId::new()).collect();
    let (mut few, mut many, mut ratios) = <(Rounds, Rounds, Rounds)>::default();
    let some = extent.many / 100;
    for round in 0..=extent.rounds {
        let with_few = each(&world, &users[..some], extent).await?;
        let with_many = each(&world, &users, extent).await?;
        println!(
            "redis, round {round}: {with_few:.1} µs an event with {some} channels, {with_many:.1} µs with {}",
            extent.many
        );
        // The first finds nobody warmed up.
        if round > 0 || extent.rounds == 1 {
            few.push(with_few);
            many.push(with_many);
            ratios.push(with_many / with_few);
        }
    }
    let ratio = ratios.median();
    println!(
        "{}",
        Row {
            what: format!(
                "sse: processor time of Redis for an event with {} connected channels, {RATE} events/s",
                grouped(extent.many as f64)
            ),
            measured: format!("{:.1} µs", many.median()),
            limit: format!("with {}: {:.1} µs", grouped(some as f64), few.median()),
            ratio: format!("{ratio:.2} ×"),
            goal: format!("≤ {GOAL} ×"),
            met: Some(ratio <= GOAL),
        }
    );
    world.finish().await
}

/// Microseconds of Redis for each event while these are connected, with what it takes without any.
async fn each(world: &World, users: &[UserId], extent: Extent) -> anyhow::Result<f64> {
    let mut side = Side::of_users(world, users, users.len(), false).await?;
    let before = redis_usage(&world.stack).await?.cpu;
    let turn = turn::steady(&mut side, RATE, extent.turn).await?;
    let after = redis_usage(&world.stack).await?.cpu;
    drop(side);
    Ok((after - before) / turn.events as f64 * 1e6)
}
