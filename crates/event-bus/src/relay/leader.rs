//! The active relay.

use std::collections::VecDeque;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Relay;
use super::batch::{Batch, Settled};
use super::rows::{self, OutboxRow};
use crate::error::BusError;
use crate::metrics;
use crate::outbox::{SLEEP_LOCK, WAKE_CHANNEL};
use crate::producer::Producer;

/// Rows read and sent together.
const BATCH: i64 = 1_000;
/// Batches on their way at once: enough to keep the broker busy while the next rows are read.
const IN_FLIGHT: usize = 4;
/// How often a busy relay looks back for rows of transactions that committed late.
const LOOK_BACK: Duration = Duration::from_millis(250);
/// How often the look back starts from the very beginning, whatever the horizon says.
const LOOK_BACK_FULLY: Duration = Duration::from_secs(60);
/// A sleeping relay looks by itself this often, in case a notification went missing.
const POLL: Duration = Duration::from_secs(1);
/// Wait before trying to sleep again while a transaction that appended is still open.
const DROWSY: Duration = Duration::from_millis(2);
const DROWSY_LONGEST: Duration = Duration::from_millis(50);

pub(super) async fn listen(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(WAKE_CHANNEL).await?;
    Ok(listener)
}

pub(super) struct Leader<'a> {
    relay: &'a Relay,
    connection: PgConnection,
    listener: PgListener,
    producer: Producer,
    floor: Floor,
    /// The greatest row id handed to the producer since the last look back.
    cursor: i64,
    in_flight: VecDeque<Batch>,
    settled: Settled,
    looked_back: Instant,
}

impl<'a> Leader<'a> {
    pub(super) fn new(
        relay: &'a Relay,
        connection: PgConnection,
        listener: PgListener,
        producer: Producer,
    ) -> Self {
        Self {
            relay,
            connection,
            listener,
            producer,
            floor: Floor::new(),
            cursor: 0,
            in_flight: VecDeque::new(),
            settled: Settled::default(),
            looked_back: Instant::now(),
        }
    }

    pub(super) async fn run(mut self, stop: &CancellationToken) -> Result<(), BusError> {
        let mut drowsy = DROWSY;
        while !stop.is_cancelled() {
            let from_the_floor = self.cursor == self.floor.row;
            let rows = self.advance().await?;
            if rows.is_empty() && from_the_floor && self.in_flight.is_empty() {
                if self.fall_asleep().await? {
                    self.sleep_until_woken(stop).await?;
                    drowsy = DROWSY;
                } else {
                    tokio::time::sleep(drowsy).await;
                    drowsy = (drowsy * 2).min(DROWSY_LONGEST);
                }
                continue;
            }
            drowsy = DROWSY;
            let caught_up = (rows.len() as i64) < BATCH;
            self.send(&rows).await;
            if caught_up || self.looked_back.elapsed() >= LOOK_BACK {
                self.settle_down_to(0).await?;
                self.look_back().await?;
            } else {
                self.settle_down_to(IN_FLIGHT - 1).await?;
            }
        }
        self.settle_down_to(0).await?;
        self.delete_published().await
    }

    /// Deletes what was published and reads what comes next.
    async fn advance(&mut self) -> Result<Vec<OutboxRow>, BusError> {
        let published = std::mem::take(&mut self.settled.published);
        let rows = rows::advance(&mut self.connection, &published, self.cursor, BATCH).await?;
        if !published.is_empty() {
            metrics::relayed(self.relay.service, published.len() as u64);
        }
        Ok(rows)
    }

    async fn delete_published(&mut self) -> Result<(), BusError> {
        let published = std::mem::take(&mut self.settled.published);
        if !published.is_empty() {
            rows::advance(&mut self.connection, &published, i64::MAX, 0).await?;
            metrics::relayed(self.relay.service, published.len() as u64);
        }
        Ok(())
    }

