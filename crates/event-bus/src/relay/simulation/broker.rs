//! As much of Kafka and its client as the relay sees: one partition per key, and acknowledgements.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rdkafka::error::KafkaError;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::Odds;
use super::database::Event;
use crate::error::BusError;
use crate::relay::publish::{Publish, Settled};

pub(super) struct Topic {
    odds: Odds,
    rng: StdRng,
    /// Row ids as they were published.
    pub(super) log: Vec<i64>,
    /// What the relay was told of.
    pub(super) acknowledged: BTreeSet<i64>,
}

/// The broker.
#[derive(Clone)]
pub(super) struct Broker(Arc<Mutex<Topic>>);

impl Broker {
    pub(super) fn new(seed: u64, odds: Odds) -> Self {
        Self(Arc::new(Mutex::new(Topic {
            odds,
            rng: StdRng::seed_from_u64(seed),
            log: Vec::new(),
            acknowledged: BTreeSet::new(),
        })))
    }

    pub(super) fn topic(&self) -> MutexGuard<'_, Topic> {
        self.0.lock().unwrap()
    }

    /// From here on nothing breaks.
    pub(super) fn calm_down(&self) {
        self.topic().odds.broken_producer = None;
    }

    pub(super) fn connect(&self) -> Producer {
        let (sender, receiver) = mpsc::unbounded_channel();
        let back = Arc::<Back>::default();
        Producer {
            sending: tokio::spawn(send(self.clone(), receiver, Arc::clone(&back))),
            queue: sender,
            back,
            batches: VecDeque::new(),
        }
    }

    /// How long a batch takes, and where in it the producer breaks.
    fn fate(&self, rows: usize) -> (Duration, Option<usize>) {
        let mut topic = self.topic();
        let most = topic.odds.acknowledged;
        let took = most.mul_f64(topic.rng.random_range(0.1..1.0));
        let breaks = topic.odds.broken_producer;
        let breaks = breaks.is_some_and(|of| topic.rng.random_ratio(1, of));
        (took, breaks.then(|| topic.rng.random_range(0..=rows)))
    }
}

#[derive(Default)]
struct Back {
    settled: Mutex<VecDeque<Settled>>,
    one: Notify,
}

/// The client: what it has taken and not sent dies with it.
pub(super) struct Producer {
    queue: mpsc::UnboundedSender<Vec<Event>>,
    sending: JoinHandle<()>,
    back: Arc<Back>,
    /// Rows of each batch in flight.
    batches: VecDeque<usize>,
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.sending.abort();
    }
}

async fn send(broker: Broker, mut queue: mpsc::UnboundedReceiver<Vec<Event>>, back: Arc<Back>) {
    while let Some(batch) = queue.recv().await {
        let (took, breaks) = broker.fate(batch.len());
        tokio::time::sleep(took / 2).await;
        let mut settled = Settled::default();
        for event in batch.iter().take(breaks.unwrap_or(batch.len())) {
            if event.is_too_large {
                settled.refused.push((event.id, "too large".to_owned()));
            } else {
                broker.topic().log.push(event.id);
                settled.published.push(event.id);
            }
        }
        tokio::time::sleep(took / 2).await;
        if breaks.is_some() {
            // Of the last ones nobody knows whether they got there.
            settled.published.truncate(settled.published.len() / 2);
            settled.broken = Some(BusError::Produce {
                topic: "simulated".to_owned(),
                source: KafkaError::Canceled,
            });
        }
        broker.topic().acknowledged.extend(&settled.published);
        back.settled.lock().unwrap().push_back(settled);
        back.one.notify_one();
        if breaks.is_some() {
            return;
        }
    }
}

impl Publish<Event> for Producer {
    async fn send(&mut self, rows: Vec<Event>) {
        if rows.is_empty() {
            return;
        }
        for _ in 0..rows.len() % 3 {
            tokio::task::yield_now().await;
        }
        self.batches.push_back(rows.len());
        drop(self.queue.send(rows));
    }

    fn in_flight(&self) -> usize {
        self.batches.iter().sum()
    }

    fn settled(&mut self) -> Option<Settled> {
        let settled = self.back.settled.lock().unwrap().pop_front()?;
        self.batches.pop_front();
        Some(settled)
    }

    async fn wait(&mut self) {
        while !self.batches.is_empty() && self.back.settled.lock().unwrap().is_empty() {
            self.back.one.notified().await;
        }
    }
}
