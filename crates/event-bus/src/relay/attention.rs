//! Waiting for Kafka without falling silent.

use std::pin::pin;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::reader::Reader;
use super::rows::Rows;
use crate::error::BusError;
use crate::metrics;

/// How often the leader says a word to its database at least. The server takes a leader that is silent for
/// 10 s (`SETTINGS` in `postgres.rs`) for gone.
const WORD: Duration = Duration::from_secs(2);

/// The reader, and when it last told how old its outbox is. That is the word: it asks for the oldest row.
pub(super) struct Attention<R> {
    pub(super) reader: Reader<R>,
    service: &'static str,
    spoke: Option<Instant>,
}

impl<R: Rows> Attention<R> {
    pub(super) fn new(service: &'static str, rows: R) -> Self {
        Self {
            reader: Reader::new(rows),
            service,
            spoke: None,
        }
    }

    /// Speaks if it is time to.
    pub(super) async fn speak(&mut self) -> Result<(), BusError> {
        if self.spoke.is_some_and(|at| at.elapsed() < WORD) {
            return Ok(());
        }
        self.spoke = Some(Instant::now());
        let age = self.reader.oldest().await?.map_or(0.0, |since| {
            (OffsetDateTime::now_utc() - since)
                .as_seconds_f64()
                .max(0.0)
        });
        metrics::outbox_age(self.service, age);
        Ok(())
    }

    /// Nothing waits.
    pub(super) fn nothing_waits(&self) {
        metrics::outbox_age(self.service, 0.0);
    }

    /// Does what may take as long as Kafka likes, and speaks meanwhile.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T, BusError> {
        let mut work = pin!(work);
        loop {
            self.speak().await?;
            tokio::select! {
                // The same chance each time: a simulation must repeat itself.
                biased;
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(WORD) => {}
            }
        }
    }
}

/// Does both, until the first is done; says whether the second is, too.
pub(super) async fn beside<T>(
    first: impl Future<Output = T>,
    mut second: impl Future<Output = ()> + Unpin,
) -> (T, bool) {
    let mut first = pin!(first);
    let mut is_done = false;
    loop {
        tokio::select! {
            biased;
            outcome = &mut first => return (outcome, is_done),
            () = &mut second, if !is_done => is_done = true,
        }
    }
}
