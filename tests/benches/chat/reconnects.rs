//! What those do to others who all come back at once.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use nova_testkit::bench::{Row, grouped};
use tokio::task::{JoinHandle, JoinSet};

use crate::Extent;
use crate::client::Socket;
use crate::crowd::{By, Crowd};
use crate::times::Times;

const GOAL_MS: f64 = 250.0;
/// All are back within this time.
const WITHIN: Duration = Duration::from_secs(5);
/// Pairs that go on writing.
const TALKERS: usize = 200;

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let talkers = TALKERS.min(extent.pairs);
    let mut crowd = Crowd::gather(talkers + extent.returning / 2).await?;
    let reading = crowd.connect(talkers).await?;
    let rate = extent.rate * 2 / 5;
    let mut idle = sockets(&crowd, talkers, Duration::ZERO).await?.0;
    crowd.write(By::Rest, rate, WITHIN, talkers).await?;
    let (mut without, mut with, mut back) = <(Times, Times, Times)>::default();
    for round in 1..=extent.rounds {
        let quiet = crowd.write(By::Rest, rate, WITHIN, talkers).await?;
        // As after the restart of a proxy.
        for one in idle.drain(..) {
            one.abort();
        }
        let returning = returning(&crowd, talkers);
        let busy = crowd.write(By::Rest, rate, WITHIN, talkers).await?;
        let mut took = Times::default();
        for one in returning.join_all().await {
            let (reading, after) = one?;
            idle.push(reading);
            took.push(after);
        }
        println!(
            "reconnects, round {round}: messages without {}, with {}; back after {took}",
            quiet.from_sending, busy.from_sending
        );
        without.add(&quiet.from_sending);
        with.add(&busy.from_sending);
        back.add(&took);
    }
    println!(
        "{}",
        Row {
            what: format!(
                "chat: {rate} messages/s by REST to sockets of another node, while {} sockets come back and resume in {} s",
                grouped(back.count() as f64 / extent.rounds as f64),
                WITHIN.as_secs()
            ),
            measured: format!("from before the request {with} (a socket has resumed after {back})"),
            limit: format!("without: {without}"),
            ratio: format!("p99 × {:.1}", with.ms(99.0) / without.ms(99.0)),
            goal: format!("p99 ≤ {GOAL_MS} ms"),
            met: Some(with.ms(99.0) <= GOAL_MS),
        }
    );
    for one in reading.into_iter().chain(idle) {
        one.abort();
    }
    crowd.world.finish().await
}

/// Opens the sockets of all pairs but the talkers.
async fn sockets(
    crowd: &Crowd,
    talkers: usize,
    spread: Duration,
) -> anyhow::Result<(Vec<JoinHandle<()>>, Times)> {
    let (mut reading, mut took) = (Vec::new(), Times::default());
    // A few at a time: nobody is hurried here.
    for some in crowd.pairs[talkers..].chunks(16) {
        let mut opening = JoinSet::new();
        for pair in some {
            for (user, node) in pair.users.iter().zip(&crowd.world.nodes) {
                let positions = format!("\"{}\":1", pair.conversation);
                opening.spawn(resume(node.address, user.token.clone(), positions, spread));
            }
        }
        for opened in opening.join_all().await {
            let (one, after) = opened?;
            reading.push(one);
            took.push(after);
        }
    }
    Ok((reading, took))
}

/// All of them at once, each at its time.
fn returning(crowd: &Crowd, talkers: usize) -> JoinSet<anyhow::Result<(JoinHandle<()>, Duration)>> {
    let mut opening = JoinSet::new();
    let count = 2 * (crowd.pairs.len() - talkers);
    let mut number = 0;
    for pair in &crowd.pairs[talkers..] {
        for (user, node) in pair.users.iter().zip(&crowd.world.nodes) {
            let after = WITHIN.mul_f64(f64::from(number) / count as f64);
            number += 1;
            let positions = format!("\"{}\":1", pair.conversation);
            opening.spawn(resume(node.address, user.token.clone(), positions, after));
        }
    }
    opening
}

/// Comes back after a while, and reads from then on; how long it took.
async fn resume(
    address: std::net::SocketAddr,
    token: String,
    positions: String,
    after: Duration,
) -> anyhow::Result<(JoinHandle<()>, Duration)> {
    tokio::time::sleep(after).await;
    let began = Instant::now();
    let mut socket = Socket::open(address, &token).await?;
    let resume = format!("{{\"type\":\"resume\",\"positions\":{{{positions}}}}}");
    socket.say(&resume).await?;
    let resumed = socket.until("{\"type\":\"resumed\"").await;
    resumed.context("a socket did not resume")?;
    let took = began.elapsed();
    let reading = tokio::spawn(async move { while let Ok(Some(_)) = socket.next().await {} });
    Ok((reading, took))
}
