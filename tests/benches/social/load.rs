//! Connections that ask as fast as they are answered, and what that was like.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nova_testkit::bench::{Rounds, percentile};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

use crate::Extent;
use crate::client::{Client, Kind, Seen};
use crate::cpu::Cpu;
use crate::fanout::{Acknowledged, Watch};
use crate::platform::Platform;
use crate::population::Population;
use crate::target::Target;

/// Two sides take turns, as the machine is not always as fast. The measured time is that of all turns.
const TURNS: u32 = 2;

/// One of two that are held against each other.
pub(crate) struct Side<'a> {
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    /// If it has feeds that may be behind.
    pub(crate) platform: Option<&'a Platform>,
    pub(crate) population: Arc<Population>,
}

/// What all turns of one side were like, at so many connections.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) seconds: f64,
    pub(crate) seen: Seen,
    pub(crate) cpu: Cpu,
    /// The most posts that waited for the feeds at any look, and the seconds that so many take to be posted, in
    /// the turn when that was longest.
    pub(crate) most_waiting: u64,
    pub(crate) behind: f64,
    pub(crate) rows_left: i64,
    pub(crate) last_visible: Duration,
    /// Requests per second of each turn.
    pub(crate) rates: Rounds,
}

/// Loads each side in its turns.
pub(crate) async fn in_turns(
    sides: &mut [Side<'_>; 2],
    connections: u64,
    extent: Extent,
) -> anyhow::Result<[Load; 2]> {
    let mut loads = [Load::default(), Load::default()];
    for turn in 0..TURNS {
        for (side, load) in sides.iter_mut().zip(&mut loads) {
            let seed = (u64::from(turn) * 100 + connections) * 1_000;
            let one = side.turn(connections, seed, extent).await?;
            one.print(side.name, connections, turn + 1);
            load.add(one);
        }
    }
    for load in &mut loads {
        for took in &mut load.seen.took {
            took.sort_unstable();
        }
    }
    Ok(loads)
}

impl Side<'_> {
    async fn turn(&mut self, connections: u64, seed: u64, extent: Extent) -> anyhow::Result<Load> {
        let acknowledged = Acknowledged::default();
        let watch = match self.platform {
            Some(_) => {
                Some(Watch::begin(self.target.connect().await?, acknowledged.clone()).await?)
            }
            None => None,
        };
        let mut clients = Vec::new();
        for number in 0..connections {
            clients.push(Client::new(
                self.target.connect().await?,
                self.population.clone(),
                acknowledged.clone(),
                StdRng::seed_from_u64(seed + number),
            ));
        }
        let begin = Instant::now() + extent.warm_up;
        let end = begin + extent.load / TURNS;
        let mut running = JoinSet::new();
        for client in clients {
            running.spawn(client.run(begin, end));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let watching = watch.map(|watch| tokio::spawn(watch.run(stop.clone())));
        tokio::time::sleep_until(begin.into()).await;
        let before = self.target.cpu()?;
        tokio::time::sleep_until(end.into()).await;
        let mut load = Load {
            seconds: (extent.load / TURNS).as_secs_f64(),
            cpu: self.target.cpu()? - before,
            ..Load::default()
        };
        while let Some(client) = running.join_next().await {
            load.seen.add(client??);
        }
        let ended = Instant::now();
        stop.store(true, Ordering::Relaxed);
        if let Some(error) = load.seen.errors.first() {
            let errors = load.seen.errors.len();
            bail!("{errors} requests failed, the first with {error}");
        }
        self.posted(&load.seen)?;
        if let Some(platform) = self.platform {
            (load.rows_left, load.last_visible) = self.catch_up(platform, ended).await?;
        }
        if let Some(watching) = watching {
            load.most_waiting = watching.await??.most;
            load.behind = load.most_waiting as f64 / load.posts();
        }
        if let Some(platform) = self.platform {
            let settled = self
                .population
                .wait_until_settled(self.target, &platform.databases);
            settled.await?;
        }
        Ok(load)
    }

    fn posted(&mut self, seen: &Seen) -> anyhow::Result<()> {
        let population = Arc::get_mut(&mut self.population).context("a client is still there")?;
        for (author, id) in &seen.posted {
            population.posted(*author, id.clone());
        }
        Ok(())
    }

    /// How many events the outboxes held when the load ended, and how long the last feed took from then.
    async fn catch_up(
        &self,
        platform: &Platform,
        ended: Instant,
    ) -> anyhow::Result<(i64, Duration)> {
        // Two questions of different cost: neither waits for the other.
        let seen_by_all = async {
            self.population.wait_until_seen(self.target).await?;
            anyhow::Ok(ended.elapsed())
        };
        tokio::try_join!(platform.databases.outbox_rows(), seen_by_all)
    }
}

impl Load {
    fn add(&mut self, turn: Self) {
        self.rates.push(turn.rate());
        self.seconds += turn.seconds;
        self.seen.add(turn.seen);
        self.cpu += turn.cpu;
        if turn.behind > self.behind {
            (self.most_waiting, self.behind) = (turn.most_waiting, turn.behind);
        }
        self.rows_left = self.rows_left.max(turn.rows_left);
        self.last_visible = self.last_visible.max(turn.last_visible);
    }

    pub(crate) fn requests(&self) -> f64 {
        self.seen.took.iter().map(Vec::len).sum::<usize>() as f64
    }

    /// Requests per second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests() / self.seconds
    }

    /// New posts per second.
    pub(crate) fn posts(&self) -> f64 {
        self.seen.took[Kind::New as usize].len() as f64 / self.seconds
    }

    /// Milliseconds of processor time per request.
    pub(crate) fn each(&self, seconds: f64) -> f64 {
        seconds * 1_000.0 / self.requests()
    }

    /// p50 and p99 in milliseconds, once all turns are over.
    pub(crate) fn took(&self, kind: Kind) -> (f64, f64) {
        let took = &self.seen.took[kind as usize];
        let millis = |percent| f64::from(percentile(took, percent)) / 1_000.0;
        (millis(50.0), millis(99.0))
    }

    fn print(&self, name: &str, connections: u64, turn: u32) {
        let (cpu, seen) = (&self.cpu, &self.seen);
        let cores = |time: f64| time / self.seconds;
        println!(
            "social mix, {name}, {connections} connections, turn {turn}: {:.0} req/s; cores in use: program {:.2}, \
             Postgres {:.2}, Redis {:.2}, Kafka {:.2}, generator {:.2} ({:.3} ms per request), the whole machine {:.2} \
             and {:.2} denied by its host; {} later pages of home feeds, the deepest {}; {} posts waited at most, the last was in \
             every feed after {:.0} ms",
            self.rate(),
            cores(cpu.program),
            cores(cpu.postgres),
            cores(cpu.redis),
            cores(cpu.kafka),
            cores(cpu.generator),
            self.each(cpu.generator),
            cores(cpu.machine),
            cores(cpu.stolen),
            seen.later_pages,
            seen.deepest,
            self.most_waiting,
            self.last_visible.as_secs_f64() * 1_000.0,
        );
    }
}
