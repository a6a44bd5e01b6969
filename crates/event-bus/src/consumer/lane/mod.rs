//! A lane: the messages of one assigned partition. Those of one key are handled in order, those of different
//! keys at the same time; of a topic that is handled in the order of its offsets all have one key. What is done is
//! noted by offset.

mod ended;
mod gathering;
mod waiting;

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};

use self::ended::{Ended, Hand};
use self::gathering::{GATHERED, Gathering, TOGETHER};
use self::waiting::Waiting;
use super::finished::{Arrival, Finished, LIMIT};
use super::flow::Flow;
use super::keys::{AsItIs, KeyHash, Keys};
use super::sentinel::Sentinel;
use super::tracker::{Accepted, Tracker};
use crate::metrics;
use crate::middleware::{Interrupted, Limit, Ran, Scope, Stack, Turn, Work};
use crate::record::{Record, hash_of};
use crate::router::Kind;
use crate::store::Store;

/// How often a lane tells what it has done.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// Messages of one key that are handled in one go, so that the next key is not kept waiting long.
const IN_ONE_GO: usize = 16;
/// The key of all messages of a partition that are handled in the order of their offsets.
const WHOLE: KeyHash = 0;
/// What has ended is looked at so many times before the lane looks elsewhere.
const ENDED_AT_ONCE: usize = 256;

/// What a lane does with messages, and how much at once.
#[derive(Clone)]
pub(crate) struct Means {
    pub(crate) work: Arc<dyn Work>,
    pub(crate) alone: Limit,
    pub(crate) transactions: Limit,
    /// Messages that share a transaction at most.
    pub(crate) batch: usize,
    /// Bytes of metadata that go with a commit at most.
    pub(crate) metadata: usize,
}

impl Means {
    pub(crate) fn of<S: Send + Sync + 'static, D: Store>(stack: &Arc<Stack<S, D>>) -> Self {
        Self {
            alone: stack.alone.clone(),
            transactions: stack.transactions.clone(),
            batch: stack.options.batch.max(1),
            metadata: LIMIT,
            work: Arc::clone(stack) as Arc<dyn Work>,
        }
    }
}

/// A message that waits for its key, and how it wants to be handled.
pub(super) struct Queued {
    record: Record,
    kind: Kind,
}

pub(super) struct Lane {
    means: Means,
    scope: Arc<Scope>,
    flow: Arc<Flow>,
    tracker: Tracker,
    sentinel: Sentinel,
    keys: Keys<Queued>,
    /// Keys whose events park behind one that is parked.
    parked: HashSet<KeyHash>,
    /// Taken keys whose first message wants a turn of its kind.
    alone: Waiting,
    together: Waiting,
    /// Taken keys that are parked, and those whose first message is of a type that nobody here knows.
    behind: Gathering,
    aside: Gathering,
    running: FuturesUnordered<BoxFuture<'static, Ended>>,
    /// What each running thing has in hand.
    hands: HashMap<u64, Hand, BuildHasherDefault<AsItIs>>,
    next_hand: u64,
    changed: bool,
}

impl Lane {
    pub(super) fn new(means: Means, scope: Arc<Scope>, flow: Arc<Flow>, earlier: Finished) -> Self {
        Self {
            tracker: Tracker::new(earlier),
            sentinel: Sentinel::new(means.work.consumer()),
            alone: Waiting::of(means.alone.clone()),
            together: Waiting::of(means.transactions.clone()),
            means,
            scope,
            flow,
            keys: Keys::new(),
            parked: HashSet::new(),
            behind: Gathering::default(),
            aside: Gathering::default(),
            running: FuturesUnordered::new(),
            hands: HashMap::default(),
            next_hand: 0,
            changed: false,
        }
    }

    /// Handles what arrives until the scope stops, then finishes what it has begun.
    pub(super) async fn run(mut self, mut arrivals: mpsc::UnboundedReceiver<Vec<Record>>) {
        if self.load_parked().await.is_ok() {
            let mut tell = tokio::time::interval(TELL_EVERY);
            tell.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while !self.scope.stop.is_now() {
                self.turn(&mut arrivals, &mut tell).await;
            }
        }
        // Told each time: who takes too long is cut off here, and what is done by then must not be forgotten.
        self.tell();
        while let Some(ended) = self.running.next().await {
            self.settle(ended);
            self.tell();
        }
    }

    async fn load_parked(&mut self) -> Result<(), Interrupted> {
        let sequences = Arc::clone(&self.means.work).parked(Arc::clone(&self.scope));
        let sequences = sequences.await?;
        self.parked = sequences.iter().map(|sequence| hash_of(sequence)).collect();
        Ok(())
    }

