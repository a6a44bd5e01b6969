//! What uploads cost in memory that are under way and hardly move.

use std::time::Duration;

use nova_testkit::bench::{Row, grouped};
use nova_testkit::eventually;
use nova_testkit::process::{own_pid, resident};

use crate::client::{Client, form, sound};
use crate::{Extent, World};

/// What each has sent when memory is looked at, of a file of 5 MB: the piece that is being filled has half of it on average.
const SENT: usize = 2_500_000;

/// At a time, as of a telephone in a train.
const MORSEL: usize = 16 << 10;

pub(crate) async fn measure(world: &World, extent: Extent) -> anyhow::Result<Row> {
    let file = sound(5, 0);
    // What is there once and for all, whoever comes.
    for _ in 0..3 {
        let mut client = Client::connect(world.address).await?;
        let (before, after) = form(&world.token, file.len());
        client.send(&[before, file.clone(), after].concat()).await?;
        client.answer(true).await?;
    }
    world.rest().await;
    let before = resident(own_pid())?;
    let mut clients = Vec::new();
    for _ in 0..extent.slow {
        let mut client = Client::connect(world.address).await?;
        client.is_sending();
        client.send(&form(&world.token, file.len()).0).await?;
        clients.push(client);
    }
    let mut sent = 0;
    while sent < SENT {
        let morsel = &file[sent..(sent + MORSEL).min(SENT)];
        for client in &mut clients {
            client.send(morsel).await?;
        }
        sent += morsel.len();
    }
    taken(world, extent).await;
    let each = (resident(own_pid())?.saturating_sub(before)) as f64 / extent.slow as f64 / 1_024.0;
    let goal = if world.store == "S3" { 6_144.0 } else { 256.0 };
    Ok(Row {
        what: format!(
            "memory of an upload being received into {}, of {} slow ones",
            world.store, extent.slow
        ),
        measured: format!("{} KiB, the connection included", grouped(each)),
        goal: format!("≤ {} KiB", grouped(goal)),
        met: Some(each <= goal),
        ..Row::default()
    })
}

/// Waits until the service has taken what has been sent: nothing is left in its sockets.
async fn taken(world: &World, extent: Extent) {
    let port = world.address.port();
    eventually("everything sent has been read", async || {
        let sockets = std::fs::read_to_string("/proc/self/net/tcp").unwrap_or_default();
        let local = format!(":{port:04X}");
        let queued = sockets.lines().skip(1).filter(|line| {
            let mut words = line.split_whitespace();
            let is_local = words.nth(1).is_some_and(|word| word.ends_with(&local));
            is_local
                && words
                    .nth(2)
                    .is_some_and(|queues| !queues.ends_with(":00000000"))
        });
        queued.count() == 0
    })
    .await;
    // What was read is still handed on: as long as nothing of it reaches the store any more.
    let mut known = 0;
    eventually("what was read is on its way into the store", async || {
        let folders = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM folders");
        let folders = folders.fetch_one(&world.pool).await.unwrap_or_default();
        let now = resident(own_pid()).unwrap_or_default();
        let still = now.abs_diff(known) < 1 << 20;
        known = now;
        still && folders >= i64::try_from(extent.slow).unwrap_or(i64::MAX)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
}
