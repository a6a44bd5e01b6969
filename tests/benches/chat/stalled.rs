//! What a socket does to others that reads nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nova_testkit::bench::{Rounds, Row};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use crate::Extent;
use crate::board::Board;
use crate::client::Socket;
use crate::node::CHAT;
use crate::room::Room;
use crate::times::Times;
use crate::world::World;

const GOAL: f64 = 1.05;
const OTHERS: usize = 50;
const RATE: u32 = 100;
/// Of a message: what the kernel keeps for who reads nothing is full within two seconds.
const LENGTH: usize = 3_000;
/// It was told that it is too slow by then, and comes again.
const AGAIN: Duration = Duration::from_secs(4);

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let world = World::start(CHAT, 1).await?;
    let address = world.nodes[0].address;
    let users: Vec<_> = (0..=OTHERS).map(|_| world.user()).collect();
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let mut room = Room::begin(&world.stack, &ids).await;
    world.kept("conversations", 1).await?;
    let board = Arc::new(Board::default());
    let mut reading = Vec::new();
    let (slow, others) = (&users[OTHERS], &users[..OTHERS]);
    for user in others {
        reading.push(board.watch(Socket::live(address, &user.token).await?, true));
    }
    let world = Arc::new(world);
    turn(&world, &mut room, &board, extent.turn / 2).await?;
    let (mut without, mut with, mut ratios) = <(Rounds, Rounds, Rounds)>::default();
    let (mut all_without, mut all_with) = <(Times, Times)>::default();
    for round in 1..=2 * extent.rounds {
        // Now the one first, now the other: what comes second finds other caches.
        let mut took = [Times::default(), Times::default()];
        for turn_of in [round % 2, (round + 1) % 2] {
            let stalled = (turn_of == 1).then(|| stall(address, slow.token.clone()));
            took[turn_of] = turn(&world, &mut room, &board, extent.turn).await?;
            if let Some(stalled) = stalled {
                stalled.abort();
            }
        }
        let [quiet, busy] = took;
        println!("stalled, round {round}: without {quiet}, with {busy}");
        ratios.push(busy.ms(99.0) / quiet.ms(99.0));
        without.push(quiet.ms(99.0));
        with.push(busy.ms(99.0));
        all_without.add(&quiet);
        all_with.add(&busy);
    }
    let ratio = ratios.median();
    println!(
        "{}",
        Row {
            what: format!(
                "chat: {RATE} messages/s of {LENGTH} characters to {OTHERS} sockets of a conversation in which one more reads nothing"
            ),
            measured: format!(
                "p99 {:.1} ms, p50 {:.1} ms",
                with.median(),
                all_with.ms(50.0)
            ),
            limit: format!(
                "without that one: p99 {:.1} ms, p50 {:.1} ms",
                without.median(),
                all_without.ms(50.0)
            ),
            ratio: format!("p99 × {ratio:.2} (medians of turns)"),
            goal: format!("≤ × {GOAL}"),
            met: Some(ratio <= GOAL),
        }
    );
    for one in reading {
        one.abort();
    }
    match Arc::try_unwrap(world) {
        Ok(world) => world.finish().await,
        Err(_) => anyhow::bail!("somebody still publishes"),
    }
}

/// Opens a socket, reads nothing of it, and does so again.
fn stall(address: SocketAddr, token: String) -> JoinHandle<anyhow::Result<()>> {
    tokio::spawn(async move {
        loop {
            let socket = Socket::narrow(address, &token).await?;
            socket.say("{\"type\":\"ping\",\"id\":\"1\"}").await?;
            tokio::time::sleep(AGAIN).await;
            drop(socket);
        }
    })
}

/// Messages at a steady rate, from handing each to Kafka until it is on every socket.
async fn turn(
    world: &Arc<World>,
    room: &mut Room,
    board: &Board,
    turn: Duration,
) -> anyhow::Result<Times> {
    let count = (turn.as_secs_f64() * f64::from(RATE)) as u32;
    let before = board.count();
    board.take_all();
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut sent, mut sending) = (Vec::new(), JoinSet::new());
    for number in 0..count {
        ticks.tick().await;
        let message = room.message(number, LENGTH);
        let world = Arc::clone(world);
        sent.push(Instant::now());
        sending.spawn(async move { world.stack.publish(&message).await });
    }
    sending.join_all().await;
    board
        .wait_for(before + u64::from(count) * OTHERS as u64)
        .await?;
    let came = board.take_all().into_iter();
    let took = came.filter_map(|(number, at)| Some(at.duration_since(*sent.get(number as usize)?)));
    Ok(took.collect())
}