    /// Begins what can begin, waits for whatever comes first, and then takes all that has come: what ends
    /// without a pause must not keep what arrives waiting, nor the other way round.
    async fn turn(
        &mut self,
        arrivals: &mut mpsc::UnboundedReceiver<Vec<Record>>,
        tell: &mut Interval,
    ) {
        self.begin_what_can();
        let stop = self.scope.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            Some(ended) = self.running.next(), if !self.running.is_empty() => self.settle(ended),
            turn = self.together.next() => self.begin_together(turn),
            turn = self.alone.next() => self.begin_alone(turn),
            chunk = arrivals.recv() => match chunk {
                Some(chunk) => self.accept(chunk),
                // Whoever filled the lane is gone; it is stopped in a moment.
                None => return stop.cancelled().await,
            },
            _ = tell.tick() => return self.tell(),
        }
        self.settle_what_has_ended();
        while let Ok(chunk) = arrivals.try_recv() {
            self.accept(chunk);
        }
        if tell.tick().now_or_never().is_some() {
            self.tell();
        }
    }

    fn accept(&mut self, chunk: Vec<Record>) {
        for record in chunk {
            match self.tracker.accept(Arrival::of(&record)) {
                Accepted::New => self.queue(record),
                Accepted::Finished => self.leave_out("finished"),
                Accepted::Repeated => self.leave_out("repeated"),
                Accepted::Anew => {
                    self.flow.begins_anew();
                    self.leave_out("anew");
                }
            }
        }
        self.changed = true;
    }

    /// Whatever waits before it: there is nothing to do with what is ignored.
    fn queue(&mut self, record: Record) {
        match self.means.work.kind(&record) {
            Kind::Ignored => {
                self.tracker.done(record.offset());
                self.flow.done(1);
            }
            Kind::InOrder => {
                let kind = Kind::InOrder;
                self.keys.push(WHOLE, Queued { record, kind });
            }
            kind => self
                .keys
                .push(record.sequence_hash(), Queued { record, kind }),
        }
    }

    fn leave_out(&self, how: &'static str) {
        metrics::repeated(self.means.work.consumer(), how);
        self.flow.done(1);
    }

    fn begin_what_can(&mut self) {
        self.sort();
        while !self.is_held_back()
            && let Some(turn) = self.alone.turn()
        {
            self.begin_alone(Some(turn));
        }
        while !self.is_held_back()
            && let Some(turn) = self.together.turn()
        {
            self.begin_together(Some(turn));
        }
        self.begin_parking();
        self.begin_setting_aside();
    }

    /// While the breaker lets nobody through, one waits there for all, and without a turn. Who begins anyway, with
    /// a turn that was asked for before, does the same.
    fn is_held_back(&self) -> bool {
        !self.running.is_empty() && self.scope.gate.holds()
    }

    /// Puts every ready key where its first message wants to be.
    fn sort(&mut self) {
        while let Some(key) = self.keys.take() {
            match self.keys.peek(key).map(|first| first.kind) {
                None => self.keys.release(key),
                Some(Kind::Unknown) => self.aside.push(key),
                Some(Kind::InOrder) => self.alone.keys.push_back(key),
                Some(_) if self.parked.contains(&key) => self.behind.push(key),
                Some(Kind::Together) => self.together.keys.push_back(key),
                // What is ignored is never queued.
                Some(Kind::Alone | Kind::Ignored) => self.alone.keys.push_back(key),
            }
        }
    }

    /// The messages of the key that waits longest, one after the other, or those of a partition that are handled in
    /// the order of their offsets.
    fn begin_alone(&mut self, turn: Option<Turn>) {
        let Some(key) = self.alone.keys.pop_front() else {
            return;
        };
        let records = self.take_like(key, self.means.batch, |kind| kind == Kind::InOrder);
        if !records.is_empty() {
            return self.begin(key, records, |work, all, scope| {
                work.in_order(all, turn, scope)
            });
        }
        let records = self.take_like(key, IN_ONE_GO, |kind| kind == Kind::Alone);
        self.run_one_by_one(key, records, turn);
    }

    fn run_one_by_one(&mut self, key: KeyHash, records: Vec<Record>, turn: Option<Turn>) {
        self.begin(key, records, |work, all, scope| {
            work.one_by_one(all, turn, scope)
        });
    }

    /// Begins what is done with messages of a taken key.
    fn begin(
        &mut self,
        key: KeyHash,
        records: Vec<Record>,
        how: impl FnOnce(Arc<dyn Work>, Vec<Record>, Arc<Scope>) -> BoxFuture<'static, Ran>,
    ) {
        let hand = self.hold(&[(key, &records)]);
        let work = Arc::clone(&self.means.work);
        let mut run = how(work, records, Arc::clone(&self.scope));
        // What ends at once is in hand for nobody to see.
        if let Some(ran) = (&mut run).now_or_never() {
            return self.settle_key(key, &hand, ran);
        }
        let id = self.put_in_hand(hand);
        let run = run.map(move |ran| Ended::One { id, key, ran });
        self.running.push(Box::pin(run));
    }

    /// As many messages of as many keys as fit a transaction.
    fn begin_together(&mut self, turn: Option<Turn>) {
        let mut all = Vec::new();
        let mut keys = Vec::new();
        while all.len() < self.means.batch {
            let Some(key) = self.together.keys.pop_front() else {
                break;
            };
            let left = self.means.batch - all.len();
            let records = self.take_like(key, left, |kind| kind == Kind::Together);
            keys.push((key, records.len()));
            all.extend(records);
        }
        let (Some(turn), false) = (turn, all.is_empty()) else {
            return;
        };
        if let ([(key, _)], 1) = (&*keys, all.len()) {
            return self.run_one_by_one(*key, all, Some(turn));
        }
        let mut rest = &*all;
        let mut by_key = Vec::with_capacity(keys.len());
        for (key, count) in &keys {
            let (mine, others) = rest.split_at(*count);
            by_key.push((*key, mine));
            rest = others;
        }
        let hand = self.hold(&by_key);
        let id = self.put_in_hand(hand);
        let work = Arc::clone(&self.means.work);
        let of_keys = keys.iter().map(|(_, count)| *count).collect();
        let run = work.together(all, of_keys, turn, Arc::clone(&self.scope));
        let run = run.map(move |outcome| Ended::Together { id, outcome, keys });
        self.start(Box::pin(run));
    }

    fn begin_parking(&mut self) {
        if !self.behind.can_begin() {
            return;
        }
        let mut all = Vec::new();
        let mut keys = Vec::new();
        while all.len() < TOGETHER
            && let Some(key) = self.behind.next()
        {
            let records = self.take_like(key, TOGETHER - all.len(), |kind| kind != Kind::Unknown);
            keys.push((key, records.len()));
            all.extend(records);
        }
        let id = self.put_in_hand(Hand::of(all.iter().map(Record::offset)));
        let (work, scope) = (Arc::clone(&self.means.work), Arc::clone(&self.scope));
        let is_full = all.len() >= TOGETHER;
        self.behind.begin();
        self.start(Box::pin(async move {
            let outcome = work.park_behind(all, Arc::clone(&scope)).await;
            if !is_full {
                scope.stop.pause(GATHERED).await.ok();
            }
            Ended::Behind { id, outcome, keys }
        }));
    }

    fn begin_setting_aside(&mut self) {
        if !self.aside.can_begin() {
            return;
        }
        let mut all = Vec::new();
        let mut keys = Vec::new();
        while all.len() < TOGETHER
            && let Some(key) = self.aside.next()
        {
            let left = TOGETHER - all.len();
            all.extend(self.take_like(key, left, |kind| kind == Kind::Unknown));
            keys.push(key);
        }
        let id = self.put_in_hand(Hand::of(all.iter().map(Record::offset)));
        let work = Arc::clone(&self.means.work);
        let run = work.set_aside(all, Arc::clone(&self.scope));
        self.aside.begin();
        self.start(Box::pin(run.map(move |outcome| Ended::Aside {
            id,
            outcome,
            keys,
        })));
    }

    fn put_in_hand(&mut self, hand: Hand) -> u64 {
        let id = self.next_hand;
        self.next_hand += 1;
        self.hands.insert(id, hand);
        id
    }

    /// The first messages of a taken key that want something like that.
    fn take_like(&mut self, key: KeyHash, most: usize, like: impl Fn(Kind) -> bool) -> Vec<Record> {
        match self.keys.first_of(key, most, |queued| like(queued.kind)) {
            Some(first) => first.map(|queued| queued.record).collect(),
            None => Vec::new(),
        }
    }

    /// Puts messages back before the others of their key, which is taken.
    fn put_back(&mut self, key: KeyHash, records: Vec<Record>) {
        let work = &self.means.work;
        let queued = records.into_iter().map(|record| Queued {
            kind: work.kind(&record),
            record,
        });
        self.keys.put_back(key, queued);
    }

    /// Notes what is about to be in hand.
    fn hold(&mut self, by_key: &[(KeyHash, impl AsRef<[Record]>)]) -> Hand {
        let all = by_key.iter().map(|(_, records)| records.as_ref().len());
        let mut offsets = Vec::with_capacity(all.sum());
        for (key, records) in by_key {
            for (at, record) in records.as_ref().iter().enumerate() {
                if at == 0 {
                    self.sentinel.begin(*key, record.offset());
                } else {
                    self.sentinel.also(*key, record.offset());
                }
                offsets.push(record.offset());
            }
        }
        Hand::of(offsets.into_iter())
    }

    /// What ends at once needs no place among what runs.
    fn start(&mut self, mut run: BoxFuture<'static, Ended>) {
        match (&mut run).now_or_never() {
            Some(ended) => self.settle(ended),
            None => self.running.push(run),
        }
    }

    fn settle_what_has_ended(&mut self) {
        for _ in 0..ENDED_AT_ONCE {
            match self.running.next().now_or_never() {
                Some(Some(ended)) => self.settle(ended),
                _ => return,
            }
        }
    }
}
