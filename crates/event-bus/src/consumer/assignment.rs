//! The partitions that are assigned, a lane for each: filled as far as memory allows, committed as far as
//! they are done, drained before they are given up.

use std::sync::Arc;
use std::time::Duration;

use nova_resilience::BreakerRegistry;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::finished::Finished;
use super::flow::{Flow, Position};
use super::lane::{Lane, Means};
use crate::metrics;
use crate::middleware::{Gate, Scope, Stop};
use crate::options::ConsumerOptions;
use crate::record::Record;

/// A partition of a topic.
pub(crate) type Partition = (Arc<str>, i32);

/// A partition with the position that is to be committed.
pub(crate) type Due = (Partition, Position);

pub(crate) struct Assignment {
    means: Means,
    options: ConsumerOptions,
    runtime: Handle,
    /// One for each lane; gone with it.
    breakers: Option<BreakerRegistry<Partition>>,
    lanes: Vec<Held>,
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
}

/// A full lane is given more when one part in so many is done: not after each message, and not so late that
/// keys have nothing left.
const EMPTIED: usize = 4;

impl Assignment {
    pub(crate) fn new(means: Means, options: ConsumerOptions, runtime: Handle) -> Self {
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
            lanes: Vec::new(),
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
        let scope = Scope {
            topic: Arc::clone(&partition.0),
            partition: partition.1,
            stop: stop.clone(),
            gate: Gate(gate),
            handled: metrics::Handled::of(self.means.work.consumer(), &partition.0),
        };
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
        });
    }

    /// How many more messages a lane may be given now. A lane that was full gets none until a part of it is
    /// done; it says so itself.
    pub(crate) fn room(&mut self, at: usize) -> usize {
        let lanes = self.lanes.len().max(1);
        let (events, bytes) = (self.options.in_flight, self.options.in_flight_bytes);
        let Some(lane) = self.lanes.get_mut(at) else {
            return 0;
        };
        let by_bytes = bytes / lanes / lane.size.max(1);
        let share = (events / lanes).min(by_bytes).max(1);
        let low = share - (share / EMPTIED).max(1);
        let in_flight = lane.flow.in_flight();
        lane.is_full = in_flight >= share || (lane.is_full && in_flight > low);
        if lane.is_full {
            lane.flow.call_at(low);
            // It may have come so far before it knew that it should say so.
            lane.is_full = lane.flow.in_flight() > low;
        }
        if lane.is_full {
            return 0;
        }
        share - lane.flow.in_flight().min(share)
    }

    /// Gives messages to a lane.
    pub(crate) fn give(&mut self, at: usize, chunk: Vec<Record>) {
        let Some(lane) = self.lanes.get_mut(at) else {
            return;
        };
        let bytes: usize = chunk.iter().map(Record::size).sum();
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

    /// Messages in all lanes that are not done, and messages done so far.
    pub(crate) fn totals(&self) -> (usize, usize) {
        let flows = self.lanes.iter().map(|lane| &lane.flow);
        flows.fold((0, 0), |(in_flight, handled), flow| {
            (in_flight + flow.in_flight(), handled + flow.handled())
        })
    }

    /// The process dies: nothing is finished.
    #[cfg(test)]
    pub(crate) fn crash(&mut self) {
        for lane in self.lanes.drain(..) {
            lane.task.abort();
        }
    }

    /// Tells the chosen lanes to finish what they are at.
    pub(crate) fn leave(&mut self, chosen: impl Fn(&Partition) -> bool) -> Leaving {
        let leaving: Vec<Held> = self
            .lanes
            .extract_if(.., |lane| chosen(&lane.partition))
            .collect();
        for lane in &leaving {
            lane.stop.cancel();
            if let Some(breakers) = &self.breakers {
                breakers.remove(&lane.partition);
            }
        }
        Leaving {
            lanes: leaving,
            within: self.options.drain,
        }
    }
}

impl Held {
    pub(crate) const fn partition(&self) -> &Partition {
        &self.partition
    }

    /// Everything before this offset is done, if the lane has told.
    pub(crate) fn done_up_to(&self) -> Option<i64> {
        Some(self.flow.position()?.offset)
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
