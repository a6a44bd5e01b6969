//! What a member of a group needs of a Kafka client, so that a simulated one can take its place.

use std::sync::Arc;

use rdkafka::error::KafkaError;

use super::assignment::{Due, Partition};
use crate::record::Record;

/// Called when there is something to take, from whatever thread.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// A client that belongs to a group. None of it is called while the member holds a lock that the client's own
/// callbacks might want.
pub(crate) trait Client: Send + Sync {
    /// What it has fetched of one partition.
    type Queue: Queue;

    /// What the group has committed of each of the partitions, with its metadata; an offset below 0 if nothing.
    ///
    /// # Errors
    /// When the group does not say.
    fn committed(&self, partitions: &[Partition]) -> Result<Vec<(i64, String)>, KafkaError>;

    /// Gives a partition that is about to be assigned a queue of its own; `wake` is called when that gets something.
    fn split(&self, partition: &Partition, wake: Wake) -> Option<Self::Queue>;

    /// Takes up partitions that the group gives.
    ///
    /// # Errors
    /// When the client does not follow.
    fn assign(&self, partitions: &[Partition]) -> Result<(), KafkaError>;

    /// Lets go of partitions that the group takes.
    ///
    /// # Errors
    /// When the client does not follow.
    fn unassign(&self, partitions: &[Partition]) -> Result<(), KafkaError>;

    /// Whether the partitions that are given up are another's already, so that nothing can be committed.
    fn is_lost(&self) -> bool;

    /// Asks for positions to be committed, and waits for the answer if these are the last of their lanes.
    ///
    /// # Errors
    /// When they were not, as far as that is told.
    fn commit(&self, due: &[Due], last: bool) -> Result<(), KafkaError>;
}

/// The messages of one partition, in order.
pub(crate) trait Queue: Send {
    /// The next message if there is one, with a topic that is made when it is needed.
    fn next(&self, topic: impl FnOnce() -> Arc<str>) -> Option<Result<Record, KafkaError>>;
}

/// What the client knows of a partition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// What the group has committed; below 0 if nothing, or if it is not known.
    pub(crate) committed: i64,
    /// Where the log begins, and where what may be read of it ends; below 0 if it is not known.
    pub(crate) first: i64,
    pub(crate) end: i64,
    /// What is fetched next; below 0 if nothing is.
    pub(crate) next: i64,
    /// Whether its queue has messages.
    pub(crate) is_queued: bool,
}

impl Told {
    /// Whether there are messages in the queue that nobody takes, or in the log that nobody fetches.
    pub(super) const fn is_waiting(&self) -> bool {
        self.is_queued || (self.next >= 0 && self.next < self.end)
    }

    /// Up to where the log was read, if all of that has come.
    pub(super) fn read(&self) -> Option<i64> {
        (!self.is_queued && self.next >= 0).then_some(self.next)
    }
}
