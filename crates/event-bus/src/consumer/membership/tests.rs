//! A member whose client does what it is told.

use nova_resilience::{Condition, Health};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::*;
use crate::consumer::assignment::tests::{fake, message, standings};
use crate::options::ConsumerOptions;
use crate::record::Record;

#[derive(Clone, Default)]
struct Broker(Arc<Mutex<Log>>);

#[derive(Default)]
struct Log {
    records: VecDeque<Record>,
    assigned: Vec<Partition>,
    committed: Vec<(i64, bool)>,
    is_lost: bool,
    refuses: bool,
}

impl Broker {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap()
    }
}

impl Client for Broker {
    type Queue = Self;

    fn committed(&self, partitions: &[Partition]) -> Result<Vec<(i64, String)>, KafkaError> {
        Ok(partitions.iter().map(|_| (-1, String::new())).collect())
    }

    fn split(&self, _: &Partition, _: Wake) -> Option<Self> {
        Some(self.clone())
    }

    fn assign(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        if self.log().refuses {
            return Err(KafkaError::Canceled);
        }
        self.log().assigned.extend_from_slice(partitions);
        Ok(())
    }

    fn unassign(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        self.log()
            .assigned
            .retain(|assigned| !partitions.contains(assigned));
        Ok(())
    }

    fn is_lost(&self) -> bool {
        self.log().is_lost
    }

    fn commit(&self, due: &[Due], last: bool) -> Result<(), KafkaError> {
        let positions = due.iter().map(|(_, position)| (position.offset, last));
        self.log().committed.extend(positions);
        Ok(())
    }
}

impl Queue for Broker {
    fn next(&self, _: impl FnOnce() -> Arc<str>) -> Option<Result<Record, KafkaError>> {
        self.log().records.pop_front().map(Ok)
    }
}

struct Scene {
    broker: Broker,
    member: Membership<Broker>,
    health: Health,
    held: watch::Sender<fn(i64) -> bool>,
}

fn partition() -> Partition {
    ("posts".into(), 0)
}

impl Scene {
    fn new() -> Self {
        let (means, held) = fake();
        let options = ConsumerOptions::default();
        let assignment = Assignment::new(means, options, Handle::current(), standings());
        let health = Health::optional("test");
        let progress = Progress::new(health.clone(), Duration::from_secs(60));
        Self {
            broker: Broker::default(),
            member: Membership::new("test", assignment, progress),
            health,
            held,
        }
    }

    async fn follow(&self, change: Change) {
        let wake: Wake = Arc::new(|| {});
        self.member.follow(&self.broker, change, &wake).await;
    }

    /// Gives messages, and lets the lanes handle and the member commit them.
    async fn give(&self, offsets: std::ops::Range<i64>, payload: &[u8]) -> Result<usize, BusError> {
        let messages = offsets.map(|offset| message(0, offset, payload));
        self.broker.log().records.extend(messages);
        let taken = self.member.turn(&self.broker)?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.member.turn(&self.broker)?;
        Ok(taken)
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_committed_while_it_is_ours() {
    let scene = Scene::new();
    scene.follow(Change::Assigned(vec![partition()])).await;
    assert_eq!(scene.broker.log().assigned, [partition()]);
    assert_eq!(scene.give(0..5, b"").await.unwrap(), 5);
    assert_eq!(scene.broker.log().committed, [(5, false)]);
    scene.follow(Change::Revoked(vec![partition()])).await;
    assert_eq!(scene.broker.log().committed, [(5, false), (5, true)]);
    assert!(scene.broker.log().assigned.is_empty());
    // Nobody takes anything of it any more.
    assert_eq!(scene.give(5..9, b"").await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_anothers_already_is_not_committed() {
    let scene = Scene::new();
    scene.follow(Change::Assigned(vec![partition()])).await;
    scene.broker.log().is_lost = true;
    scene.broker.log().records.push_back(message(0, 0, b""));
    scene.member.turn(&scene.broker).unwrap();
    scene.follow(Change::Revoked(vec![partition()])).await;
    assert!(scene.broker.log().committed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_follow_its_group_is_of_no_use() {
    let scene = Scene::new();
    scene.broker.log().refuses = true;
    scene.follow(Change::Assigned(vec![partition()])).await;
    let turn = scene.member.turn(&scene.broker);
    assert!(matches!(turn, Err(BusError::Rebalance(_))), "{turn:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_ends_by_itself_is_told_within_a_second() {
    let scene = Scene::new();
    scene.follow(Change::Assigned(vec![partition()])).await;
    let turn = scene.give(0..1, b"panic").await;
    assert!(matches!(turn, Err(BusError::Lane { .. })), "{turn:?}");
    scene.member.end(&scene.broker).await;
    let passed = scene
        .broker
        .log()
        .committed
        .iter()
        .any(|(offset, _)| *offset > 0);
    assert!(!passed);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_stands_still_is_stuck_until_it_moves() {
    let scene = Scene::new();
    scene.held.send_replace(|_| true);
    scene.follow(Change::Assigned(vec![partition()])).await;
    scene.give(0..1, b"").await.unwrap();
    let is_stuck = || {
        scene.member.look(true, |_| None);
        matches!(scene.health.condition().0, Condition::Down(_))
    };
    assert!(!is_stuck());
    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(is_stuck());
    scene.held.send_replace(|_| false);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(!is_stuck());
}
