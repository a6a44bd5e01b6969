//! From the commit of a message to a socket of another node, by REST and by socket, in turns with Kafka alone.

use nova_testkit::bench::{Rounds, Row, grouped};

use crate::Extent;
use crate::crowd::{By, Crowd};
use crate::kafka::Bare;
use crate::node::Node;
use crate::times::Times;

const REST_GOAL_MS: f64 = 5.0;
const SOCKET_GOAL_MS: f64 = 8.0;
const SOCKET_GOAL_P99_MS: f64 = 60.0;

/// What one way took.
#[derive(Default)]
struct Way {
    medians: Rounds,
    all: Times,
}

impl Way {
    fn add(&mut self, times: &Times) {
        self.medians.push(times.ms(50.0));
        self.all.add(times);
    }

    /// Of the medians of rounds the one in the middle.
    fn p50(&self) -> f64 {
        self.medians.median()
    }
}

/// What was measured at one rate.
#[derive(Default)]
struct Ways {
    kafka: Way,
    commit: Way,
    rest: Way,
    socket: Way,
}

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let mut crowd = Crowd::gather(extent.pairs).await?;
    let reading = crowd.connect(extent.pairs).await?;
    let bare = Bare::new(&crowd.world.stack.kafka).await?;
    // Every part has its connections and its code at hand then.
    for by in [By::Rest, By::Socket] {
        let (rate, turn) = (extent.rate, extent.turn / 2);
        crowd.write(by, rate, turn, extent.pairs).await?;
    }
    // The fifth of it says what is waiting for a processor.
    for (rate, is_goal) in [(extent.rate, true), (extent.rate / 5, false)] {
        let mut ways = Ways::default();
        for round in 1..=extent.rounds {
            turn(&mut crowd, &bare, &mut ways, extent, (rate, round)).await?;
        }
        for row in rows(&ways, rate, 2 * extent.pairs, is_goal) {
            println!("{row}");
        }
    }
    for one in reading {
        one.abort();
    }
    crowd.world.finish().await
}

async fn turn(
    crowd: &mut Crowd,
    bare: &Bare,
    ways: &mut Ways,
    extent: Extent,
    (rate, round): (u32, usize),
) -> anyhow::Result<()> {
    let (turn, pairs) = (extent.turn, extent.pairs);
    let alone = bare.run(rate, turn).await?;
    let before = cpu(crowd)?;
    let by_rest = crowd.write(By::Rest, rate, turn, pairs).await?;
    let between = cpu(crowd)?;
    let by_socket = crowd.write(By::Socket, rate, turn, pairs).await?;
    let after = cpu(crowd)?;
    let each = |seconds: f64| seconds * 1_000.0 / f64::from(rate) / turn.as_secs_f64();
    println!(
        "latency, {rate}/s, round {round}: Kafka alone {alone}; REST, from the 201 {}, from sending {}, {:.2} ms of both \
         nodes' processor time each; by socket {}, {:.2} ms",
        by_rest.from_commit,
        by_rest.from_sending,
        each(between - before),
        by_socket.from_sending,
        each(after - between)
    );
    ways.kafka.add(&alone);
    ways.commit.add(&by_rest.from_commit);
    ways.rest.add(&by_rest.from_sending);
    ways.socket.add(&by_socket.from_sending);
    Ok(())
}

fn rows(ways: &Ways, rate: u32, sockets: usize, is_goal: bool) -> [Row; 2] {
    let limit = ways.kafka.p50();
    let (commit, socket) = (ways.commit.p50(), ways.socket.p50());
    let p99 = ways.socket.all.ms(99.0);
    let goal = |text: String| if is_goal { text } else { String::new() };
    let met = |met: bool| is_goal.then_some(met);
    let sockets = grouped(sockets as f64);
    let rest = Row {
        what: format!(
            "chat: commit of a REST send → on a socket of another node, {rate}/s, {sockets} sockets"
        ),
        measured: format!(
            "p50 {commit:.1} ms, p99 {:.1} ms (from before the request: p50 {:.1} ms, p99 {:.1} ms)",
            ways.commit.all.ms(99.0),
            ways.rest.p50(),
            ways.rest.all.ms(99.0)
        ),
        limit: format!(
            "bare produce → consume at that rate: p50 {limit:.1} ms, p99 {:.1} ms",
            ways.kafka.all.ms(99.0)
        ),
        ratio: format!("+{:.1} ms", commit - limit),
        goal: goal(format!("p50 ≤ that + {REST_GOAL_MS} ms")),
        met: met(commit <= limit + REST_GOAL_MS),
    };
    let by_socket = Row {
        what: format!(
            "chat: send by socket → on a socket of another node, {rate}/s, {sockets} sockets"
        ),
        measured: format!("p50 {socket:.1} ms, p99 {p99:.1} ms"),
        limit: format!("twice bare produce → consume: p50 {:.1} ms", 2.0 * limit),
        ratio: format!("+{:.1} ms", socket - 2.0 * limit),
        goal: goal(format!(
            "p50 ≤ that + {SOCKET_GOAL_MS} ms, p99 ≤ {SOCKET_GOAL_P99_MS} ms"
        )),
        met: met(socket <= 2.0 * limit + SOCKET_GOAL_MS && p99 <= SOCKET_GOAL_P99_MS),
    };
    [rest, by_socket]
}

fn cpu(crowd: &Crowd) -> anyhow::Result<f64> {
    crowd.world.nodes.iter().map(Node::cpu).sum()
}
