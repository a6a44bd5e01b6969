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
/// How often a busy relay looks back for rows of transactions that committed late, and how often any
/// relay asks which transactions have ended.
const LOOK_BACK: Duration = Duration::from_millis(250);
/// How often the look back starts from the very beginning, whatever the horizon says.
const LOOK_BACK_FULLY: Duration = Duration::from_secs(60);
/// A sleeping relay looks by itself this often, in case a notification went missing.
const POLL: Duration = Duration::from_secs(1);
/// A relay that has just sent something waits this long before it looks again: what is appended
/// meanwhile travels together, at a fraction of the cost for Postgres and Kafka. The first event after a
/// pause never waits.
const PACE: Duration = Duration::from_millis(20);
/// So many looks that find nothing make a relay sleep.
const LOOKS_BEFORE_SLEEP: u32 = 5;

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
    /// The greatest row id ever handed to the producer.
    greatest: i64,
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
            greatest: 0,
            in_flight: VecDeque::new(),
            settled: Settled::default(),
            looked_back: Instant::now(),
        }
    }

    pub(super) async fn run(mut self, stop: &CancellationToken) -> Result<(), BusError> {
        let mut found_nothing = 0;
        while !stop.is_cancelled() {
            let from_the_floor = self.cursor == self.floor.row;
            let rows = self.advance().await?;
            let caught_up = (rows.len() as i64) < BATCH;
            if rows.is_empty() && from_the_floor && self.in_flight.is_empty() {
                self.look_back(true).await?;
                found_nothing += 1;
                if found_nothing >= LOOKS_BEFORE_SLEEP && self.fall_asleep().await? {
                    self.sleep_until_woken(stop).await?;
                    found_nothing = 0;
                    continue;
                }
            } else {
                found_nothing = 0;
                self.send(&rows).await;
                if caught_up || self.looked_back.elapsed() >= LOOK_BACK {
                    self.settle_down_to(0).await?;
                    self.look_back(caught_up).await?;
                } else {
                    self.settle_down_to(IN_FLIGHT - 1).await?;
                }
            }
            if caught_up {
                stop.run_until_cancelled(tokio::time::sleep(PACE)).await;
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
        self.greatest = self.greatest.max(last.id);
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
    async fn look_back(&mut self, caught_up: bool) -> Result<(), BusError> {
        self.relay.outbox_health.up();
        let sent = if caught_up {
            self.greatest
        } else {
            self.cursor
        };
        let something_to_learn = sent > self.floor.row || self.floor.is_old();
        if something_to_learn && self.looked_back.elapsed() >= LOOK_BACK {
            self.looked_back = Instant::now();
            let (oldest, next) = rows::horizon(&mut self.connection).await?;
            self.floor.look(sent, oldest, next);
        }
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
/// what was deleted long ago. It rises in three steps, one look apart: a row id is chosen that everything
/// visible up to has been sent; every transaction that was open then is seen to have ended; everything up to
/// the row id is read once more, so that what those transactions left is sent as well.
struct Floor {
    row: i64,
    candidate: Option<Candidate>,
    since: Instant,
}

struct Candidate {
    row: i64,
    /// No transaction from this one on held a row when the row was chosen.
    next_then: i64,
    /// Every transaction before that one has ended.
    ended: bool,
}

impl Floor {
    fn new() -> Self {
        Self {
            row: 0,
            candidate: None,
            since: Instant::now(),
        }
    }

    fn is_old(&self) -> bool {
        self.since.elapsed() >= LOOK_BACK_FULLY
    }

    /// Takes note that since the last look everything visible up to the row `sent` was read and sent,
    /// that `oldest` is now the oldest running transaction, and that no transaction from `next` on holds a row yet.
    fn look(&mut self, sent: i64, oldest: i64, next: i64) {
        if self.is_old() {
            *self = Self::new();
        }
        match &mut self.candidate {
            None if sent > self.row => {
                self.candidate = Some(Candidate {
                    row: sent,
                    next_then: next,
                    ended: false,
                });
            }
            Some(candidate) if candidate.ended && sent >= candidate.row => {
                self.row = candidate.row;
                self.candidate = None;
            }
            Some(candidate) => candidate.ended |= oldest >= candidate.next_then,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_rises_only_when_older_transactions_have_ended_and_their_rows_were_read() {
        let mut floor = Floor::new();
        floor.look(10, 100, 105);
        floor.look(20, 104, 110);
        floor.look(20, 104, 110);
        assert_eq!(
            floor.row, 0,
            "transaction 104 may still hold a row up to 10"
        );
        floor.look(30, 105, 120);
        assert_eq!(floor.row, 0, "it may have committed after the last reading");
        floor.look(5, 106, 120);
        assert_eq!(floor.row, 0, "not everything up to 10 has been read since");
        floor.look(30, 106, 120);
        assert_eq!(floor.row, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn now_and_then_everything_is_read_again() {
        let mut floor = Floor::new();
        for _ in 0..3 {
            floor.look(10, 200, 200);
        }
        assert_eq!(floor.row, 10);
        tokio::time::advance(LOOK_BACK_FULLY).await;
        floor.look(10, 200, 200);
        assert_eq!(floor.row, 0);
    }
}
