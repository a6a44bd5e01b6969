//! Coming back to many conversations in each of which a little was missed, beside reading the same rows.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures::{StreamExt as _, stream};
use nova_testkit::bench::{Row, grouped};
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use crate::Extent;
use crate::client::Socket;
use crate::node::CHAT;
use crate::room::Room;
use crate::times::Times;
use crate::world::World;

const GOAL: f64 = 0.5;
const GOAL_S: f64 = 1.0;
/// Changes of each conversation that were missed.
const EACH: u32 = 10;
const LENGTH: usize = 100;
const LANES: usize = 64;

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let world = World::start(CHAT, 1).await?;
    let (user, other) = (world.user(), world.user());
    let members = [other.id, user.id];
    let stack = &world.stack;
    let rooms: Vec<Uuid> = stream::iter(0..extent.missed)
        .map(|_| async {
            let mut room = Room::begin(stack, &members).await;
            room.say(stack, EACH, LENGTH).await;
            room.id
        })
        .buffer_unordered(LANES)
        .collect()
        .await;
    let missed = extent.missed * EACH as usize;
    world.kept("changes", missed + extent.missed).await?;
    let pool = stack.database(nova_realtime_chat::NAME).await;
    sqlx::raw_sql("ANALYZE").execute(&pool).await?;
    let mut resume = "{\"type\":\"resume\",\"positions\":{".to_owned();
    for (number, room) in rooms.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        write!(resume, "{comma}\"{room}\":1")?;
    }
    resume.push_str("}}");
    let (mut ours, mut theirs) = <(Times, Times)>::default();
    for round in 0..=3 * extent.rounds {
        let select = select(&pool, &rooms, missed).await?;
        let resumed = come_back(&world, &user.token, &resume, missed).await?;
        println!(
            "resume, round {round}: nova {:.1} ms, the SELECT {:.1} ms",
            resumed.as_secs_f64() * 1e3,
            select.as_secs_f64() * 1e3
        );
        if round > 0 {
            ours.push(resumed);
            theirs.push(select);
        }
    }
    pool.close().await;
    let (own, its) = (ours.ms(50.0), theirs.ms(50.0));
    let ratio = its / own;
    println!(
        "{}",
        Row {
            what: format!(
                "chat: resume of {} conversations with {} missed changes",
                grouped(extent.missed as f64),
                grouped(missed as f64)
            ),
            measured: format!("{own:.0} ms (best {:.0} ms)", ours.ms(0.1)),
            limit: format!(
                "one SELECT of the same rows, with the driver of Nova: {its:.0} ms (best {:.0} ms)",
                theirs.ms(0.1)
            ),
            ratio: format!("{ratio:.2} of its speed"),
            goal: format!("≥ {GOAL}, ≤ {GOAL_S} s"),
            met: Some(ratio >= GOAL && own <= GOAL_S * 1e3),
        }
    );
    world.finish().await
}

async fn select(pool: &PgPool, rooms: &[Uuid], expected: usize) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let rows = sqlx::query(
        "SELECT conversation_id, position, kind, sender_id, removed, payload FROM changes
         WHERE conversation_id = ANY($1) AND position > 1 ORDER BY conversation_id, position",
    )
    .bind(rooms)
    .fetch_all(pool)
    .await?;
    let mut bytes = 0;
    for row in &rows {
        let payload: &[u8] = row.try_get("payload")?;
        bytes += payload.len();
    }
    let took = began.elapsed();
    ensure!(rows.len() == expected && bytes > 0, "{} rows", rows.len());
    Ok(took)
}

/// From saying what one has until `resumed`.
async fn come_back(
    world: &World,
    token: &str,
    resume: &str,
    expected: usize,
) -> anyhow::Result<Duration> {
    let mut socket = Socket::open(world.nodes[0].address, token).await?;
    let began = Instant::now();
    socket.say(resume).await?;
    let mut count = 0;
    while let Some(text) = socket.next().await? {
        if text.starts_with(b"{\"type\":\"message\"") {
            count += 1;
        } else if text.starts_with(b"{\"type\":\"resumed\"") {
            let took = began.elapsed();
            ensure!(count == expected, "{count} of {expected} changes came");
            return Ok(took);
        }
    }
    anyhow::bail!("a socket was closed")
}
