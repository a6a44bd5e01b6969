//! What surrounds every handler.
//!
//! An event is tried again ([`retry`]) until it is handled or becomes a dead letter ([`dead_letter`]). Each
//! try is let through by the breaker ([`breaker`]), waits for its turn ([`limit`]), is measured
//! ([`measure`]), leaves out what has happened before ([`deduplicate`]), and runs the handler in the trace
//! of its sender ([`trace`]) and within its time ([`timeout`]). Messages of topics that are handled in the order of
//! their offsets go by themselves ([`in_order`]). Nobody holds a turn while waiting for something
//! else than the handler and the database.

mod breaker;
mod dead_letter;
mod deduplicate;
mod in_order;
mod limit;
mod measure;
mod replay;
mod retry;
mod self_limit;
mod timeout;
mod trace;
mod waits;
mod work;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use nova_resilience::Health;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use self::breaker::Gate;
use self::breaker::Pass;
pub(crate) use self::limit::{Limit, Turn};
pub(crate) use self::replay::{Again, Replayed};
use self::retry::{Retry, Verdict, Went};
pub(crate) use self::self_limit::SelfLimit;
use self::waits::Waits;
use crate::consumer::flow::Activity;
use crate::failure::Failure;
use crate::metrics;
use crate::options::ConsumerOptions;
use crate::record::Record;
use crate::router::{Afterwards, DynArrived, InTransaction, Kind, Routed, Router};
use crate::store::{Store, Types};

/// An event with its handlers.
type Event<S, D> = DynArrived<S, <D as Store>::Connection>;

