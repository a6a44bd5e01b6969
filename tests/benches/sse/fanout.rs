//! One channel of many clients: at a steady rate, and as many events as can be.

use nova_ids::UserId;
use nova_testkit::bench::{Rounds, Row, grouped};

use crate::Extent;
use crate::events::{POST_TIME, post};
use crate::sides::{Frame, Side, plain_node};
use crate::turn::{self, Turn};
use crate::world::World;

/// Events each second at a steady rate.
const RATE: u32 = 100;
/// What the plain server makes with frames of this length is told beside.
const SHORT: usize = 200;
/// Events on their way at once: half of those for which a stream of eventbridge has room.
const ON_THEIR_WAY: u64 = 128;
/// Of what this plain server did on the machine where the goals come from: what they say of rivals.
const STEADY_GOAL: f64 = 1.0;
const MOST_GOAL: f64 = 0.78;
const MANY_GOAL: f64 = 0.29;

/// Both sides, in turns.
pub(crate) struct Compared {
    pub(crate) ours: Rounds,
    pub(crate) theirs: Rounds,
    pub(crate) ratios: Rounds,
    /// Frames of 200 bytes.
    short: Option<Turn>,
    p99: f64,
}

impl Compared {
    pub(crate) fn row(&self, what: String, goal: f64, said: &str) -> Row {
        let ratio = self.ratios.median();
        let short = self.short.as_ref();
        let short = short.map(|turn| format!("; with {SHORT} bytes {}", grouped(turn.rate())));
        Row {
            what,
            measured: format!("{}, p99 {:.0} ms", self.ours, self.p99),
            limit: format!(
                "plain axum, the same frames: {}{}",
                self.theirs,
                short.unwrap_or_default()
            ),
            ratio: format!("{ratio:.2}"),
            goal: format!("≥ {goal} ({said})"),
            met: Some(ratio >= goal),
        }
    }
}

pub(crate) async fn steady(extent: Extent) -> anyhow::Result<()> {
    let compared = compare(extent, extent.clients, async |side, extent: Extent| {
        turn::steady(side, RATE, extent.turn).await
    });
    let row = compared.await?.row(
        format!(
            "sse: {} clients of one channel, {RATE} events/s, deliveries per processor second of the server",
            grouped(extent.clients as f64)
        ),
        STEADY_GOAL,
        "1.6 × Mercure and Centrifugo, which had 0.61 and 0.60 of it",
    );
    println!("{row}");
    Ok(())
}

pub(crate) async fn most(extent: Extent, clients: usize) -> anyhow::Result<()> {
    let compared = compare(extent, clients, async |side, extent: Extent| {
        turn::most(side, ON_THEIR_WAY, extent.turn).await
    });
    let (goal, said) = if clients == extent.many {
        (MANY_GOAL, "2 × Centrifugo, which had 0.14 of it")
    } else {
        (MOST_GOAL, "2 × Centrifugo, which had 0.39 of it")
    };
    let row = compared.await?.row(
        format!(
            "sse: {} clients of one channel, most sustained, deliveries per processor second of the server",
            grouped(clients as f64)
        ),
        goal,
        said,
    );
    println!("{row}");
    Ok(())
}

async fn compare(
    extent: Extent,
    clients: usize,
    turn: impl AsyncFn(&mut Side<'_>, Extent) -> anyhow::Result<Turn>,
) -> anyhow::Result<Compared> {
    let world = World::start().await?;
    let tag = "bench";
    let path = format!("/v1/events?channels=tag:{tag}");
    let author = UserId::new();
    let frame = Frame::seen(&world, &path, "", POST_TIME, async || {
        world.stack.publish(&post(author, tag)).await;
    });
    let frame = frame.await?;
    let (plain, short_plain) = (plain_node().await?, plain_node().await?);
    println!(
        "fanout, {clients} clients: a frame has {} bytes",
        frame.len()
    );
    let mut compared = Compared {
        ours: Rounds::default(),
        theirs: Rounds::default(),
        ratios: Rounds::default(),
        short: None,
        p99: 0.0,
    };
    for round in 0..=extent.rounds {
        // Only one has its clients at a time: a process has so many files.
        let mut nova = Side::of_one_tag(&world, tag, clients).await?;
        let ours = turn(&mut nova, extent).await?;
        drop(nova);
        let mut bare = Side::plain(&plain, 1, clients, frame.clone(), POST_TIME).await?;
        let theirs = turn(&mut bare, extent).await?;
        drop(bare);
        println!("fanout, {clients} clients, round {round}: nova {ours}");
        println!("fanout, {clients} clients, round {round}: plain axum {theirs}");
        // The first finds nobody warmed up.
        if round > 0 || extent.rounds == 1 {
            compared.ours.push(ours.rate());
            compared.theirs.push(theirs.rate());
            compared.ratios.push(ours.rate() / theirs.rate());
            compared.p99 = compared.p99.max(ours.p99);
        }
    }
    let frame = Frame::short(POST_TIME, SHORT);
    let mut bare = Side::plain(&short_plain, 1, clients, frame, POST_TIME).await?;
    let short = turn(&mut bare, extent).await?;
    println!("fanout, {clients} clients: plain axum, short frames, {short}");
    compared.short = Some(short);
    drop(bare);
    plain.stop().await?;
    short_plain.stop().await?;
    world.finish().await?;
    Ok(compared)
}
