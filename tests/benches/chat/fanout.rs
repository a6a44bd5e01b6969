//! A large conversation: deliveries per second of processor time, in turns with a loop that sends the same frames.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use nova_testkit::bench::{Rounds, Row, grouped};

use crate::Extent;
use crate::bare;
use crate::board::Board;
use crate::client::Socket;
use crate::node::{CHAT, Node};
use crate::room::Room;
use crate::world::{User, World};
use nova_tests::connection::{Connection, request, request_with};

const GOAL: f64 = 0.8;
/// Messages that are on their way together.
const TOGETHER: u32 = 16;
const LENGTH: usize = 100;
const LANES: usize = 16;

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let world = World::start(CHAT, 1).await?;
    let node = &world.nodes[0];
    let users: Vec<User> = (0..extent.members).map(|_| world.user()).collect();
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let mut room = Room::begin(&world.stack, &ids).await;
    world.kept("conversations", 1).await?;
    let (board, its_board) = <(Arc<Board>, Arc<Board>)>::default();
    let mut sockets: Vec<Socket> = stream::iter(&users)
        .map(|user| Socket::live(node.address, &user.token))
        .buffer_unordered(LANES)
        .try_collect()
        .await?;
    let rival = Node::start(bare::LOOP, &BTreeMap::new()).await?;
    for _ in 0..extent.members {
        its_board.watch(Socket::of_bare(rival.address).await?, false);
    }
    // One that is seen as it is, for the loop to send the like.
    let mut first = sockets.pop().context("a socket")?;
    for socket in sockets {
        board.watch(socket, false);
    }
    room.say(&world.stack, 1, LENGTH).await;
    let frame = first.until("{\"type\":\"message\"").await?;
    board.watch(first, false);
    let mut command = Connection::open(rival.address).await?;
    let send = request_with("POST", "/", None, &frame);
    let (mut ours, mut theirs, mut ratios) = <(Rounds, Rounds, Rounds)>::default();
    let written = frames(node).await?;
    let mut messages = 0;
    for round in 0..=extent.rounds {
        let (its, from) = (its_board.count(), rival.cpu()?);
        for number in 1..=extent.messages as u64 {
            let status = command.ask(&send).await?.status;
            ensure!(status == 200, "the loop answered {status}");
            if number.is_multiple_of(TOGETHER.into()) {
                its_board
                    .wait_for(its + number * extent.members as u64)
                    .await?;
            }
        }
        let their = rate(extent, rival.cpu()? - from);
        let (own, from) = (board.count(), node.cpu()?);
        let mut told = 0;
        while told < extent.messages {
            room.say(&world.stack, TOGETHER, LENGTH).await;
            told += TOGETHER as usize;
            board.wait_for(own + (told * extent.members) as u64).await?;
        }
        messages += extent.messages;
        let our = rate(extent, node.cpu()? - from);
        println!(
            "fanout, round {round}: nova {} and the loop {} deliveries per processor second, {:.2}",
            grouped(our),
            grouped(their),
            our / their
        );
        // The first finds nobody warmed up.
        if round > 0 || extent.rounds == 1 {
            ours.push(our);
            theirs.push(their);
            ratios.push(our / their);
        }
    }
    let written = frames(node).await? - written;
    let ratio = ratios.median();
    println!(
        "{}",
        Row {
            what: format!(
                "chat: one conversation of {} sockets, deliveries per processor second of the node, a frame of {} bytes each",
                grouped(extent.members as f64),
                frame.len()
            ),
            measured: format!(
                "{ours}; {} frames were encoded for {} messages in one format",
                grouped(written),
                grouped(messages as f64)
            ),
            limit: format!("a bare axum WebSocket loop: {theirs}"),
            ratio: format!("{ratio:.2}"),
            goal: format!("≥ {GOAL}, encoded once per format"),
            met: Some(ratio >= GOAL && written <= messages as f64),
        }
    );
    rival.stop().await?;
    world.finish().await
}

fn rate(extent: Extent, seconds: f64) -> f64 {
    (extent.messages * extent.members) as f64 / seconds.max(0.01)
}

/// How many frames of changes the node has encoded.
async fn frames(node: &Node) -> anyhow::Result<f64> {
    let mut connection = Connection::open(node.address).await?;
    let answer = connection.ask(&request("GET", "/metrics", None)).await?;
    let page = String::from_utf8_lossy(answer.body);
    let lines = page
        .lines()
        .filter(|line| line.starts_with("nova_chat_encoded_total"));
    Ok(lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum())
}