/// What is done with the messages of a consumer, whatever the state of its handlers is.
pub(crate) trait Work: Send + Sync + 'static {
    /// The consumer's group.
    fn consumer(&self) -> &'static str;

    /// How a message wants to be handled.
    fn kind(&self, record: &Record) -> Kind;

    /// Tries all in one transaction, in their order. So many of them belong to each key.
    fn together(
        self: Arc<Self>,
        records: Vec<Record>,
        of_keys: Vec<usize>,
        turn: Turn,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Together>;

    /// Handles messages of one key one after the other, until one is parked or the scope stops.
    fn one_by_one(
        self: Arc<Self>,
        records: Vec<Record>,
        turn: Option<Turn>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Ran>;

    /// Tries messages of a partition that are handled in the order of their offsets until all are done or the scope
    /// stops.
    fn in_order(
        self: Arc<Self>,
        records: Vec<Record>,
        turn: Option<Turn>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Ran>;

    /// Parks messages whose keys are believed to be parked, in their order; false for each whose key is not.
    fn park_behind(
        self: Arc<Self>,
        records: Vec<Record>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Result<Vec<(Record, bool)>, Interrupted>>;

    /// Keeps messages whose types nobody here knows.
    fn set_aside(
        self: Arc<Self>,
        records: Vec<Record>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Result<(), Interrupted>>;

    /// The parked sequences of the scope's topic.
    fn parked(
        self: Arc<Self>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Result<Vec<Vec<u8>>, Interrupted>>;
}

/// Tells a scope to stop.
#[derive(Clone, Default)]
pub(crate) struct Stop {
    token: CancellationToken,
    /// The same without a lock, for who asks after every event.
    flag: Arc<AtomicBool>,
}

impl Stop {
    pub(crate) fn cancel(&self) {
        self.flag.store(true, Ordering::Release);
        self.token.cancel();
    }

    /// One that stops with the token.
    pub(crate) fn with(token: &CancellationToken) -> Self {
        Self {
            token: token.child_token(),
            flag: Arc::default(),
        }
    }

    pub(crate) fn is_now(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    /// Also when it stops with a token.
    fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    pub(crate) async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Waits, unless it stops before.
    pub(crate) async fn pause(&self, wait: Duration) -> Result<(), Interrupted> {
        tokio::select! {
            biased;
            () = self.cancelled() => Err(Interrupted),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }
}

/// What the handling of one partition's messages has in common.
pub(crate) struct Scope {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    /// What is begun is finished, nothing new is begun and nobody waits any longer.
    pub(crate) stop: Stop,
    pub(crate) gate: Gate,
    pub(crate) handled: metrics::Handled,
    /// Marked by whatever moves and does not finish an event.
    pub(crate) activity: Arc<Activity>,
}

/// How often who waits marks that it does: far more often than any partition is looked at.
const MARKED: Duration = Duration::from_millis(500);

impl Scope {
    /// Waits, unless it stops before, and marks that it does: who rests before the next try is not stuck.
    pub(crate) async fn rest(&self, wait: Duration) -> Result<(), Interrupted> {
        let mut left = wait;
        loop {
            self.activity.mark();
            let now = left.min(MARKED);
            self.stop.pause(now).await?;
            left -= now;
            if left.is_zero() {
                return Ok(());
            }
        }
    }
}

/// What became of messages of one key.
#[derive(Default)]
pub(crate) struct Ran {
    /// Done, from the first on.
    pub(crate) done: usize,
    /// The others, in order.
    pub(crate) left: Vec<Record>,
    /// Whether the last of the done ones is a dead letter now.
    pub(crate) parked: bool,
}

/// What became of messages of several keys in one transaction.
pub(crate) enum Together {
    /// All are done.
    Done,
    /// The transaction failed: none is.
    Failed(Vec<Record>),
    /// It committed; what comes after it, key by key.
    Committed(Vec<BoxFuture<'static, Ran>>),
}

/// The scope stops: what is not done stays undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interrupted;

/// Why a try did not end well.
enum Tried {
    /// And how long it took.
    Failed(Failure, Duration),
    Dropped,
    Interrupted,
}

/// What all tries of one event came to.
enum Tries {
    Handled,
    /// For good: the event, why, and after how many tries.
    Failed(Box<(Record, Failure, u32)>),
    /// Nobody here knows its type.
    Unknown(Record),
    Interrupted(Record),
}

/// What all tries of a half of one event came to.
enum HalfTried {
    Handled,
    /// It was let go, and with it the event.
    Dropped,
    Failed(Failure, u32),
    Interrupted,
}

/// What is done at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    /// What belongs in the transaction with the inbox.
    Within,
    /// What comes after it.
    After,
}

/// What became of one event.
enum Fate {
    Handled,
    Parked,
}

/// The handlers of a consumer with everything around them.
pub(crate) struct Stack<S, D: Store> {
    pub(crate) router: Router<S, D::Connection>,
    /// The types that they are for.
    types: Types,
    pub(crate) store: D,
    /// Tries outside of transactions, and within.
    pub(crate) alone: Limit,
    pub(crate) transactions: Limit,
    pub(crate) options: ConsumerOptions,
    pub(crate) self_limit: SelfLimit,
    /// Whether events wait for the store.
    waits: Waits,
}

impl<S: Send + Sync + 'static, D: Store> Stack<S, D> {
    pub(crate) fn new(
        router: Router<S, D::Connection>,
        store: D,
        options: ConsumerOptions,
        health: Health,
    ) -> Self {
        Self {
            types: router.types(),
            waits: Waits::new(router.group, health),
            self_limit: SelfLimit::new(options.failure_limit),
            alone: Limit::of(options.concurrency),
            transactions: Limit::of(options.transactions),
            router,
            store,
            options,
        }
    }

    /// One event until it is handled, parked or set aside.
    async fn settle(
        &self,
        record: Record,
        turn: &mut Option<Turn>,
        scope: &Scope,
    ) -> Result<Fate, (Record, Interrupted)> {
        match self.tries(record, turn, scope).await {
            Tries::Handled => Ok(Fate::Handled),
            Tries::Failed(failed) => {
                let (record, failure, attempts) = *failed;
                *turn = None;
                // What seldom happens is not kept room for in every event's future.
                Box::pin(self.park(record, &failure, attempts, scope)).await
            }
            // The lane sets aside what it knows to be unknown; here is only what changed its kind meanwhile.
            Tries::Unknown(record) | Tries::Interrupted(record) => Err((record, Interrupted)),
        }
    }

    /// One event, for as long as it takes.
    async fn tries(&self, record: Record, turn: &mut Option<Turn>, scope: &Scope) -> Tries {
        let event = match self.router.find(record) {
            Routed::Ignored(_) => return Tries::Handled,
            Routed::Unknown(record) => return Tries::Unknown(record),
            Routed::Handle(event) => event,
            Routed::Poison(unreadable) => {
                let (record, failure) = *unreadable;
                return Tries::Failed(Box::new((record, failure, 1)));
            }
        };
        let mut retry = Retry::begin(&self.options);
        for half in [Half::Within, Half::After] {
            let tried = match half {
                Half::Within if !transactional(&[&*event]) => continue,
                Half::After if !event.has_after() => continue,
                half => {
                    self.try_half(half, &*event, &[], &mut retry, turn, scope)
                        .await
                }
            };
            match tried {
                HalfTried::Handled => {}
                HalfTried::Dropped => return Tries::Handled,
                HalfTried::Failed(failure, attempts) => {
                    return Tries::Failed(Box::new((event.into_record(), failure, attempts)));
                }
                HalfTried::Interrupted => return Tries::Interrupted(event.into_record()),
            }
        }
        Tries::Handled
    }

    /// A half of one event, with the letter that it came from, for as long as it takes.
    async fn try_half(
        &self,
        half: Half,
        event: &Event<S, D>,
        letters: &[Uuid],
        retry: &mut Retry,
        turn: &mut Option<Turn>,
        scope: &Scope,
    ) -> HalfTried {
        let mut waiting = None;
        loop {
            let (failure, took) = match self.attempt(half, &[event], letters, turn, scope).await {
                Ok(()) => return HalfTried::Handled,
                Err(Tried::Dropped) => {
                    *turn = None;
                    let dropped = std::slice::from_ref(event.record());
                    return match Box::pin(self.drop_all(dropped, scope)).await {
                        Ok(()) => HalfTried::Dropped,
                        Err(Interrupted) => HalfTried::Interrupted,
                    };
                }
                Err(Tried::Interrupted) => return HalfTried::Interrupted,
                Err(Tried::Failed(failure, took)) => (failure, took),
            };
            let counts = scope.gate.is_closed();
            let wait = match retry.after(&failure, &Went { took, counts }) {
                Verdict::Park => return HalfTried::Failed(failure, retry.attempts()),
                Verdict::Again(wait) => {
                    waiting = None;
                    metrics::retried(self.router.group);
                    wait
                }
                Verdict::Hold(wait) => {
                    waiting
                        .get_or_insert_with(|| self.waits.begin())
                        .tell(&failure);
                    wait
                }
            };
            // Who waits takes nobody's turn.
            *turn = None;
            if Box::pin(scope.rest(wait)).await.is_err() {
                return HalfTried::Interrupted;
            }
        }
    }

    /// One try of a half of one event, or of the first halves of several in one transaction, with the letters that
    /// they came from.
    async fn attempt(
        &self,
        half: Half,
        events: &[&Event<S, D>],
        letters: &[Uuid],
        turn: &mut Option<Turn>,
        scope: &Scope,
    ) -> Result<(), Tried> {
        let limit = match half {
            Half::Within => &self.transactions,
            Half::After => &self.alone,
        };
        let pass = self.admit(limit, turn, scope).await?;
        let work = pin!(self.handle(half, events, letters));
        self.judge(pass, work, turn, scope).await
    }

    /// Waits for the right to one try, and for its turn.
    async fn admit(
        &self,
        limit: &Limit,
        turn: &mut Option<Turn>,
        scope: &Scope,
    ) -> Result<Pass, Tried> {
        let pass = loop {
            match scope.gate.at_once()? {
                Some(pass) => break pass,
                None => {
                    *turn = None;
                    // What seldom happens is not kept room for in every try.
                    Box::pin(scope.gate.opens(scope)).await?;
                }
            }
        };
        if !turn.as_ref().is_some_and(|turn| limit.gave(turn)) {
            // One is given back before another is waited for.
            *turn = None;
            let next = Box::pin(limit.turn(&scope.stop));
            *turn = Some(next.await.map_err(|_| Tried::Interrupted)?);
        }
        Ok(pass)
    }

    /// Makes the try, and tells those who want to know how it went. The work stays with who asks: what is handed over
    /// takes its room twice.
    async fn judge(
        &self,
        pass: Pass,
        work: Pin<&mut impl Future<Output = Result<(), Failure>>>,
        turn: &mut Option<Turn>,
        scope: &Scope,
    ) -> Result<(), Tried> {
        let (outcome, took) = measure::timed(&scope.handled, work).await;
        if let Some(turn) = turn {
            turn.took += took;
        }
        pass.settle(&outcome);
        if outcome.is_err() {
            // What is done is counted where it is done.
            scope.activity.mark();
        }
        outcome.map_err(|failure| Tried::Failed(failure, took))
    }

    async fn handle(
        &self,
        half: Half,
        events: &[&Event<S, D>],
        letters: &[Uuid],
    ) -> Result<(), Failure> {
        if half == Half::Within {
            let limit = self.options.handler_timeout;
            let once = deduplicate::once(&self.store, &self.router, events, letters, limit);
            return Box::pin(once).await;
        }
        let takes_many = |event: &Event<S, D>| event.afterwards() == Afterwards::Many;
        for run in deduplicate::runs(events, takes_many) {
            let Some(first) = run.first() else { continue };
            if let Some(work) = first.after(run, &self.router.state) {
                self.guarded(*first, run, work).await?;
            }
        }
        Ok(())
    }

    async fn guarded(
        &self,
        first: &Event<S, D>,
        run: &[&Event<S, D>],
        work: BoxFuture<'_, Result<(), Failure>>,
    ) -> Result<(), Failure> {
        let work = timeout::within(self.options.handler_timeout, first.place(), work);
        let records = run.iter().map(|event| event.record());
        trace::continued(self.router.group, records, pin!(work)).await
    }
}

fn transactional<S: 'static, C: 'static>(events: &[&DynArrived<S, C>]) -> bool {
    events
        .iter()
        .any(|event| event.in_transaction() != InTransaction::Nothing)
}
