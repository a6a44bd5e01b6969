//! The topics of a consumer: how many partitions they have, and whether they are as they must be.

use std::time::Duration;

use nova_event::Topic;
use nova_resilience::{Backoff, Chain};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::admin::{self, TopicDifference};
use crate::config::KafkaConfig;
use crate::error::BusError;

/// How long the start may be delayed to learn how many partitions there are.
const ASKED: Duration = Duration::from_secs(2);

/// What is fetched ahead, of all partitions together: twice as much if no fetch is small.
const PREFETCH_KBYTES: usize = 64 << 10;
/// The same, in messages: small ones take more in memory than their bytes.
const PREFETCH_MESSAGES: usize = 200_000;
/// Bounds for one partition.
const KBYTES: (usize, usize) = (64, 8 << 10);
const MESSAGES: (usize, usize) = (500, 100_000);
/// Bytes of one partition in one fetch: not so few that one batch of a busy producer is more.
const FETCHED: (usize, usize) = (256 << 10, 1 << 20);

/// The topics that a consumer reads.
#[derive(Clone)]
pub(super) struct Topics {
    /// As they are called on the broker, each with how it is described, if it is.
    pub(super) all: Vec<(String, Option<Topic>)>,
}

/// How much the client fetches ahead of each partition. librdkafka bounds each partition by itself once they
/// have queues of their own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Prefetch {
    /// `queued.max.messages.kbytes`
    pub(super) kbytes: usize,
    /// `queued.min.messages`
    pub(super) messages: usize,
    /// `fetch.message.max.bytes`
    pub(super) fetched: usize,
}

impl Prefetch {
    /// As much as is fetched ahead of each, when there are so many partitions.
    pub(super) fn of(partitions: usize) -> Self {
        let partitions = partitions.max(1);
        let kbytes = (PREFETCH_KBYTES / partitions).clamp(KBYTES.0, KBYTES.1);
        Self {
            kbytes,
            messages: (PREFETCH_MESSAGES / partitions).clamp(MESSAGES.0, MESSAGES.1),
            fetched: (kbytes << 10).clamp(FETCHED.0, FETCHED.1),
        }
    }
}

impl Topics {
    pub(super) fn names(&self) -> Vec<String> {
        self.all.iter().map(|(name, _)| name.clone()).collect()
    }

    /// How many partitions there are, as Kafka says; if it does not answer soon, as the topics are described.
    pub(super) async fn partitions(&self, kafka: &KafkaConfig) -> usize {
        let (kafka, names) = (kafka.clone(), self.names());
        let asked = tokio::task::spawn_blocking(move || admin::partitions(&kafka, &names, ASKED));
        let found = asked.await.ok().and_then(Result::ok).unwrap_or_default();
        let described = self.all.iter().map(|(_, topic)| {
            let partitions = topic.map_or(1, |topic| topic.partitions);
            usize::try_from(partitions).unwrap_or(1)
        });
        found.max(described.sum())
    }

    /// Says, once Kafka answers, what of the topics is not as it must be, and, once there is any, for how long the one
    /// that keeps its messages longest does so.
    pub(super) async fn check(
        &self,
        group: &str,
        kafka: &KafkaConfig,
        longest: &watch::Sender<Option<Duration>>,
        stop: &CancellationToken,
    ) {
        let backoff = Backoff::standard();
        let mut failures = 0;
        let mut said = Vec::new();
        while !stop.is_cancelled() {
            // Kafka may take its time to answer, and whoever stops has none.
            let Some(seen) = stop.run_until_cancelled(self.look(kafka)).await else {
                return;
            };
            match seen {
                Ok((differences, retention)) => {
                    for difference in differences.iter().filter(|new| !said.contains(*new)) {
                        tracing::warn!(consumer = group, "{difference}");
                    }
                    said = differences;
                    longest.send_replace(retention);
                    if retention.is_some() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::debug!(consumer = group, "topics are unknown: {}", Chain(&error));
                }
            }
            failures += 1;
            let wait = tokio::time::sleep(backoff.wait(failures));
            stop.run_until_cancelled(wait).await;
        }
    }

    async fn look(
        &self,
        kafka: &KafkaConfig,
    ) -> Result<(Vec<TopicDifference>, Option<Duration>), BusError> {
        let existing = admin::existing(kafka, &self.names()).await?;
        let retention = existing.iter().filter_map(admin::Existing::retention).max();
        let all = self.all.iter().zip(&existing);
        let differences = all.flat_map(|((name, topic), existing)| {
            admin::differences(name, topic.as_ref(), None, existing)
        });
        Ok((differences.collect(), retention))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fetched_ahead_is_bounded_whatever_the_number_of_partitions() {
        let few = Prefetch::of(1);
        assert_eq!(
            (few.kbytes, few.messages, few.fetched),
            (8_192, 100_000, 1 << 20)
        );
        assert_eq!(Prefetch::of(0), few);
        assert_eq!(
            Prefetch::of(8),
            Prefetch {
                messages: 25_000,
                ..few
            }
        );
        for partitions in [1, 8, 9, 100, 250] {
            let each = Prefetch::of(partitions);
            assert!(each.kbytes * partitions <= PREFETCH_KBYTES, "{each:?}");
            assert!(
                each.fetched * partitions <= PREFETCH_KBYTES << 10,
                "{each:?}"
            );
            assert!(each.messages * partitions <= PREFETCH_MESSAGES, "{each:?}");
        }
    }
}
