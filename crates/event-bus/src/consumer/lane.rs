//! A lane: the messages of one assigned partition, handled in order by one task.

use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::time::Instant;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::work::Work;
use crate::record::Record;

/// Messages handed over together; also how many are gathered before a hand-over.
pub(super) const CHUNK: usize = 512;
/// Chunks waiting for the lane's task. With the one being gathered and the one being handled this
/// bounds a partition's memory to six chunks.
const WAITING: usize = 4;

pub(super) struct Lane {
    topic: Arc<str>,
    partition: i32,
    gathering: Vec<Record>,
    to_task: mpsc::Sender<Vec<Record>>,
    paused: bool,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    ended: blocking::Receiver<()>,
}

impl Lane {
    pub(super) fn open(
        runtime: &Handle,
        work: Arc<dyn Work>,
        consumer: Arc<BaseConsumer<Context>>,
        topic: Arc<str>,
        partition: i32,
    ) -> Self {
        let (to_task, chunks) = mpsc::channel(WAITING);
        let (end, ended) = blocking::channel();
        let stop = CancellationToken::new();
        let task = Task {
            work,
            consumer,
            topic: topic.clone(),
            partition,
            stop: stop.clone(),
        };
        let task = runtime.spawn(async move {
            task.run(chunks).await;
            // Nobody waits for a lane that ended by itself.
            end.send(()).ok();
        });
        Self {
            topic,
            partition,
            gathering: Vec::new(),
            to_task,
            paused: false,
            stop,
            task,
            ended,
        }
    }

    pub(super) fn topic(&self) -> &Arc<str> {
        &self.topic
    }

    pub(super) const fn partition(&self) -> i32 {
        self.partition
    }

    /// Adds a message; true when a chunk is full and wants handing over.
    pub(super) fn gather(&mut self, record: Record) -> bool {
        self.gathering.push(record);
        self.gathering.len() >= CHUNK
    }

    /// Hands over what was gathered; false when the task is too far behind.
    pub(super) fn hand_over(&mut self) -> bool {
        if self.gathering.is_empty() {
            return true;
        }
        match self.to_task.try_reserve() {
            Ok(slot) => {
                slot.send(std::mem::take(&mut self.gathering));
                true
            }
            Err(_) => false,
        }
    }

    /// Remembers whether the partition is paused; true when that is new.
    pub(super) const fn set_paused(&mut self, paused: bool) -> bool {
        let changed = self.paused != paused;
        self.paused = paused;
        changed
    }

    pub(super) const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Asks the task to finish what it is at and leave the rest.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the task has ended; past the deadline what it is at is dropped (and rolled back).
    pub(super) fn wait(self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let in_time = self.ended.recv_timeout(left).is_ok();
        if !in_time {
            self.task.abort();
        }
        in_time
    }
}

struct Task {
    work: Arc<dyn Work>,
    consumer: Arc<BaseConsumer<Context>>,
    topic: Arc<str>,
    partition: i32,
    stop: CancellationToken,
}

impl Task {
    async fn run(self, mut chunks: mpsc::Receiver<Vec<Record>>) {
        while !self.stop.is_cancelled() {
            let chunk = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                chunk = chunks.recv() => chunk,
            };
            let Some(chunk) = chunk else { return };
            let Some(offset) = self.work.handle(chunk, &self.stop).await else {
                continue;
            };
            if let Err(error) = self
                .consumer
                .store_offset(&self.topic, self.partition, offset)
            {
                // The partition was taken away meanwhile; its next owner finds the work done.
                tracing::debug!(topic = %self.topic, partition = self.partition, %error,
                    "an offset was not stored");
            }
        }
    }
}
