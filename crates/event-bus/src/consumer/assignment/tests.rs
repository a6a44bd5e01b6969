//! Lanes whose handlers do what they are told.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use nova_resilience::Health;
use tokio::sync::watch;

use super::*;
use crate::middleware::{Interrupted, Limit, Ran, Together, Turn, Work};
use crate::record::Parts;
use crate::router::Kind;

const IN_FLIGHT: usize = 100;

/// Whether an offset is held.
pub(crate) type IsHeld = fn(i64) -> bool;

/// Holds whatever is held, and panics at what is called so.
pub(crate) struct Fake {
    held: watch::Receiver<IsHeld>,
}

impl Work for Fake {
    fn consumer(&self) -> &'static str {
        "test"
    }

    fn kind(&self, _: &Record) -> Kind {
        Kind::Alone
    }

    fn together(
        self: Arc<Self>,
        records: Vec<Record>,
        _: Vec<usize>,
        _: Turn,
        _: Arc<Scope>,
    ) -> BoxFuture<'static, Together> {
        async { Together::Failed(records) }.boxed()
    }

    fn set_aside(
        self: Arc<Self>,
        _: Vec<Record>,
        _: Arc<Scope>,
    ) -> BoxFuture<'static, Result<(), Interrupted>> {
        async { Err(Interrupted) }.boxed()
    }

    fn one_by_one(
        self: Arc<Self>,
        records: Vec<Record>,
        _: Option<Turn>,
        _: Arc<Scope>,
    ) -> BoxFuture<'static, Ran> {
        async move {
            let mut held = self.held.clone();
            for record in &records {
                assert_ne!(record.payload(), Some(&b"panic"[..]), "told to panic");
                let is_free = |held: &IsHeld| !held(record.offset());
                held.wait_for(is_free).await.unwrap();
            }
            Ran {
                done: records.len(),
                left: Vec::new(),
                parked: false,
            }
        }
        .boxed()
    }

    fn in_order(
        self: Arc<Self>,
        records: Vec<Record>,
        turn: Option<Turn>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Ran> {
        self.one_by_one(records, turn, scope)
    }

    fn park_behind(
        self: Arc<Self>,
        _: Vec<Record>,
        _: Arc<Scope>,
    ) -> BoxFuture<'static, Result<Vec<(Record, bool)>, Interrupted>> {
        async { Err(Interrupted) }.boxed()
    }

    fn parked(
        self: Arc<Self>,
        _: Arc<Scope>,
    ) -> BoxFuture<'static, Result<Vec<Vec<u8>>, Interrupted>> {
        async { Ok(Vec::new()) }.boxed()
    }
}

/// Work for lanes, and who holds what of it.
pub(crate) fn fake() -> (Means, watch::Sender<IsHeld>) {
    let (held, is_held) = watch::channel::<IsHeld>(|_| false);
    let means = Means {
        work: Arc::new(Fake { held: is_held }),
        alone: Limit::of(1_000_000),
        transactions: Limit::of(1),
        batch: 1,
        metadata: 4_096,
    };
    (means, held)
}

/// Standings that nobody looks at.
pub(crate) fn standings() -> Standings {
    Standings::new("", Health::optional("test"))
}

/// A message with a key of its own.
pub(crate) fn message(partition: i32, offset: i64, payload: &[u8]) -> Record {
    Record::restore(Parts {
        topic: "posts".into(),
        partition,
        offset,
        key: Some(&offset.to_le_bytes()),
        headers: None,
        payload: Some(payload),
    })
}

struct Scene {
    assignment: Assignment,
    held: watch::Sender<IsHeld>,
    given: Vec<i64>,
}

impl Scene {
    fn new(in_flight: usize) -> Self {
        let (means, held) = fake();
        let options = ConsumerOptions {
            in_flight,
            ..ConsumerOptions::default()
        };
        Self {
            assignment: Assignment::new(means, options, Handle::current(), standings()),
            held,
            given: Vec::new(),
        }
    }

    fn hold(&self, held: fn(i64) -> bool) {
        self.held.send_replace(held);
    }

    fn open(&mut self) {
        let partition = ("posts".into(), self.given.len() as i32);
        let earlier = Finished::default();
        self.assignment.open(partition, earlier, Box::new(|| {}));
        self.given.push(0);
    }

    /// Gives a lane as much as it has room for, each message with a key of its own.
    fn fill(&mut self, at: usize, payload: &[u8]) -> usize {
        let room = self.assignment.room(at);
        let chunk: Vec<Record> = (0..room)
            .map(|_| {
                let offset = self.given[at];
                self.given[at] += 1;
                message(at as i32, offset, payload)
            })
            .collect();
        if room > 0 {
            self.assignment.give(at, chunk);
        }
        room
    }

