use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nova_event_bus::{PartitionStanding, Standings};
use nova_resilience::BreakerState;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::metrics;

/// How often it looks. What opens and closes between two looks is not seen.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tells by metrics how the breakers of assigned partitions are, until `stop`.
pub(crate) async fn partitions(standings: Standings, stop: CancellationToken) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut breakers = Breakers::default();
    while stop.run_until_cancelled(looks.tick()).await.is_some() {
        let standings = standings.list();
        for one in &standings {
            metrics::failure_rate(&one.topic, one.partition, one.counts.failure_rate());
        }
        let seen = breakers.look(&standings, Instant::now());
        for after in seen.recovered {
            metrics::recovered(after);
        }
        for (topic, partition) in seen.revoked {
            // Whoever has it now tells how it is there; here it is forgotten soon.
            metrics::failure_rate(&topic, partition, 0.0);
        }
    }
}

type Partition = (String, i32);

/// The breakers of assigned partitions as they were when last looked at: since when each is not closed, if it is not.
#[derive(Debug, Default)]
struct Breakers(BTreeMap<Partition, Option<Instant>>);

/// What has changed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// How long each was not closed that is closed again.
    recovered: Vec<Duration>,
    revoked: Vec<Partition>,
}

impl Breakers {
    fn look(&mut self, standings: &[PartitionStanding], now: Instant) -> Seen {
        let mut before = std::mem::take(&mut self.0);
        let mut seen = Seen::default();
        for one in standings {
            let partition = (one.topic.clone(), one.partition);
            let since = before.remove(&partition).flatten();
            let since = if one.breaker == BreakerState::Closed {
                let after = since.map(|since| now.saturating_duration_since(since));
                seen.recovered.extend(after);
                None
            } else {
                Some(since.unwrap_or(now))
            };
            self.0.insert(partition, since);
        }
        seen.revoked = before.into_keys().collect();
        seen
    }
}

#[cfg(test)]
mod tests {
    use nova_resilience::BreakerCounts;

    use super::*;

    #[test]
    fn a_breaker_has_recovered_when_it_is_closed_again_and_still_ours() {
        let began = Instant::now();
        let mut breakers = Breakers::default();
        let mut look = |after: u64, states: &[BreakerState]| {
            let standing = |(partition, breaker): (i32, &BreakerState)| PartitionStanding {
                topic: "feed-updates".to_owned(),
                partition,
                breaker: *breaker,
                counts: BreakerCounts::default(),
                lag: None,
            };
            let standings: Vec<_> = (0..).zip(states).map(standing).collect();
            breakers.look(&standings, began + Duration::from_secs(after))
        };
        use BreakerState::{Closed, HalfOpen, Open};
        let recovered = |seconds: u64| Seen {
            recovered: vec![Duration::from_secs(seconds)],
            ..Seen::default()
        };
        assert_eq!(look(0, &[Closed, Open]), Seen::default());
        assert_eq!(look(1, &[Open, Open]), Seen::default());
        assert_eq!(look(61, &[HalfOpen, HalfOpen]), Seen::default());
        assert_eq!(look(62, &[Open, Closed]), recovered(62));
        assert_eq!(look(90, &[Closed, Closed]), recovered(89));
        assert_eq!(look(91, &[Closed, Open]), Seen::default());
        let gone = vec![("feed-updates".to_owned(), 1)];
        let seen = look(92, &[Closed]);
        assert_eq!((seen.recovered, seen.revoked), (Vec::new(), gone));
        // It comes back as new.
        assert_eq!(look(99, &[Closed, Closed]), Seen::default());
    }
}
