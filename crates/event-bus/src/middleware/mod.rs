//! What surrounds every handler.
//!
//! An event is tried again ([`retry`]) until it is handled or becomes a dead letter ([`dead_letter`]). Each
//! try waits for its turn ([`limit`]), is let through by the breaker ([`breaker`]), is measured
//! ([`measure`]), leaves out what has happened before ([`deduplicate`]), and runs the handler in the trace
//! of its sender ([`trace`]) and within its time ([`timeout`]).

mod breaker;
mod dead_letter;
mod deduplicate;
mod limit;
mod measure;
mod replay;
mod retry;
mod self_limit;
mod timeout;
mod trace;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use nova_resilience::Health;
use tokio_util::sync::CancellationToken;

pub(crate) use self::breaker::Gate;
pub(crate) use self::limit::{Limit, Turn};
pub(crate) use self::replay::Replayed;
use self::retry::{Retry, Verdict};
pub(crate) use self::self_limit::SelfLimit;
use crate::consumer::flow::Activity;
use crate::failure::Failure;
use crate::metrics;
use crate::options::ConsumerOptions;
use crate::record::Record;
use crate::router::{DynArrived, InTransaction, Kind, Routed, Router};
use crate::store::Store;

/// An event with its handlers.
type Event<S, D> = DynArrived<S, <D as Store>::Connection>;

/// What is done with the messages of a consumer, whatever the state of its handlers is.
pub(crate) trait Work: Send + Sync + 'static {
    /// The consumer's group.
    fn consumer(&self) -> &'static str;

    /// How a message wants to be handled.
    fn kind(&self, record: &Record) -> Kind;

    /// Tries all in one transaction, in their order; gives them back if that fails.
    fn together(
        self: Arc<Self>,
        records: Vec<Record>,
        turn: Turn,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Result<(), Vec<Record>>>;

    /// Handles messages of one key one after the other, until one is parked or the scope stops.
    fn one_by_one(
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

    /// The parked sequences of the scope's partition.
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

/// What became of messages of one key.
pub(crate) struct Ran {
    /// Done, from the first on.
    pub(crate) done: usize,
    /// The others, in order.
    pub(crate) left: Vec<Record>,
    /// Whether the last of the done ones is a dead letter now.
    pub(crate) parked: bool,
}

/// The scope stops: what is not done stays undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interrupted;

/// Why a try did not end well.
enum Tried {
    Failed(Failure),
    Dropped,
    Interrupted,
}

/// What all tries of one event came to.
enum Tries {
    Handled,
    /// For good: the event, why, and after how many tries.
    Failed(Box<(Record, Failure, u32)>),
    Interrupted(Record),
}

/// What became of one event.
enum Fate {
    Handled,
    Parked,
}

/// The handlers of a consumer with everything around them.
pub(crate) struct Stack<S, D: Store> {
    pub(crate) router: Router<S, D::Connection>,
    pub(crate) store: D,
    /// Tries outside of transactions, and within.
    pub(crate) alone: Limit,
    pub(crate) transactions: Limit,
    pub(crate) options: ConsumerOptions,
    pub(crate) self_limit: SelfLimit,
    pub(crate) health: Health,
}

impl<S: Send + Sync + 'static, D: Store> Stack<S, D> {
    pub(crate) fn new(
        router: Router<S, D::Connection>,
        store: D,
        options: ConsumerOptions,
        health: Health,
    ) -> Self {
        Self {
            self_limit: SelfLimit::new(options.failure_limit),
            alone: Limit::of(options.concurrency),
            transactions: Limit::of(options.transactions),
            router,
            store,
            options,
            health,
        }
    }

    /// One event until it is handled or parked.
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
                // What seldom happens is not kept room for in every event's future.
                Box::pin(self.park(record, &failure, attempts, scope)).await
            }
            Tries::Interrupted(record) => Err((record, Interrupted)),
        }
    }

    /// One event, for as long as it takes.
    async fn tries(&self, record: Record, turn: &mut Option<Turn>, scope: &Scope) -> Tries {
        let event = match self.router.find(record) {
            Routed::Ignored(_) => return Tries::Handled,
            Routed::Handle(event) => event,
            Routed::Poison(unreadable) => {
                let (record, failure) = *unreadable;
                return Tries::Failed(Box::new((record, failure, 1)));
            }
        };
        let mut retry = Retry::begin(&self.options);
        loop {
            let failure = match self.attempt(&[&*event], turn, scope).await {
                Ok(()) => return Tries::Handled,
                Err(Tried::Dropped) => {
                    metrics::dropped(self.router.group, 1);
                    return Tries::Handled;
                }
                Err(Tried::Interrupted) => return Tries::Interrupted(event.into_record()),
                Err(Tried::Failed(failure)) => failure,
            };
            let wait = match retry.after(&failure) {
                Verdict::Park => {
                    let failed = (event.into_record(), failure, retry.attempts());
                    return Tries::Failed(Box::new(failed));
                }
                Verdict::Again(wait) => {
                    metrics::retried(self.router.group);
                    wait
                }
                Verdict::Hold(wait) => {
                    self.waits(&failure);
                    wait
                }
            };
            // Who waits takes nobody's turn.
            *turn = None;
            if Box::pin(scope.stop.pause(wait)).await.is_err() {
                return Tries::Interrupted(event.into_record());
            }
        }
    }

    /// One try of one event, or of several in one transaction.
    async fn attempt(
        &self,
        events: &[&Event<S, D>],
        turn: &mut Option<Turn>,
        scope: &Scope,
    ) -> Result<(), Tried> {
        if turn.is_none() {
            let limit = if transactional(events) {
                &self.transactions
            } else {
                &self.alone
            };
            let next = Box::pin(limit.turn(&scope.stop));
            *turn = Some(next.await.map_err(|_| Tried::Interrupted)?);
        }
        let pass = scope.gate.pass(&scope.stop).await?;
        let (outcome, took) = measure::timed(&scope.handled, self.handle(events)).await;
        if let Some(turn) = turn {
            turn.took += took;
        }
        pass.settle(&outcome);
        if outcome.is_ok() {
            self.health.up();
        }
        outcome.map_err(Tried::Failed)
    }

    /// What belongs in the transaction, and when that has committed what comes after it.
    async fn handle(&self, events: &[&Event<S, D>]) -> Result<(), Failure> {
        if transactional(events) {
            let limit = self.options.handler_timeout;
            Box::pin(deduplicate::once(&self.store, &self.router, events, limit)).await?;
        }
        for event in events {
            if let Some(work) = event.after(&self.router.state) {
                self.guarded(*event, work).await?;
            }
        }
        Ok(())
    }

    async fn guarded(
        &self,
        event: &Event<S, D>,
        work: BoxFuture<'_, Result<(), Failure>>,
    ) -> Result<(), Failure> {
        let work = timeout::within(self.options.handler_timeout, event.place(), work);
        trace::continued(event.record(), work).await
    }

    fn waits(&self, failure: &Failure) {
        let (before, _) = self.health.condition();
        self.health.down(failure.detail.clone());
        if !matches!(before, nova_resilience::Condition::Down(_)) {
            tracing::warn!(
                consumer = self.router.group,
                "events wait for the database: {}",
                failure.detail
            );
        }
    }
}

fn transactional<S: 'static, C: 'static>(events: &[&DynArrived<S, C>]) -> bool {
    events
        .iter()
        .any(|event| event.in_transaction() != InTransaction::Nothing)
}
