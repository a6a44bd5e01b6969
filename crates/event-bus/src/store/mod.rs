//! What the consumer keeps in the service's database: transactions with an inbox, and dead letters.
//!
//! Handlers write through [`Store::Connection`]. Postgres is the one store of production; the simulation
//! brings another, so that everything above this file runs in it unchanged.

mod postgres;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

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

    /// The sequences of a topic that are parked for this consumer, whatever their partition. What of this
    /// partition was set aside and is of a type that is handled by now is parked first, to be replayed at
    /// once; what is ignored by now goes.
    fn parked<'a>(
        &'a self,
        consumer: &'a str,
        topic: &'a str,
        partition: i32,
        types: &'a Types,
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

    /// Keeps events of types that nobody here knows, whole, in this order, without parking anything.
    fn set_aside<'a>(
        &'a self,
        consumer: &'a str,
        records: &'a [&'a Record],
    ) -> BoxFuture<'a, Result<(), Failure>>;

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
    fn connection(&mut self) -> Result<&mut Self::Connection, Failure>;

    /// Claims the events for this transaction; those not returned have taken effect before.
    fn claim<'a>(
        &'a mut self,
        consumer: &'a str,
        events: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashSet<Uuid>, Failure>>;

    /// Takes out letters that are handled in this transaction; false if one of them is not there any more,
    /// because somebody else has handled or discarded it.
    fn take_out<'a>(&'a mut self, letters: &'a [Uuid]) -> BoxFuture<'a, Result<bool, Failure>>;

    /// Commits. After an error it is unknown whether it did.
    fn commit(self) -> BoxFuture<'static, Result<(), Failure>>;
}

/// Types of events, as far as they are known here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Types {
    /// Those that have a handler.
    pub(crate) handled: Vec<&'static str>,
    /// Those that are known to have none.
    pub(crate) ignored: Vec<&'static str>,
}

/// An event that failed for good, or for so long that its lane waits no longer.
pub(crate) struct Letter<'a> {
    pub(crate) record: &'a Record,
    pub(crate) failure: &'a Failure,
    pub(crate) fingerprint: String,
    pub(crate) attempts: u32,
    /// The build that has tried it.
    pub(crate) build: &'a str,
    /// When it goes again by itself; `None`: when a build comes that has not tried it.
    pub(crate) again: Option<Duration>,
}

/// A sequence of dead letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// A sequence whose time has come.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub(crate) parked: Parked,
    /// Replays in a row that came to nothing.
    pub(crate) tries: u32,
    /// The group of what blocks it, unless a person asked for this replay.
    pub(crate) automatic: Option<String>,
    /// Its first letters, in order.
    pub(crate) letters: Vec<Returning>,
}

/// A letter that failed again.
pub(crate) struct FailedAgain {
    pub(crate) letter: Uuid,
    pub(crate) failure: Failure,
    pub(crate) fingerprint: String,
    pub(crate) attempts: u32,
    /// Replays in a row that came to nothing, with this one.
    pub(crate) tries: u32,
    /// As in [`Letter`].
    pub(crate) again: Option<Duration>,
    /// Another letter blocked the sequence before.
    pub(crate) is_another: bool,
}

/// How much is replayed at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    pub(crate) sequences: usize,
    /// Of all of them together; each gives one at least.
    pub(crate) letters: usize,
}

/// The right to replay a consumer's dead letters; only one process has it. It ends with the connection
/// that everything here goes through.
pub(crate) trait Replays: Send {
    /// Makes due what failed for good and this build has not tried.
    fn renew<'a>(&'a mut self, build: &'a str) -> BoxFuture<'a, Result<(), Failure>>;

    /// Sequences whose replay was asked for or whose time has come, those that wait longest first, but for
    /// those in hand and for held groups.
    fn due<'a>(
        &'a mut self,
        in_hand: &'a [Parked],
        most: Most,
    ) -> BoxFuture<'a, Result<Vec<Due>, Failure>>;

    /// Takes out letters that were handled outside of a transaction.
    fn handled<'a>(&'a mut self, letters: &'a [Uuid]) -> BoxFuture<'a, Result<(), Failure>>;

    /// Sets a letter aside whose type nobody here knows (any more).
    fn set_aside(&mut self, letter: Uuid) -> BoxFuture<'_, Result<(), Failure>>;

    /// Notes that a letter failed again; its sequence stays parked and waits for its next time.
    fn failed<'a>(
        &'a mut self,
        parked: &'a Parked,
        again: &'a FailedAgain,
        build: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Lets those sequences flow again of which nothing is left; says which.
    fn release<'a>(
        &'a mut self,
        parked: &'a [Parked],
    ) -> BoxFuture<'a, Result<Vec<Parked>, Failure>>;

    /// Tells the audit how many letters of a group were replayed by themselves.
    fn tell<'a>(&'a mut self, group: &'a str, letters: u64) -> BoxFuture<'a, Result<(), Failure>>;
}
