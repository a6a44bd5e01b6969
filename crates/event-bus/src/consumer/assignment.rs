//! The partitions that are assigned, a lane for each: filled as far as memory allows, committed as far as
//! they are done, drained before they are given up.

use std::sync::Arc;
use std::time::Duration;

use nova_resilience::BreakerRegistry;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::deleted::Deleted;
use super::finished::Finished;
pub(crate) use super::flow::Partition;
use super::flow::{Flow, Position};
use super::lane::{Lane, Means};
use super::progress::Standing;
use super::standing::Standings;
use crate::error::BusError;
use crate::metrics;
use crate::middleware::{Gate, Scope, Stop};
use crate::options::ConsumerOptions;
use crate::record::Record;

/// A partition with the position that is to be committed.
pub(crate) type Due = (Partition, Position);

pub(crate) struct Assignment {
    means: Means,
    options: ConsumerOptions,
    runtime: Handle,
    /// One for each lane; gone with it.
    breakers: Option<BreakerRegistry<Partition>>,
    standings: Standings,
    lanes: Vec<Held>,
    taken: Taken,
}

/// What all lanes have in flight, or less: what was done since it was counted is still in it.
#[derive(Default)]
struct Taken {
    events: usize,
    bytes: usize,
    /// How often it may be used before it is counted again.
    good_for: usize,
}

/// An open lane, from outside.
pub(crate) struct Held {
    partition: Partition,
    to_lane: mpsc::UnboundedSender<Vec<Record>>,
    flow: Arc<Flow>,
    stop: Stop,
    task: JoinHandle<()>,
    /// What was last asked to be committed.
    asked: Option<Position>,
    /// Bytes of a message, of late.
    size: usize,
    is_full: bool,
    deleted: Deleted,
}

/// A full lane is given more when one part in so many is done: not after each message, and not so late that
/// keys have nothing left.
const EMPTIED: usize = 4;
/// A lane may have so many times what it leaves free for all (the dynamic thresholds of Choudhury and Hahne, 1998):
/// those that were first leave something to those that come later, and all together never have too much.
const TIMES_FREE: usize = 8;

impl Assignment {
    pub(crate) fn new(
        means: Means,
        options: ConsumerOptions,
        runtime: Handle,
        standings: Standings,
    ) -> Self {
        let consumer = means.work.consumer();
        let breakers = options.breaker.as_ref().map(|breaker| {
            BreakerRegistry::new(breaker.config, move |(topic, partition): &Partition| {
                format!("{consumer}.{topic}.{partition}")
            })
        });
        Self {
            means,
            options,
            runtime,
            breakers,
            standings,
            lanes: Vec::new(),
            taken: Taken::default(),
        }
    }

    #[cfg(test)]
    pub(crate) fn lanes(&self) -> &[Held] {
        &self.lanes
    }

    pub(crate) fn lanes_mut(&mut self) -> &mut [Held] {
        &mut self.lanes
    }

    pub(crate) fn position_of(&self, partition: &Partition) -> Option<usize> {
        self.lanes
            .iter()
            .position(|lane| lane.partition.1 == partition.1 && lane.partition.0 == partition.0)
    }

    /// Opens a lane for a partition of which an earlier owner had done what `earlier` says. `has_room` is
    /// called when the lane can take more after it could not.
    pub(crate) fn open(
        &mut self,
        partition: Partition,
        earlier: Finished,
        has_room: Box<dyn Fn() + Send + Sync>,
    ) {
        let (to_lane, arrivals) = mpsc::unbounded_channel();
        let flow = Arc::new(Flow::new(has_room));
        let stop = Stop::default();
        let breaker = self.options.breaker.as_ref().zip(self.breakers.as_ref());
        let gate = breaker.map(|(options, all)| (all.get_or_open(&partition), options.when_open));
        let breaker = gate.as_ref().map(|(breaker, _)| breaker.clone());
        self.standings.add(&partition, breaker, &flow);
        let scope = Scope {
            topic: Arc::clone(&partition.0),
            partition: partition.1,
            stop: stop.clone(),
            gate: Gate(gate),
            handled: metrics::Handled::of(self.means.work.consumer(), &partition.0),
            activity: flow.activity(),
        };
        let deleted = Deleted::after(earlier.position());
        let lane = Lane::new(
            self.means.clone(),
            Arc::new(scope),
            Arc::clone(&flow),
            earlier,
        );
        self.lanes.push(Held {
            partition,
            to_lane,
            flow,
            stop,
            task: self.runtime.spawn(lane.run(arrivals)),
            asked: None,
            size: 0,
            is_full: false,
            deleted,
        });
        self.taken.good_for = 0;
    }

