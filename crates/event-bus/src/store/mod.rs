//! What the consumer keeps in the service's database: transactions with an inbox, and dead letters.
//!
//! Handlers write through [`Store::Connection`]. Postgres is the one store of production; the simulation
//! brings another, so that everything above this file runs in it unchanged.

mod postgres;

use std::collections::HashSet;
use std::sync::Arc;

use futures::future::BoxFuture;
use uuid::Uuid;

use crate::failure::Failure;
use crate::record::Record;

pub(crate) use self::postgres::Postgres;

/// A service's database as the consumer sees it.
pub(crate) trait Store: Send + Sync + 'static {
    /// What handlers write through.
    type Connection: Send + 'static;
    /// Its transactions.
    type Transaction: Transaction<Connection = Self::Connection>;
    /// The one who replays.
    type Replays: Replays;

    /// Begins a transaction.
    fn begin(&self) -> BoxFuture<'_, Result<Self::Transaction, Failure>>;

    /// The sequences of a partition that are parked for this consumer.
    fn parked<'a>(
        &'a self,
        consumer: &'a str,
        topic: &'a str,
        partition: i32,
    ) -> BoxFuture<'a, Result<Vec<Vec<u8>>, Failure>>;

    /// Parks an event that failed, and with it its sequence. Parking it twice leaves one.
    fn park<'a>(
        &'a self,
        consumer: &'a str,
        letter: &'a Letter<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Parks events behind those of their sequences, in this order; false for each whose sequence is not
    /// parked (any more) and that therefore must be handled.
    fn park_behind<'a>(
        &'a self,
        consumer: &'a str,
        records: &'a [&'a Record],
    ) -> BoxFuture<'a, Result<Vec<bool>, Failure>>;

    /// Becomes the one who replays this consumer's dead letters; `None` while another process is it.
    fn replays<'a>(
        &'a self,
        consumer: &'a str,
    ) -> BoxFuture<'a, Result<Option<Self::Replays>, Failure>>;
}

/// A transaction; dropped, it is rolled back.
pub(crate) trait Transaction: Send {
    /// What handlers write through.
    type Connection: Send + 'static;

    /// What handlers write through.
    fn connection(&mut self) -> &mut Self::Connection;

    /// Claims the events for this transaction; those not returned have taken effect before.
    fn claim<'a>(
        &'a mut self,
        consumer: &'a str,
        events: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashSet<Uuid>, Failure>>;

    /// Commits. After an error it is unknown whether it did.
    fn commit(self) -> BoxFuture<'static, Result<(), Failure>>;
}

/// An event that failed for good.
pub(crate) struct Letter<'a> {
    pub(crate) record: &'a Record,
    pub(crate) failure: &'a Failure,
    pub(crate) fingerprint: String,
    pub(crate) attempts: u32,
}

/// A sequence that is to be replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parked {
    pub(crate) topic: Arc<str>,
    pub(crate) sequence: Vec<u8>,
}

/// A dead letter on its way back to its handler.
#[derive(Debug, Clone)]
pub(crate) struct Returning {
    /// Of the dead letter, not of the event.
    pub(crate) id: Uuid,
    pub(crate) record: Record,
}

/// The right to replay a consumer's dead letters; only one process has it. It ends with the connection
/// that everything here goes through.
pub(crate) trait Replays: Send {
    /// The sequence whose replay was asked for first.
    fn requested(&mut self) -> BoxFuture<'_, Result<Option<Parked>, Failure>>;

    /// The first letters of a sequence, in order; `limit` at most.
    fn letters<'a>(
        &'a mut self,
        parked: &'a Parked,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Returning>, Failure>>;

    /// Takes out letters that were handled.
    fn handled<'a>(&'a mut self, letters: &'a [Uuid]) -> BoxFuture<'a, Result<(), Failure>>;

    /// Notes that a letter failed again; its sequence stays parked and waits for the next request.
    fn failed<'a>(
        &'a mut self,
        parked: &'a Parked,
        letter: Uuid,
        failure: &'a Failure,
        fingerprint: String,
        attempts: u32,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Lets the sequence flow again if nothing is left of it; false if something is.
    fn release<'a>(&'a mut self, parked: &'a Parked) -> BoxFuture<'a, Result<bool, Failure>>;
}
