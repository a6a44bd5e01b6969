//! The active relay.

use std::pin::pin;
use std::time::Duration;

use nova_resilience::Health;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::attention::{Attention, beside};
use super::publish::Publish;
use super::reader::Found;
use super::rows::{Rows, Waiting};
use crate::error::BusError;
use crate::metrics;

/// Rows read and sent together, at most.
pub(super) const BATCH: usize = 2_000;
/// As many are read first, when nothing is known of their size.
const FIRST: usize = 64;
/// Bytes of payload read together, roughly.
const BYTES: usize = 16 << 20;
/// Rows of a batch whose size is looked at.
const LOOKED_AT: usize = 16;
/// Batches on their way at once: enough to keep the broker busy while the next are read.
const IN_FLIGHT: usize = 10;
/// A sleeping relay looks by itself this often, in case a notification went missing.
const POLL: Duration = Duration::from_secs(1);
/// A relay that has caught up waits this long before it looks again, and so many times as long as its last look took,
/// up to the longest: what is appended meanwhile travels together, at a fraction of the cost for Postgres and Kafka,
/// and where they have much to do a look takes long. The first event after a pause never waits.
const PACE: Duration = Duration::from_millis(2);
const TIMES_A_LOOK: u32 = 4;
const LONGEST_PACE: Duration = Duration::from_millis(10);
/// So many looks that find nothing make a relay sleep, after 50 ms or more: to fall asleep and to be woken costs more
/// than they do.
const LOOKS_BEFORE_SLEEP: u32 = 20;

/// So often the pause between looks doubles while nothing comes and nothing is acknowledged.
const AWAY: u32 = 5;

/// Moves rows from `R` to `P` for as long as it is the one that may.
pub(super) struct Leader<'a, R: Rows, P> {
    service: &'static str,
    health: &'a Health,
    attention: Attention<R>,
    publish: P,
    /// Acknowledged, and not yet deleted.
    published: Vec<i64>,
    looks_in_vain: u32,
    /// How long the last look took.
    look: Duration,
    /// Rows that are read together: as many as fit [`BYTES`], as far as the last ones tell.
    batch: usize,
}

impl<'a, R: Rows, P: Publish<R::Row>> Leader<'a, R, P> {
    pub(super) fn new(service: &'static str, health: &'a Health, rows: R, publish: P) -> Self {
        Self {
            service,
            health,
            attention: Attention::new(service, rows),
            publish,
            published: Vec::new(),
            looks_in_vain: 0,
            look: Duration::ZERO,
            batch: FIRST,
        }
    }

    pub(super) async fn run(mut self, stop: &CancellationToken) -> Result<(), BusError> {
        let outcome = match self.relay(stop).await {
            Ok(()) => self.settle_down_to(0).await,
            failed => failed,
        };
        if !matches!(outcome, Err(BusError::Database(_))) {
            // What was acknowledged need not be sent again.
            self.attention.reader.look(&mut self.published, 0).await?;
        }
        outcome
    }

    async fn relay(&mut self, stop: &CancellationToken) -> Result<(), BusError> {
        let mut next = Vec::new();
        while !stop.is_cancelled() {
            self.attention.speak().await?;
            self.collect().await?;
            let before = self.published.len() + next.len();
            let found = self.look_and_send(std::mem::take(&mut next)).await?;
            self.health.up();
            next = found.rows;
            self.adapt(&next);
            if self.attention.reader.wants_quiet() {
                self.send(std::mem::take(&mut next)).await?;
                self.settle_down_to(0).await?;
                let reader = &mut self.attention.reader;
                reader.look(&mut self.published, 0).await?;
                next = reader.look_at_all(self.batch).await?.rows;
            } else if found.is_full {
                self.settle_down_to((IN_FLIGHT - 1) * self.batch).await?;
            } else {
                let in_vain = before + next.len() == 0;
                self.send(std::mem::take(&mut next)).await?;
                self.pause(in_vain, stop).await?;
            }
        }
        self.send(next).await
    }