    async fn send(&mut self, rows: &[OutboxRow]) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return;
        };
        self.cursor = last.id;
        let age = OffsetDateTime::now_utc() - first.occurred_at;
        metrics::outbox_age(self.relay.service, age.as_seconds_f64().max(0.0));
        let batch = Batch::send(&self.producer, &self.relay.kafka, rows).await;
        self.in_flight.push_back(batch);
    }

    /// Waits until at most `left` batches are unacknowledged.
    async fn settle_down_to(&mut self, left: usize) -> Result<(), BusError> {
        while self.in_flight.len() > left {
            let Some(batch) = self.in_flight.pop_front() else {
                break;
            };
            let outcome = batch.settle(&mut self.settled).await;
            for (row, why) in std::mem::take(&mut self.settled.refused) {
                tracing::error!(
                    service = self.relay.service,
                    row,
                    "kafka refuses an event: {why}"
                );
                metrics::parked("outbox", "refused");
                rows::park(&mut self.connection, row, &why).await?;
            }
            if let Err(error) = outcome {
                // What was acknowledged need not be sent again.
                self.delete_published().await?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Starts reading from the floor again: a transaction that took its row id early may have
    /// committed late.
    async fn look_back(&mut self) -> Result<(), BusError> {
        // First, or the rows would be read once more.
        self.delete_published().await?;
        self.relay.outbox_health.up();
        self.looked_back = Instant::now();
        let (oldest, next) = rows::horizon(&mut self.connection).await?;
        self.floor.look(self.cursor, oldest, next);
        self.cursor = self.floor.row;
        Ok(())
    }

    /// Takes the sleep lock, unless a transaction is open that appended while we were awake and so
    /// will not notify. Who appends from here on will.
    async fn fall_asleep(&mut self) -> Result<bool, BusError> {
        let asleep: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(SLEEP_LOCK)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(asleep)
    }

    async fn sleep_until_woken(&mut self, stop: &CancellationToken) -> Result<(), BusError> {
        self.relay.outbox_health.up();
        metrics::outbox_age(self.relay.service, 0.0);
        // One may have committed between the last look and the lock.
        let rows = rows::advance(&mut self.connection, &[], self.cursor, 1).await?;
        if rows.is_empty() {
            tokio::select! {
                // `None`: the connection was lost and is new; the next look finds what it missed.
                woken = self.listener.try_recv() => { let _notification = woken?; }
                () = tokio::time::sleep(POLL) => {}
                () = stop.cancelled() => {}
            }
        }
        sqlx::query("SELECT pg_advisory_unlock($1)")
            .bind(SLEEP_LOCK)
            .execute(&mut self.connection)
            .await?;
        // Many may have notified: one look serves them all.
        while let Some(_more) = self.listener.next_buffered() {}
        Ok(())
    }
}

/// The row id up to which nothing can appear any more, so that looking back does not read through
/// what was deleted long ago.
struct Floor {
    row: i64,
    /// A row id, and the transaction id that was next when every visible row up to it had been sent.
    candidate: Option<(i64, i64)>,
    since: Instant,
}

impl Floor {
    fn new() -> Self {
        Self {
            row: 0,
            candidate: None,
            since: Instant::now(),
        }
    }

    /// Takes note that everything visible up to `cursor` has been sent, that `oldest` is the oldest
    /// running transaction, and `next` the next to begin.
    fn look(&mut self, cursor: i64, oldest: i64, next: i64) {
        if self.since.elapsed() >= LOOK_BACK_FULLY {
            *self = Self::new();
        }
        // Every transaction that could hold a row id up to the candidate has ended.
        if let Some((row, was_next)) = self.candidate
            && oldest >= was_next
        {
            self.row = self.row.max(row);
            self.candidate = None;
        }
        if self.candidate.is_none() && cursor > self.row {
            self.candidate = Some((cursor, next));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_floor_rises_only_when_older_transactions_have_ended() {
        let mut floor = Floor::new();
        floor.look(10, 100, 105);
        assert_eq!(floor.row, 0);
        floor.look(20, 104, 110);
        assert_eq!(
            floor.row, 0,
            "transaction 104 may still hold a row up to 10"
        );
        floor.look(30, 105, 120);
        assert_eq!(floor.row, 10);
        tokio::time::advance(LOOK_BACK_FULLY).await;
        floor.look(30, 200, 200);
        assert_eq!(floor.row, 0, "now and then everything is read again");
    }
}