    /// Fills all lanes until none has room any more.
    fn fill_all(&mut self, most: usize) {
        while (0..self.given.len())
            .map(|at| self.fill(at, b""))
            .sum::<usize>()
            > 0
        {
            let in_flight = self.assignment.in_flight();
            assert!(in_flight <= most, "{in_flight} are in flight");
        }
    }

    /// Lets lanes run, and tell.
    async fn pass(&self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn together_lanes_never_have_more_than_they_may_while_they_come_one_by_one() {
    let mut scene = Scene::new(IN_FLIGHT);
    scene.hold(|_| true);
    for lanes in 1..=4 {
        scene.open();
        scene.fill_all(IN_FLIGHT);
        let last = scene.assignment.lanes[lanes - 1].flow.in_flight();
        assert!(last > 0, "lane {lanes} got nothing");
    }
    assert!(scene.assignment.in_flight() > IN_FLIGHT * 9 / 10);
}

#[tokio::test(start_paused = true)]
async fn with_more_lanes_than_events_each_has_one() {
    let mut scene = Scene::new(3);
    scene.hold(|_| true);
    (0..8).for_each(|_| scene.open());
    scene.fill_all(8);
    assert_eq!(scene.assignment.in_flight(), 8);
}

#[tokio::test(start_paused = true)]
async fn who_comes_when_others_have_everything_does_not_starve() {
    let mut scene = Scene::new(8);
    scene.hold(|_| true);
    for _ in 0..8 {
        scene.open();
        scene.fill_all(8);
    }
    assert!(
        scene.given.contains(&0),
        "nobody was late: {:?}",
        scene.given
    );
    scene.hold(|_| false);
    for _ in 0..20 {
        scene.pass().await;
        scene.fill_all(8);
    }
    assert!(!scene.given.contains(&0), "{:?}", scene.given);
}

#[tokio::test(start_paused = true)]
async fn a_lane_of_large_messages_is_filled_by_their_size() {
    let mut scene = Scene::new(1_000_000);
    scene.hold(|_| true);
    scene.assignment.options.in_flight_bytes = 1 << 20;
    scene.open();
    scene.open();
    let large = vec![0; 64 << 10];
    for at in [0, 1] {
        // Of the first ones nobody knows how large they are.
        scene.assignment.lanes[at].size = large.len();
        while scene.fill(at, &large) > 0 {}
    }
    let in_flight = scene.assignment.in_flight();
    assert!((10..=16).contains(&in_flight), "{in_flight}");
}

#[tokio::test(start_paused = true)]
async fn a_lane_gets_nothing_more_when_its_commit_cannot_tell_what_is_done() {
    let mut scene = Scene::new(20_000);
    scene.open();
    // Far more runs than fit, though most events are done.
    scene.hold(|offset| offset % 10 == 0);
    let mut rounds = 0;
    while scene.fill(0, b"") > 0 {
        scene.pass().await;
        rounds += 1;
        assert!(rounds < 100, "it is never full");
    }
    scene.hold(|_| false);
    scene.pass().await;
    assert!(scene.fill(0, b"") > 0);
}

#[tokio::test(start_paused = true)]
async fn a_lane_whose_task_ends_by_itself_is_found() {
    let mut scene = Scene::new(IN_FLIGHT);
    scene.open();
    scene.open();
    scene.pass().await;
    assert!(scene.assignment.broken().is_none());
    scene.fill(1, b"panic");
    scene.pass().await;
    let broken = scene.assignment.broken();
    assert!(
        matches!(&broken, Some(BusError::Lane { partition: 1, .. })),
        "{broken:?}"
    );
    let drained = scene.assignment.leave(|_| true).drained("test").await;
    let passed = drained.iter().any(|(_, position)| position.offset > 0);
    assert!(!passed, "{drained:?}");
    assert!(scene.assignment.broken().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_lane_stands_still_until_it_moves() {
    let mut scene = Scene::new(IN_FLIGHT);
    scene.open();
    let standing = |scene: &Scene| scene.assignment.lanes[0].standing(false);
    assert!(!standing(&scene).waits);
    scene.hold(|_| true);
    scene.fill(0, b"");
    let before = standing(&scene);
    assert!(before.waits);
    scene.assignment.lanes[0].flow.activity().mark();
    assert_ne!(standing(&scene).moves, before.moves);
}
