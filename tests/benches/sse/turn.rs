//! One turn of one side.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::ensure;
use nova_cli::bench::{Usage, machine_busy};
use nova_testkit::bench::grouped;
use nova_testkit::within;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::sides::Side;
use crate::world::PATIENCE;

/// How often it is looked at what has come while as much is told as can be.
const LOOK: Duration = Duration::from_millis(1);

/// What a turn has shown.
pub(crate) struct Turn {
    pub(crate) events: usize,
    pub(crate) deliveries: u64,
    took: f64,
    /// Seconds of processor time: of the server, of the load and of all others.
    pub(crate) cpu: f64,
    load: f64,
    others: f64,
    p50: f64,
    pub(crate) p99: f64,
    bytes: u64,
}

impl Turn {
    /// Deliveries per second of the server's processor time.
    pub(crate) fn rate(&self) -> f64 {
        self.deliveries as f64 / self.cpu
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} deliveries per processor second ({} events/s, {} deliveries/s of {:.0} bytes, {:.2} of a processor; p50 {:.1} ms, \
             p99 {:.1} ms; the load {:.2} of a processor, so at most {}/s; all others {:.2})",
            grouped(self.rate()),
            grouped(self.events as f64 / self.took),
            grouped(self.deliveries as f64 / self.took),
            self.bytes as f64 / self.deliveries as f64,
            self.cpu / self.took,
            self.p50,
            self.p99,
            self.load / self.took,
            grouped(self.deliveries as f64 / self.load),
            self.others / self.took,
        )
    }
}

/// What was so far when a turn began.
struct Begun {
    usage: Usage,
    machine: f64,
    delivered: u64,
    at: Instant,
}

impl Begun {
    fn now(side: &Side<'_>) -> anyhow::Result<Self> {
        side.crowd.take()?;
        Ok(Self {
            usage: side.node.usage()?,
            machine: machine_busy()?,
            delivered: side.crowd.delivered(),
            at: Instant::now(),
        })
    }

    /// Once all have what was told.
    async fn end(self, side: &mut Side<'_>, events: usize) -> anyhow::Result<Turn> {
        side.sent().await?;
        let expected = self.delivered + events as u64 * side.reaches;
        within(PATIENCE, "all have all events", async || {
            let (came, failed) = (side.crowd.delivered(), side.crowd.failed());
            (came >= expected || failed > 0)
                .then_some(())
                .ok_or(format!("{came} of {expected}"))
        })
        .await;
        let took = self.at.elapsed().as_secs_f64();
        let cpu = side.node.usage()?.cpu - self.usage.cpu;
        let machine = machine_busy()? - self.machine;
        let tally = side.crowd.take()?;
        ensure!(
            tally.lost == 0 && tally.deliveries == events as u64 * side.reaches,
            "{}: {} of {} deliveries, {} connections lost: {:?}",
            side.name,
            tally.deliveries,
            events as u64 * side.reaches,
            tally.lost,
            tally.why
        );
        let load = tally.cpu.as_secs_f64();
        Ok(Turn {
            events,
            deliveries: tally.deliveries,
            took,
            cpu,
            load,
            others: machine - cpu - load,
            p50: tally.latency.ms(50.0),
            p99: tally.latency.ms(99.0),
            bytes: tally.bytes,
        })
    }
}

/// So many events each second.
pub(crate) async fn steady(side: &mut Side<'_>, rate: u32, time: Duration) -> anyhow::Result<Turn> {
    let count = (time.as_secs_f64() * f64::from(rate)) as usize;
    let begun = Begun::now(side)?;
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for number in 0..count {
        ticks.tick().await;
        side.send(number).await?;
    }
    begun.end(side, count).await
}

/// As many as can be, of which so many are on their way at most.
pub(crate) async fn most(
    side: &mut Side<'_>,
    on_their_way: u64,
    time: Duration,
) -> anyhow::Result<Turn> {
    let begun = Begun::now(side)?;
    let mut count = 0;
    while begun.at.elapsed() < time {
        let came = (side.crowd.delivered() - begun.delivered) / side.reaches;
        while count < came + on_their_way {
            side.send(usize::try_from(count)?).await?;
            count += 1;
        }
        ensure!(
            side.crowd.failed() == 0,
            "{}: streams have ended",
            side.name
        );
        sleep(LOOK).await;
    }
    begun.end(side, usize::try_from(count)?).await
}
