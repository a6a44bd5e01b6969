//! Whether the consumer gets on, in each of its lanes.

use std::collections::HashMap;
use std::time::Duration;

use nova_resilience::Health;
use tokio::time::Instant;

use super::flow::Partition;

/// Looks every now and then whether each lane that has something to do gets on with it.
pub(crate) struct Progress {
    health: Health,
    stuck_after: Duration,
    lanes: HashMap<Partition, Moved>,
}

/// How a lane stands.
pub(crate) struct Standing {
    pub(crate) partition: Partition,
    /// Messages that were given to it and are not done.
    pub(crate) in_flight: usize,
    /// It has something to do, or there is something that it is not given.
    pub(crate) waits: bool,
    /// Another number than before when anything has moved since: an event that was done, a try that ended, a
    /// wait for the next one, a breaker that is still open.
    pub(crate) moves: u64,
}

/// When a lane last got on.
struct Moved {
    moves: u64,
    since: Instant,
}

impl Progress {
    pub(crate) fn new(health: Health, stuck_after: Duration) -> Self {
        Self {
            health,
            stuck_after,
            lanes: HashMap::new(),
        }
    }

    /// Takes note of how all lanes stand.
    pub(crate) fn look(&mut self, standings: Vec<Standing>) {
        let mut before = std::mem::take(&mut self.lanes);
        let lanes = standings.len();
        let mut stuck: Vec<(Duration, Standing)> = Vec::new();
        for standing in standings {
            let moved = before.remove(&standing.partition);
            if !standing.waits {
                continue;
            }
            let moved = moved.filter(|moved| moved.moves == standing.moves);
            let moved = moved.unwrap_or_else(|| Moved {
                moves: standing.moves,
                since: Instant::now(),
            });
            let still = moved.since.elapsed();
            self.lanes.insert(standing.partition.clone(), moved);
            if still >= self.stuck_after {
                stuck.push((still, standing));
            }
        }
        let count = stuck.len();
        let longest = stuck.into_iter().max_by_key(|(still, _)| *still);
        let Some((still, standing)) = longest else {
            return self.health.up();
        };
        let ((topic, partition), seconds) = (&standing.partition, still.as_secs());
        let in_flight = standing.in_flight;
        self.health.down(format!(
            "nothing moves in {count} of {lanes} partitions: in {topic} {partition} for {seconds} s, \
             with {in_flight} events in hand"
        ));
    }
}

#[cfg(test)]
mod tests {
    use nova_resilience::Condition;

    use super::*;

    const STUCK_AFTER: Duration = Duration::from_secs(60);

    struct Watched {
        health: Health,
        progress: Progress,
    }

    impl Watched {
        fn new() -> Self {
            let health = Health::required("test");
            let progress = Progress::new(health.clone(), STUCK_AFTER);
            Self { health, progress }
        }

        /// Looks at lanes of which is told what is in flight and how much has moved.
        fn look(&mut self, lanes: &[(usize, u64)]) -> bool {
            let lanes = lanes.iter().enumerate();
            let standings = lanes.map(|(at, (in_flight, moves))| Standing {
                partition: ("posts".into(), at as i32),
                in_flight: *in_flight,
                waits: *in_flight > 0,
                moves: *moves,
            });
            self.progress.look(standings.collect());
            matches!(self.health.condition().0, Condition::Down(_))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_lane_among_many_that_does_not_get_on_is_seen() {
        let mut watched = Watched::new();
        assert!(!watched.look(&[(5, 100), (5, 100)]));
        tokio::time::advance(STUCK_AFTER / 2).await;
        assert!(!watched.look(&[(5, 100), (5, 200)]));
        tokio::time::advance(STUCK_AFTER / 2).await;
        assert!(watched.look(&[(5, 100), (5, 300)]));
        let (Condition::Down(why), _) = watched.health.condition() else {
            panic!("it is up");
        };
        assert!(
            why.contains("in 1 of 2 partitions: in posts 0 for 60 s"),
            "{why}"
        );
        assert!(!watched.look(&[(5, 101), (5, 300)]));
    }

    #[tokio::test(start_paused = true)]
    async fn who_tries_again_or_holds_gets_on() {
        let mut watched = Watched::new();
        for moves in 0..10 {
            assert!(!watched.look(&[(5, moves)]));
            tokio::time::advance(STUCK_AFTER * 2 / 3).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_nothing_to_do_is_not_stuck_and_begins_afresh_with_the_next_event() {
        let mut watched = Watched::new();
        for _ in 0..3 {
            assert!(!watched.look(&[(0, 100)]));
            tokio::time::advance(STUCK_AFTER * 2).await;
        }
        assert!(!watched.look(&[(1, 100)]));
        tokio::time::advance(STUCK_AFTER).await;
        assert!(watched.look(&[(1, 100)]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_given_is_waited_for() {
        let mut watched = Watched::new();
        let waits = || Standing {
            partition: ("posts".into(), 0),
            in_flight: 0,
            waits: true,
            moves: 7,
        };
        watched.progress.look(vec![waits()]);
        tokio::time::advance(STUCK_AFTER).await;
        watched.progress.look(vec![waits()]);
        assert!(matches!(watched.health.condition().0, Condition::Down(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_up_again_when_the_lanes_are_empty_or_gone() {
        for after in [&[(0, 100)][..], &[]] {
            let mut watched = Watched::new();
            watched.look(&[(5, 100)]);
            tokio::time::advance(STUCK_AFTER).await;
            assert!(watched.look(&[(5, 100)]));
            assert!(!watched.look(after));
        }
    }
}
