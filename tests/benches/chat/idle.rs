//! What sockets cost that do nothing, before and after they have had something to do.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use nova_testkit::bench::{Row, grouped};
use nova_testkit::process::{own_pid, resident};
use std::collections::BTreeMap;
use tokio::task::JoinHandle;

use crate::Extent;
use crate::bare;
use crate::board::Board;
use crate::client::Socket;
use crate::node::{CHAT, Node};
use crate::room::Room;
use crate::world::{User, World};

const GOAL_KB: f64 = 4.0;
const GOAL_US: f64 = 0.5;
/// As many as one user may have.
const EACH: usize = 20;
const LANES: usize = 64;
/// Messages that each socket gets before it is idle again.
const MESSAGES: u32 = 48;
const LENGTH: usize = 200;
/// What was given back is with the kernel after a while.
const REST: Duration = Duration::from_secs(5);

/// What one socket takes: kilobytes, and microseconds of processor time in a second.
#[derive(Clone, Copy)]
struct Cost {
    kb: f64,
    us: f64,
}

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let tasks = Node::start(bare::TASKS, &BTreeMap::new()).await?;
    let plain = plain(&tasks, extent).await?;
    tasks.stop().await?;
    let world = World::start(CHAT, 1).await?;
    let users: Vec<User> = (0..extent.idle / EACH).map(|_| world.user()).collect();
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let mut room = Room::begin(&world.stack, &ids).await;
    world.kept("conversations", 1).await?;
    let node = &world.nodes[0];
    // What is there once and for all, whoever comes.
    let board = Arc::new(Board::default());
    drop(Reading(open(node, &users, extent.idle / 10, &board).await?));
    tokio::time::sleep(REST).await;
    let (memory, cpu) = look(node, extent.look / 2).await?;
    let reading = Reading(open(node, &users, extent.idle, &board).await?);
    tokio::time::sleep(REST).await;
    let cost = |(then, busy): (f64, f64)| Cost {
        kb: (then - memory) / extent.idle as f64 / 1_000.0,
        us: (busy - cpu) / extent.idle as f64 * 1e6,
    };
    let before = cost(look(node, extent.look).await?);
    let count = board.count();
    let mut told = 0;
    while told < MESSAGES {
        room.say(&world.stack, 4, LENGTH).await;
        told += 4;
        board
            .wait_for(count + u64::from(told) * extent.idle as u64)
            .await?;
    }
    tokio::time::sleep(REST).await;
    let after = cost(look(node, extent.look).await?);
    ensure!(
        reading.0.iter().all(|one| !one.is_finished()),
        "a socket was closed"
    );
    println!(
        "idle: the node alone {:.1} MB and {:.1} ms/s; a socket {:.2} kB and {:.2} µs/s, after {MESSAGES} messages each \
         {:.2} kB and {:.2} µs/s; a bare task {:.2} kB and {:.2} µs/s; this process has {:.0} MB",
        memory / 1e6,
        cpu * 1e3,
        before.kb,
        before.us,
        after.kb,
        after.us,
        plain.kb,
        plain.us,
        resident(own_pid())? as f64 / 1e6
    );
    print(extent, plain, before, "");
    print(extent, plain, after, ", after 48 messages to each");
    drop(reading);
    world.finish().await
}

/// Sockets that are read until this is dropped.
struct Reading(Vec<JoinHandle<()>>);

impl Drop for Reading {
    fn drop(&mut self) {
        for one in &self.0 {
            one.abort();
        }
    }
}

fn print(extent: Extent, plain: Cost, own: Cost, when: &str) {
    println!(
        "{}",
        Row {
            what: format!(
                "chat: an idle socket of {}, a ping each 30 s{when}",
                grouped(extent.idle as f64)
            ),
            measured: format!("{:.1} kB, {:.2} µs/s of processor time", own.kb, own.us),
            limit: format!(
                "bare tokio socket task that pings too: {:.1} kB, {:.2} µs/s; Centrifugo 50 kB, 3.7 µs/s (not in this run)",
                plain.kb, plain.us
            ),
            ratio: format!("{:.1} ×; {:.1} ×", own.kb / plain.kb, own.us / plain.us),
            goal: format!("≤ {GOAL_KB} kB, ≤ {GOAL_US} µs/s"),
            met: Some(own.kb <= GOAL_KB && own.us <= GOAL_US),
        }
    );
}

async fn plain(tasks: &Node, extent: Extent) -> anyhow::Result<Cost> {
    let board = Arc::new(Board::default());
    let connect = |count: usize| {
        let (board, address) = (&board, tasks.address);
        stream::iter(0..count)
            .map(move |_| async move {
                let socket = Socket::plain(address).await?;
                anyhow::Ok(board.watch(socket, false))
            })
            .buffer_unordered(LANES)
            .try_collect::<Vec<_>>()
    };
    drop(Reading(connect(extent.idle / 10).await?));
    tokio::time::sleep(REST).await;
    let (memory, cpu) = look(tasks, extent.look / 6).await?;
    let reading = Reading(connect(extent.idle).await?);
    tokio::time::sleep(REST).await;
    let (then, busy) = look(tasks, extent.look).await?;
    drop(reading);
    Ok(Cost {
        kb: (then - memory) / extent.idle as f64 / 1_000.0,
        us: (busy - cpu) / extent.idle as f64 * 1e6,
    })
}

/// Opens so many sockets of these users, and reads them.
async fn open(
    node: &Node,
    users: &[User],
    count: usize,
    board: &Arc<Board>,
) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let address = node.address;
    stream::iter((0..count).map(|number| &users[number % users.len()]))
        .map(|user| async move {
            let socket = Socket::live(address, &user.token).await?;
            anyhow::Ok(board.watch(socket, false))
        })
        .buffer_unordered(LANES)
        .try_collect()
        .await
}

/// Memory at the end of that time, and processor time per second of it.
async fn look(node: &Node, time: Duration) -> anyhow::Result<(f64, f64)> {
    let before = node.cpu()?;
    tokio::time::sleep(time).await;
    let busy = (node.cpu()? - before) / time.as_secs_f64();
    Ok((node.resident()?, busy))
}