    /// How many more messages a lane may be given now: its share, as long as all lanes together keep within
    /// their bounds. A lane that was full gets none until a part of it is done, and says so itself; one that
    /// has done more than its commit can tell gets none until that fits.
    pub(crate) fn room(&mut self, at: usize) -> usize {
        self.count();
        let lanes = self.lanes.len().max(1);
        let (events, bytes) = (self.options.in_flight, self.options.in_flight_bytes);
        let free = events.max(lanes).saturating_sub(self.taken.events);
        let free_bytes = bytes.saturating_sub(self.taken.bytes);
        let Some(lane) = self.lanes.get_mut(at) else {
            return 0;
        };
        let (in_flight, size) = (lane.flow.in_flight(), lane.size.max(1));
        let share = (events / lanes).min(bytes / lanes / size).max(1);
        // However large its messages are, a lane that has none gets one.
        let by_bytes = fair(free_bytes / size, in_flight).max(usize::from(in_flight == 0));
        let fair = fair(free, in_flight).min(by_bytes);
        let most = share.min(in_flight + fair);
        let low = most - (most / EMPTIED).max(1).min(most);
        lane.is_full = in_flight >= most || (lane.is_full && in_flight > low);
        if lane.is_full {
            lane.flow.call_at(low);
            // It may have come so far before it knew that it should say so.
            lane.is_full = lane.flow.in_flight() > low;
        }
        if lane.is_full || lane.flow.is_full() {
            return 0;
        }
        fair.min(share - lane.flow.in_flight().min(share))
    }

    /// Counts what is in flight, once for every time that each lane is asked for its room.
    fn count(&mut self) {
        if let Some(good_for) = self.taken.good_for.checked_sub(1) {
            self.taken.good_for = good_for;
            return;
        }
        self.taken = Taken {
            good_for: self.lanes.len().saturating_sub(1),
            ..Taken::default()
        };
        for lane in &self.lanes {
            let in_flight = lane.flow.in_flight();
            self.taken.events += in_flight;
            self.taken.bytes += in_flight * lane.size;
        }
    }

    /// Gives messages to a lane.
    pub(crate) fn give(&mut self, at: usize, chunk: Vec<Record>) {
        let Some(lane) = self.lanes.get_mut(at) else {
            return;
        };
        let mut bytes = 0;
        for record in &chunk {
            bytes += record.size();
            lane.deleted.pass(record.offset());
        }
        self.taken.events += chunk.len();
        self.taken.bytes += bytes;
        let size = bytes / chunk.len().max(1);
        lane.size = if lane.size == 0 {
            size
        } else {
            (lane.size * 7 + size) / 8
        };
        lane.flow.given(chunk.len());
        // A lane that is gone was aborted; its partition is about to be as well.
        lane.to_lane.send(chunk).ok();
    }

    /// What is done and was not asked to be committed yet.
    pub(crate) fn due(&mut self) -> Vec<Due> {
        self.lanes.iter_mut().filter_map(Held::due).collect()
    }

    /// Messages in all lanes that are not done.
    pub(crate) fn in_flight(&self) -> usize {
        self.lanes.iter().map(|lane| lane.flow.in_flight()).sum()
    }

    /// A lane that is of no more use, so that all of this has to be made anew.
    pub(crate) fn broken(&self) -> Option<BusError> {
        self.lanes.iter().find_map(|lane| {
            let (topic, partition) = (lane.partition.0.to_string(), lane.partition.1);
            if lane.flow.is_anew() {
                Some(BusError::Anew { topic, partition })
            } else if lane.task.is_finished() {
                // Nobody has told it to stop: those that were told are no longer here.
                Some(BusError::Lane { topic, partition })
            } else {
                None
            }
        })
    }

