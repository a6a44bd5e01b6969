//! A member of a consumer group, whatever client it has: takes up the partitions that it is given, fills their lanes,
//! commits what they have done, and gives them up.
//!
//! All of it happens in one thread, or one task: that of who polls the client.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rdkafka::error::KafkaError;
use tokio::time::Instant;

use super::assignment::{Assignment, Due, Held, Partition};
use super::client::{Client, Queue, Told, Wake};
use super::finished::Finished;
use super::progress::Progress;
use crate::error::BusError;
use crate::metrics;

/// Messages taken from one partition before the next has its turn: so many that a busy partition gives several
/// of each key, which are then handled in one go.
const TAKEN_AT_ONCE: usize = 1_024;
/// How often positions are committed, and lanes are looked at.
const COMMIT_EVERY: Duration = Duration::from_millis(500);

/// What the group wants of a member.
pub(crate) enum Change {
    Assigned(Vec<Partition>),
    Revoked(Vec<Partition>),
}

pub(crate) struct Membership<C: Client> {
    group: &'static str,
    assignment: Mutex<Assignment>,
    /// Each assigned partition's own queue: what is not taken from it stops the fetching of that partition
    /// and of no other.
    queues: Mutex<VecDeque<(Partition, C::Queue)>>,
    progress: Mutex<Progress>,
    committed_at: Mutex<Instant>,
    /// Why the client cannot follow its group any more.
    failure: OnceLock<KafkaError>,
}

impl<C: Client> Membership<C> {
    pub(crate) fn new(group: &'static str, assignment: Assignment, progress: Progress) -> Self {
        Self {
            group,
            assignment: Mutex::new(assignment),
            queues: Mutex::default(),
            progress: Mutex::new(progress),
            committed_at: Mutex::new(Instant::now()),
            failure: OnceLock::new(),
        }
    }

