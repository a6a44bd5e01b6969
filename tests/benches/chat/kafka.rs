//! Kafka and its client alone: from handing a message over to having it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::ensure;
use nova_event_bus::{KafkaConfig, Producer, create_topics};
use nova_proto::catalogue::MESSAGING_EVENTS;
use nova_testkit::follow;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::times::Times;

/// As long as an event of messaging.
const BYTES: usize = 400;
const PATIENCE: Duration = Duration::from_secs(5);

/// A topic like that of messaging.
pub(crate) struct Bare {
    kafka: KafkaConfig,
    topic: String,
}

impl Bare {
    pub(crate) async fn new(kafka: &KafkaConfig) -> anyhow::Result<Self> {
        let mut kafka = kafka.clone();
        kafka.topic_prefix += "bare.";
        create_topics(&kafka, &[MESSAGING_EVENTS], 1).await?;
        let topic = kafka.topic(MESSAGING_EVENTS.name);
        Ok(Self { kafka, topic })
    }

    /// Produces at a steady rate with the settings of the bus, and consumes beside it: how long each message took.
    pub(crate) async fn run(&self, rate: u32, turn: Duration) -> anyhow::Result<Times> {
        let count = (turn.as_secs_f64() * f64::from(rate)) as usize;
        let came = Arc::new(Mutex::new(vec![None; count]));
        let (ready, is_ready) = oneshot::channel();
        let (kafka, topic, noted) = (self.kafka.clone(), self.topic.clone(), Arc::clone(&came));
        let following = tokio::task::spawn_blocking(move || {
            let mut left = count;
            let ready = || ready.send(()).unwrap_or_default();
            follow(&kafka, &topic, PATIENCE, ready, |payload| {
                let now = Instant::now();
                let number = payload
                    .first_chunk()
                    .map(|eight| usize::from_be_bytes(*eight));
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(place) = number.and_then(|number| noted.get_mut(number)) {
                    *place = Some(now);
                    left -= 1;
                }
                left > 0
            });
        });
        is_ready.await?;
        let producer = Producer::new(&self.kafka)?;
        // Connecting is not part of it.
        producer
            .produce(&self.topic, None, Some(&[0xFF; 8]), &[])
            .await?;
        let mut ticks = interval(Duration::from_secs(1) / rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (mut sent, mut sending) = (Vec::new(), JoinSet::new());
        for number in 0..count {
            ticks.tick().await;
            let mut payload = vec![b'x'; BYTES];
            payload[..8].copy_from_slice(&number.to_be_bytes());
            let (producer, topic) = (producer.clone(), self.topic.clone());
            sent.push(Instant::now());
            sending.spawn(async move {
                let key = (number % 1_000).to_string();
                let key = Some(key.as_bytes());
                producer.produce(&topic, key, Some(&payload), &[]).await
            });
        }
        for produced in sending.join_all().await {
            produced?;
        }
        following.await?;
        let came = came.lock().unwrap_or_else(PoisonError::into_inner);
        let took = sent
            .iter()
            .zip(came.iter())
            .filter_map(|(sent, came)| came.map(|came: Instant| came.duration_since(*sent)));
        let times: Times = took.collect();
        ensure!(times.count() == count, "{} of {count}", times.count());
        Ok(times)
    }
}
