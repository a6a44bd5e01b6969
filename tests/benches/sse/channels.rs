//! Many clients of many channels, each of which hears a little.

use nova_ids::UserId;
use nova_testkit::bench::{Rounds, Row, grouped};

use crate::Extent;
use crate::events::{FEED_TIME, feed_updated};
use crate::sides::{Frame, Side, plain_node, tokens};
use crate::turn;
use crate::world::World;

/// Events each second, on all channels together.
const RATE: u32 = 1_000;
/// Of what this plain server did on the machine where the goal comes from: 1.6 × Centrifugo.
const GOAL: f64 = 0.86;

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let world = World::start().await?;
    let users: Vec<UserId> = (0..extent.channels).map(|_| UserId::new()).collect();
    let header = format!("{}\r\n", tokens(&world.stack, &users[..1]).concat());
    let frame = Frame::seen(&world, "/v1/events", &header, FEED_TIME, async || {
        world.stack.publish(&feed_updated(users[0])).await;
    });
    let frame = frame.await?;
    let plain = plain_node().await?;
    println!("channels: a frame has {} bytes", frame.len());
    let (mut ours, mut theirs, mut ratios) = <(Rounds, Rounds, Rounds)>::default();
    let mut p99 = 0.0_f64;
    for round in 0..=extent.rounds {
        let mut nova = Side::of_users(&world, &users, extent.many, false).await?;
        let our = turn::steady(&mut nova, RATE, extent.turn).await?;
        drop(nova);
        let frame = frame.clone();
        let channels = extent.channels;
        let mut bare = Side::plain(&plain, channels, extent.many, frame, FEED_TIME).await?;
        let their = turn::steady(&mut bare, RATE, extent.turn).await?;
        drop(bare);
        println!("channels, round {round}: nova {our}");
        println!("channels, round {round}: plain axum {their}");
        // The first finds nobody warmed up.
        if round > 0 || extent.rounds == 1 {
            ours.push(our.rate());
            theirs.push(their.rate());
            ratios.push(our.rate() / their.rate());
            p99 = p99.max(our.p99);
        }
    }
    let ratio = ratios.median();
    println!(
        "{}",
        Row {
            what: format!(
                "sse: {} clients of {} channels (`me` of as many users), {} events/s, deliveries per processor second of the server",
                grouped(extent.many as f64),
                grouped(extent.channels as f64),
                grouped(f64::from(RATE))
            ),
            measured: format!("{ours}, p99 {p99:.0} ms"),
            limit: format!("plain axum, the same frames: {theirs}"),
            ratio: format!("{ratio:.2}"),
            goal: format!("≥ {GOAL} (1.6 × Centrifugo, which had 0.54 of it)"),
            met: Some(ratio >= GOAL),
        }
    );
    plain.stop().await?;
    world.finish().await
}