    /// Reading goes on while librdkafka takes what was read before.
    async fn look_and_send(&mut self, rows: Vec<R::Row>) -> Result<Found<R::Row>, BusError> {
        let mut sending = pin!(self.publish.send(rows));
        let began = Instant::now();
        let looking = self.attention.reader.look(&mut self.published, self.batch);
        let (found, is_sent) = beside(looking, sending.as_mut()).await;
        self.look = began.elapsed();
        let found = found?;
        if !is_sent {
            self.attention.during(sending).await?;
        }
        Ok(found)
    }

    async fn send(&mut self, rows: Vec<R::Row>) -> Result<(), BusError> {
        self.attention.during(self.publish.send(rows)).await
    }

    /// Waits before the next look: for a moment, longer and longer while Kafka is away, or in deep sleep
    /// when nothing has come for a while.
    async fn pause(&mut self, in_vain: bool, stop: &CancellationToken) -> Result<(), BusError> {
        self.looks_in_vain = if in_vain { self.looks_in_vain + 1 } else { 0 };
        let is_idle = self.publish.in_flight() == 0;
        if is_idle
            && self.looks_in_vain >= LOOKS_BEFORE_SLEEP
            && self.attention.reader.rows.fall_asleep().await?
        {
            return self.sleep(stop).await;
        }
        let pace = (self.look * TIMES_A_LOOK).clamp(PACE, LONGEST_PACE);
        stop.run_until_cancelled(tokio::time::sleep(pace)).await;
        if self.publish.in_flight() >= IN_FLIGHT * self.batch {
            let room = stop.run_until_cancelled(self.publish.wait());
            self.attention.during(room).await?;
        } else if !is_idle && in_vain {
            let longer = LONGEST_PACE * (1 << self.looks_in_vain.min(AWAY));
            tokio::select! {
                biased;
                () = self.publish.wait() => {}
                () = tokio::time::sleep(longer) => {}
                () = stop.cancelled() => {}
            }
        }
        Ok(())
    }

    async fn sleep(&mut self, stop: &CancellationToken) -> Result<(), BusError> {
        self.attention.nothing_waits();
        self.looks_in_vain = 0;
        let reader = &mut self.attention.reader;
        // One may have committed between the last look and falling asleep.
        let found = reader.look(&mut self.published, self.batch).await?;
        if found.rows.is_empty() {
            tokio::select! {
                // The same chance each time: a simulation must repeat itself.
                biased;
                woken = reader.rows.woken() => woken?,
                () = tokio::time::sleep(POLL) => {}
                () = stop.cancelled() => {}
            }
        }
        reader.rows.wake_up().await?;
        self.send(found.rows).await
    }

    /// Reads as many rows next as fit the memory that is meant for them.
    fn adapt(&mut self, rows: &[R::Row]) {
        let step = rows.len().div_ceil(LOOKED_AT).max(1);
        let sizes = rows
            .iter()
            .step_by(step)
            .filter_map(|row| row.fields().ok());
        let largest = sizes.map(|fields| fields.payload.len()).max();
        if let Some(largest) = largest {
            let fit = BYTES / largest.max(1);
            // The next ones may be larger than these.
            self.batch = fit.min(self.batch * 4).clamp(1, BATCH);
        }
    }

    /// Waits until at most `left` rows are unsettled.
    async fn settle_down_to(&mut self, left: usize) -> Result<(), BusError> {
        self.collect().await?;
        while self.publish.in_flight() > left {
            self.attention.during(self.publish.wait()).await?;
            self.collect().await?;
        }
        Ok(())
    }

    /// Takes what has come back.
    async fn collect(&mut self) -> Result<(), BusError> {
        while let Some(settled) = self.publish.settled() {
            metrics::relayed(self.service, settled.published.len() as u64);
            self.published.extend(settled.published);
            for (row, why) in settled.refused {
                tracing::error!(service = self.service, row, "kafka refuses an event: {why}");
                metrics::parked("outbox", "refused");
                self.attention.reader.rows.park(row, &why).await?;
            }
            if let Some(error) = settled.broken {
                return Err(error);
            }
        }
        Ok(())
    }
}
