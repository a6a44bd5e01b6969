//! How each assigned partition stands, for a health page.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nova_resilience::{Breaker, BreakerCounts, BreakerState, Health};

use super::flow::{Flow, Partition};

/// How a partition stands that is assigned to this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionStanding {
    /// The topic, as it is called here: without the prefix.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// What its breaker does with the next message; closed without one.
    pub breaker: BreakerState,
    /// What its breaker looks back on; nothing without one.
    pub counts: BreakerCounts,
    /// Messages that are not done, of a few seconds ago; none while Kafka has not told of any. Its own markers of
    /// transactions count.
    pub lag: Option<u64>,
}

/// The partitions that are assigned to a consumer, from anywhere in the process. Clones share it.
#[derive(Clone)]
pub struct Standings {
    shared: Arc<Shared>,
}

struct Shared {
    topic_prefix: String,
    /// Down while a breaker holds handlers back.
    health: Health,
    assigned: Mutex<BTreeMap<Partition, Assigned>>,
}

struct Assigned {
    breaker: Option<Breaker>,
    flow: Arc<Flow>,
}

impl Standings {
    pub(crate) fn new(topic_prefix: &str, health: Health) -> Self {
        Self {
            shared: Arc::new(Shared {
                topic_prefix: topic_prefix.to_owned(),
                health,
                assigned: Mutex::default(),
            }),
        }
    }

    /// Every assigned partition, in the order of topics and partitions. Kafka is not asked for anything.
    #[must_use]
    pub fn list(&self) -> Vec<PartitionStanding> {
        let assigned = self.assigned();
        let all = assigned.iter().map(|((topic, partition), assigned)| {
            let breaker = assigned.breaker.as_ref();
            PartitionStanding {
                topic: self.name_of(topic),
                partition: *partition,
                breaker: state_of(assigned),
                counts: breaker.map(Breaker::counts).unwrap_or_default(),
                lag: assigned.flow.lag(),
            }
        });
        all.collect()
    }

    pub(super) fn add(&self, partition: &Partition, breaker: Option<Breaker>, flow: &Arc<Flow>) {
        let flow = Arc::clone(flow);
        let assigned = Assigned { breaker, flow };
        self.assigned().insert(partition.clone(), assigned);
    }

    /// A client that is made anew may have the partition before the one before it has let go.
    pub(super) fn remove(&self, partition: &Partition, flow: &Arc<Flow>) {
        let mut assigned = self.assigned();
        let is_it = |there: &Assigned| Arc::ptr_eq(&there.flow, flow);
        if assigned.get(partition).is_some_and(is_it) {
            assigned.remove(partition);
        }
    }

    /// Says in which partitions handlers are held back.
    pub(super) fn tell(&self) {
        let assigned = self.assigned();
        let held = assigned
            .iter()
            .filter_map(|((topic, partition), assigned)| {
                let state = state_of(assigned);
                // One that is half open and has nothing to try holds nothing.
                let is_held = match state {
                    BreakerState::Closed => false,
                    BreakerState::HalfOpen => assigned.flow.in_flight() > 0,
                    BreakerState::Open => true,
                };
                is_held.then(|| format!("{} {partition} ({})", self.name_of(topic), state.as_str()))
            });
        let held: Vec<String> = held.collect();
        drop(assigned);
        let health = &self.shared.health;
        if held.is_empty() {
            return health.up();
        }
        let held = held.join(", ");
        health.down(format!("a circuit breaker holds handlers back in {held}"));
    }

    fn name_of(&self, topic: &str) -> String {
        let name = topic.strip_prefix(&self.shared.topic_prefix);
        name.unwrap_or(topic).to_owned()
    }

    fn assigned(&self) -> MutexGuard<'_, BTreeMap<Partition, Assigned>> {
        let assigned = self.shared.assigned.lock();
        assigned.unwrap_or_else(PoisonError::into_inner)
    }
}

fn state_of(assigned: &Assigned) -> BreakerState {
    let breaker = assigned.breaker.as_ref();
    breaker.map_or(BreakerState::Closed, Breaker::next_state)
}

#[cfg(test)]
mod tests {
    use nova_resilience::{BreakerConfig, BreakerPolicy, Condition};

    use super::*;

    fn flow() -> Arc<Flow> {
        Arc::new(Flow::new(Box::new(|| {})))
    }

    fn breaker() -> Breaker {
        let config = BreakerConfig::new(BreakerPolicy::Consecutive(1)).unwrap();
        Breaker::new("test", config)
    }

    #[test]
    fn what_is_assigned_is_listed_as_it_stands() {
        let standings = Standings::new("mine-", Health::optional("test"));
        let (first, second) = (("mine-posts".into(), 0), ("mine-posts".into(), 1));
        let (flow, breaker) = (flow(), breaker());
        standings.add(&second, Some(breaker.clone()), &flow);
        standings.add(&first, None, &flow);
        breaker.try_acquire().unwrap().failure();
        flow.lags(7);
        let of = |partition, breaker, failures| PartitionStanding {
            topic: "posts".to_owned(),
            partition,
            breaker,
            counts: BreakerCounts {
                successes: 0,
                failures,
            },
            lag: Some(7),
        };
        let (closed, open) = (BreakerState::Closed, BreakerState::Open);
        assert_eq!(standings.list(), [of(0, closed, 0), of(1, open, 1)]);
    }

    #[test]
    fn it_is_down_while_a_breaker_holds_and_names_the_partitions() {
        let health = Health::optional("test");
        let standings = Standings::new("", health.clone());
        let (held, free) = (("posts".into(), 3), ("posts".into(), 4));
        let (flow, breaker) = (flow(), breaker());
        standings.add(&held, Some(breaker.clone()), &flow);
        standings.add(
            &free,
            Some(Breaker::new("free", BreakerConfig::standard())),
            &flow,
        );
        standings.tell();
        assert_eq!(health.condition().0, Condition::Up);
        breaker.try_acquire().unwrap().failure();
        standings.tell();
        let why = "a circuit breaker holds handlers back in posts 3 (open)".to_owned();
        assert_eq!(health.condition().0, Condition::Down(why));
        standings.remove(&held, &flow);
        standings.tell();
        assert_eq!(health.condition().0, Condition::Up);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_up_when_nothing_is_left_to_try() {
        let health = Health::optional("test");
        let standings = Standings::new("", health.clone());
        let (flow, breaker) = (flow(), breaker());
        standings.add(&("posts".into(), 3), Some(breaker.clone()), &flow);
        breaker.try_acquire().unwrap().failure();
        flow.given(1);
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        standings.tell();
        let why = "a circuit breaker holds handlers back in posts 3 (half_open)".to_owned();
        assert_eq!(health.condition().0, Condition::Down(why));
        flow.done(1);
        standings.tell();
        assert_eq!(health.condition().0, Condition::Up);
        assert_eq!(standings.list()[0].breaker, BreakerState::HalfOpen);
    }

    #[test]
    fn a_client_of_before_takes_nothing_from_the_one_after_it() {
        let standings = Standings::new("", Health::optional("test"));
        let partition = ("posts".into(), 0);
        let (before, now) = (flow(), flow());
        standings.add(&partition, None, &before);
        standings.add(&partition, None, &now);
        standings.remove(&partition, &before);
        assert_eq!(standings.list().len(), 1);
        standings.remove(&partition, &now);
        assert_eq!(standings.list(), []);
    }
}
