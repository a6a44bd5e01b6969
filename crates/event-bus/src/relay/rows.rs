//! What the relay asks of the database.

use time::OffsetDateTime;
use uuid::Uuid;

use super::gaps::Horizon;
use super::runs::Run;
use crate::error::BusError;

/// An event waiting to be published.
pub(crate) trait Waiting: Send {
    /// Its row.
    fn id(&self) -> i64;

    /// What it says.
    ///
    /// # Errors
    /// When the row is not of the form that the relay knows.
    fn fields(&self) -> Result<Fields<'_>, BusError>;
}

/// The columns of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) event_id: Uuid,
    pub(crate) event_type: &'a str,
    pub(crate) version: &'a str,
    pub(crate) source: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) key: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) occurred_at: OffsetDateTime,
    /// None: the event is the first of its chain.
    pub(crate) correlation: Option<&'a str>,
    pub(crate) causation: Option<&'a str>,
    pub(crate) traceparent: Option<&'a str>,
    pub(crate) tracestate: Option<&'a str>,
    pub(crate) payload: &'a [u8],
}

/// The outbox as the active relay sees it. Whoever implements this loses the right to delete together with
/// the right to be the active relay.
pub(crate) trait Rows {
    type Row: Waiting;

    /// What lies in `gaps` (at most `limit` rows) and then what comes after `after` (as many again), all
    /// from one snapshot, in the order of the ids.
    async fn read(
        &mut self,
        gaps: &[Run],
        after: i64,
        limit: usize,
    ) -> Result<Vec<Self::Row>, BusError>;

    /// The first row from this one on, and when its transaction began.
    async fn oldest(&mut self, from: i64) -> Result<Option<(i64, OffsetDateTime)>, BusError>;

    /// Deletes what has been published.
    async fn delete(&mut self, published: &[Run]) -> Result<(), BusError>;

    /// Which transactions have ended.
    async fn horizon(&mut self) -> Result<Horizon, BusError>;

    /// Moves a row that Kafka will never take to the dead letters.
    async fn park(&mut self, row: i64, why: &str) -> Result<(), BusError>;

    /// Announces that the relay sleeps, so that whoever appends from here on wakes it. False while a
    /// transaction is open that appended before and so would not.
    async fn fall_asleep(&mut self) -> Result<bool, BusError>;

    /// Waits until somebody wakes the relay. May be dropped at any await.
    async fn woken(&mut self) -> Result<(), BusError>;

    /// Announces that the relay is awake.
    async fn wake_up(&mut self) -> Result<(), BusError>;
}
