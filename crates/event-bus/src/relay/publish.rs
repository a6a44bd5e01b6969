//! What the relay asks of the producer.

use super::rows::Waiting;
use crate::error::BusError;

/// A producer that keeps the order per key.
pub(crate) trait Publish<Row: Waiting> {
    /// Hands over a batch, however long that takes; waits for no acknowledgement.
    async fn send(&mut self, rows: Vec<Row>);

    /// Rows that were handed over and are not yet settled.
    fn in_flight(&self) -> usize;

    /// What became of the oldest batch in flight, if all of it has come back.
    fn settled(&mut self) -> Option<Settled>;

    /// Waits until the oldest batch in flight has come back, however long the broker is away. Returns at
    /// once when none is. May be dropped at any await.
    async fn wait(&mut self);
}

impl<Row: Waiting, P: Publish<Row>> Publish<Row> for &mut P {
    async fn send(&mut self, rows: Vec<Row>) {
        P::send(self, rows).await;
    }

    fn in_flight(&self) -> usize {
        P::in_flight(self)
    }

    fn settled(&mut self) -> Option<Settled> {
        P::settled(self)
    }

    async fn wait(&mut self) {
        P::wait(self).await;
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) published: Vec<i64>,
    /// Rows that Kafka will never take, and why.
    pub(crate) refused: Vec<(i64, String)>,
    /// The producer is of no more use; some of the batch may have been published.
    pub(crate) broken: Option<BusError>,
}