    /// Says how the breakers stand: gauges that nobody sets vanish.
    pub(crate) fn report(&self) {
        if let Some(breakers) = &self.breakers {
            breakers.report();
        }
        self.standings.tell();
    }

    /// The process dies: nothing is finished.
    #[cfg(test)]
    pub(crate) fn crash(&mut self) {
        for lane in self.lanes.drain(..) {
            lane.task.abort();
            self.standings.remove(&lane.partition, &lane.flow);
        }
    }

    /// Tells the chosen lanes to finish what they are at.
    pub(crate) fn leave(&mut self, chosen: impl Fn(&Partition) -> bool) -> Leaving {
        let leaving: Vec<Held> = self
            .lanes
            .extract_if(.., |lane| chosen(&lane.partition))
            .collect();
        self.taken.good_for = 0;
        for lane in &leaving {
            lane.stop.cancel();
            self.standings.remove(&lane.partition, &lane.flow);
            if let Some(breakers) = &self.breakers {
                breakers.remove(&lane.partition);
            }
        }
        self.standings.tell();
        Leaving {
            lanes: leaving,
            within: self.options.drain,
        }
    }
}

/// How many more one may take that has `mine`, of what is free for all.
const fn fair(free: usize, mine: usize) -> usize {
    (TIMES_FREE * free + 1).saturating_sub(mine) / (TIMES_FREE + 1)
}

impl Held {
    pub(crate) const fn partition(&self) -> &Partition {
        &self.partition
    }

    /// What the lane is at.
    pub(crate) fn standing(&self, waits: bool) -> Standing {
        let in_flight = self.flow.in_flight();
        Standing {
            partition: self.partition.clone(),
            in_flight,
            waits: waits || in_flight > 0,
            moves: self.flow.moves(),
        }
    }

    /// The log begins at this offset, and everything that was read of it has come.
    pub(crate) fn look_at_log(&mut self, consumer: &'static str, first: i64, read: Option<i64>) {
        if let Some(gone) = self.deleted.look(first, read) {
            let what = "records were deleted before they were handled";
            metrics::violated(consumer, what);
            tracing::error!(
                consumer,
                topic = %self.partition.0,
                partition = self.partition.1,
                from = gone.start,
                to = gone.end,
                "a promise is broken: {what}"
            );
        }
    }

    /// Everything before this offset is done, if the lane has told.
    pub(crate) fn done_up_to(&self) -> Option<i64> {
        Some(self.flow.position()?.offset)
    }

    /// So many of its messages are not done.
    pub(crate) fn lags(&self, messages: i64) {
        self.flow.lags(messages);
    }

    /// Whether it has done more than its commit can tell.
    #[cfg(test)]
    pub(crate) fn is_full(&self) -> bool {
        self.flow.is_full()
    }

    /// The group has this; if that is not what was asked for, it is due again.
    pub(crate) fn is_known_to_have(&mut self, committed: i64) {
        self.asked.take_if(|asked| asked.offset != committed);
    }

    fn due(&mut self) -> Option<Due> {
        let position = self.flow.position()?;
        if self.asked.as_ref() == Some(&position) {
            return None;
        }
        self.asked = Some(position.clone());
        Some((self.partition.clone(), position))
    }
}

/// Lanes that were told to finish.
pub(crate) struct Leaving {
    lanes: Vec<Held>,
    within: Duration,
}

impl Leaving {
    /// Waits for them; what is not finished in time is dropped and rolled back. Returns what is to be
    /// committed before the partitions are given up.
    pub(crate) async fn drained(self, consumer: &str) -> Vec<Due> {
        let deadline = Instant::now() + self.within;
        let mut due = Vec::new();
        for mut lane in self.lanes {
            let ended = tokio::time::timeout_at(deadline, &mut lane.task).await;
            if ended.is_err() {
                lane.task.abort();
                // Aborted, it can still be in the middle of a step.
                (&mut lane.task).await.ok();
                tracing::warn!(consumer, topic = %lane.partition.0, partition = lane.partition.1,
                    "an event was not finished before its partition was given up");
            }
            // Also what was asked for before: nobody will look whether that was granted.
            lane.asked = None;
            due.extend(lane.due());
        }
        due
    }
}

#[cfg(test)]
pub(super) mod tests;