    /// Never held while the client is asked for anything: it may call back.
    pub(crate) fn assignment(&self) -> MutexGuard<'_, Assignment> {
        locked(&self.assignment)
    }

    /// Follows the group. `wake` is called when there is something to do for [`Self::turn`].
    pub(crate) async fn follow(&self, client: &C, change: Change, wake: &Wake) {
        let followed = match change {
            Change::Assigned(partitions) => {
                self.open(client, &partitions, wake);
                let count = partitions.len();
                tracing::info!(
                    consumer = self.group,
                    partitions = count,
                    "partitions assigned"
                );
                client.assign(&partitions)
            }
            Change::Revoked(partitions) => {
                self.close(client, &partitions).await;
                let count = partitions.len();
                tracing::info!(
                    consumer = self.group,
                    partitions = count,
                    "partitions given up"
                );
                client.unassign(&partitions)
            }
        };
        if let Err(error) = followed {
            self.failed(error);
        }
    }

    /// The client must be made anew.
    pub(crate) fn failed(&self, error: KafkaError) {
        // The first reason is the one to tell.
        self.failure.set(error).ok();
    }

    /// Gives every lane what it has room for, and commits; returns how much the lanes were given.
    ///
    /// # Errors
    /// When all of this, and the client, must be made anew.
    pub(crate) fn turn(&self, client: &C) -> Result<usize, BusError> {
        if let Some(error) = self.failure.get() {
            return Err(BusError::Rebalance(error.clone()));
        }
        let taken = self.fill()?;
        let mut committed_at = locked(&self.committed_at);
        if committed_at.elapsed() >= COMMIT_EVERY {
            *committed_at = Instant::now();
            let mut assignment = self.assignment();
            let (due, broken) = (assignment.due(), assignment.broken());
            drop(assignment);
            commit(client, &due, false);
            if let Some(error) = broken {
                return Err(error);
            }
        }
        Ok(taken)
    }

    /// Finishes what is in hand, and commits it.
    pub(crate) async fn end(&self, client: &C) {
        let due = self.drain(|_| true).await;
        commit(client, &due, true);
    }

    /// Lets go of the queues, which may hold their client.
    pub(crate) fn clear(&self) {
        locked(&self.queues).clear();
    }

    /// Looks, every now and then, at what the client knows of each partition, and whether brokers answer it.
    pub(crate) fn look(&self, is_up: bool, told: impl Fn(&Partition) -> Option<Told>) {
        let mut assignment = self.assignment();
        let mut standings = Vec::new();
        for lane in assignment.lanes_mut() {
            let told = told(lane.partition());
            if let Some(told) = &told {
                look_at(self.group, lane, told);
            }
            let is_waiting = told.is_some_and(|told| told.is_waiting());
            standings.push(lane.standing(is_up && is_waiting));
        }
        let in_flight = assignment.in_flight();
        assignment.report();
        drop(assignment);
        metrics::in_flight(self.group, in_flight);
        locked(&self.progress).look(standings);
    }

    /// Gives each partition a queue of its own and a lane that goes on where its last owner left off. Before it
    /// is assigned: a message that went into the common queue would be read after later ones of its partition.
    fn open(&self, client: &C, partitions: &[Partition], wake: &Wake) {
        // If the group does not say what earlier owners had finished, nothing: then more is repeated.
        let committed = client.committed(partitions).unwrap_or_else(|error| {
            tracing::warn!(%error, "the group does not say what is committed");
            Vec::new()
        });
        let earlier = committed
            .into_iter()
            .map(|(position, metadata)| Finished::decode(position, &metadata));
        let earlier = earlier.chain(std::iter::repeat_with(Finished::default));
        for (partition, earlier) in partitions.iter().zip(earlier) {
            let Some(queue) = client.split(partition, Arc::clone(wake)) else {
                let (topic, partition) = partition;
                let no_queue = format!("{topic} {partition} has no queue");
                return self.failed(KafkaError::Subscription(no_queue));
            };
            let has_room = Arc::clone(wake);
            let has_room = Box::new(move || has_room());
            self.assignment().open(partition.clone(), earlier, has_room);
            locked(&self.queues).push_back((partition.clone(), queue));
        }
    }

    /// Finishes what is in hand of these partitions, commits it if they are still ours, and lets go of them.
    async fn close(&self, client: &C, partitions: &[Partition]) {
        let due = self.drain(|partition| partitions.contains(partition)).await;
        if !client.is_lost() {
            commit(client, &due, true);
        }
        locked(&self.queues).retain(|(partition, _)| !partitions.contains(partition));
    }

    /// Ends the lanes that `chosen` names, finishing what they are at; returns what is to be committed.
    async fn drain(&self, chosen: impl Fn(&Partition) -> bool) -> Vec<Due> {
        let leaving = self.assignment().leave(chosen);
        leaving.drained(self.group).await
    }

    /// Gives every lane what it has room for and its queue has, in turns; returns how much that was.
    fn fill(&self) -> Result<usize, BusError> {
        let mut queues = locked(&self.queues);
        let next = usize::from(queues.len() > 1);
        queues.rotate_left(next);
        let mut taken = 0;
        for (partition, queue) in queues.iter() {
            let mut assignment = self.assignment();
            let Some(at) = assignment.position_of(partition) else {
                continue;
            };
            let room = assignment.room(at).min(TAKEN_AT_ONCE);
            drop(assignment);
            let mut chunk = Vec::new();
            // A count of references that the lanes do not share with this thread.
            let mut topic: Option<Arc<str>> = None;
            while chunk.len() < room {
                let topic = || Arc::clone(topic.get_or_insert_with(|| Arc::from(&*partition.0)));
                match queue.next(topic) {
                    None => break,
                    Some(Ok(record)) => chunk.push(record),
                    Some(Err(error)) => check(error)?,
                }
            }
            if !chunk.is_empty() {
                taken += chunk.len();
                self.assignment().give(at, chunk);
            }
        }
        Ok(taken)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn look_at(group: &'static str, lane: &mut Held, told: &Told) {
    lane.is_known_to_have(told.committed);
    lane.look_at_log(group, told.first, told.read());
    let done = lane.done_up_to();
    let done = done.unwrap_or(told.committed.max(told.first));
    if told.end >= 0 && done >= 0 {
        let (topic, partition) = lane.partition();
        let lag = (told.end - done).max(0);
        metrics::lag(group, topic, *partition, lag);
        lane.lags(lag);
    }
}

fn commit<C: Client>(client: &C, due: &[Due], last: bool) {
    if due.is_empty() {
        return;
    }
    if let Err(error) = client.commit(due, last) {
        // A lane that goes on asks again; of one that is gone more is repeated, and the inbox knows it.
        tracing::debug!(%error, "offsets were not committed");
    }
}

/// Most errors pass by themselves: a broker restarts, a topic is about to be created.
pub(super) fn check(error: KafkaError) -> Result<(), BusError> {
    match error {
        KafkaError::MessageConsumptionFatal(_) => Err(BusError::Config(error)),
        _ => {
            tracing::debug!(%error, "kafka consumer");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
