//! What a lane asks of the handlers and what surrounds them.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::{
    Event, Fate, Half, HalfTried, Interrupted, Ran, Retry, Scope, Stack, Together, Turn, Work,
};
use crate::metrics;
use crate::record::Record;
use crate::router::{Afterwards, DynArrived, Kind, Routed};
use crate::store::Store;

/// A turn that took longer is given back after the event that it is at.
const IN_ONE_TURN: Duration = Duration::from_millis(20);

impl<S: Send + Sync + 'static, D: Store> Work for Stack<S, D> {
    fn consumer(&self) -> &'static str {
        self.router.group
    }

    fn kind(&self, record: &Record) -> Kind {
        self.router.kind(record)
    }

    fn together(
        self: Arc<Self>,
        records: Vec<Record>,
        of_keys: Vec<usize>,
        turn: Turn,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Together> {
        Box::pin(async move {
            let routed: Vec<_> = records
                .into_iter()
                .map(|record| self.router.find(record))
                .collect();
            let is_readable = routed
                .iter()
                .all(|routed| matches!(routed, Routed::Handle(_) | Routed::Ignored(_)));
            let events: Vec<&Event<S, D>> = routed.iter().filter_map(handled).collect();
            let count = events.len() as u64;
            let mut turn = Some(turn);
            let is_done = is_readable && {
                let within = self.attempt(Half::Within, &events, &[], &mut turn, &scope);
                within.await.is_ok()
            };
            // The transaction has ended, and what comes after it holds none.
            drop(turn.take());
            let mut has_after = is_done && events.iter().any(|event| event.has_after());
            if has_after
                && events
                    .iter()
                    .all(|event| event.afterwards() != Afterwards::One)
            {
                let after = self.attempt(Half::After, &events, &[], &mut turn, &scope);
                has_after = after.await.is_err();
            }
            drop(events);
            if !is_done {
                return Together::Failed(routed.into_iter().map(Routed::into_record).collect());
            }
            if has_after {
                return Together::Committed(self.after(routed, of_keys, &scope));
            }
            self.self_limit.handled(count);
            Together::Done
        })
    }

    fn one_by_one(
        self: Arc<Self>,
        records: Vec<Record>,
        mut turn: Option<Turn>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Ran> {
        Box::pin(async move {
            let mut ran = Ran::default();
            let mut records = records.into_iter();
            while !ran.parked && !scope.stop.is_now() {
                // What was done is told, and others of the kind have their turn.
                if turn.as_ref().is_some_and(|turn| turn.took > IN_ONE_TURN) {
                    break;
                }
                let Some(record) = records.next() else { break };
                if !ran.note(self.settle(record, &mut turn, &scope).await) {
                    break;
                }
            }
            self.self_limit.handled(ran.handled());
            ran.left.extend(records);
            ran
        })
    }

    fn in_order(
        self: Arc<Self>,
        records: Vec<Record>,
        turn: Option<Turn>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Ran> {
        Box::pin(async move { self.until_handled(records, turn, &scope).await })
    }

    fn park_behind(
        self: Arc<Self>,
        records: Vec<Record>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Result<Vec<(Record, bool)>, Interrupted>> {
        Box::pin(async move {
            let all: Vec<&Record> = records.iter().collect();
            let consumer = self.router.group;
            let parked = self
                .held(&scope, || self.store.park_behind(consumer, &all))
                .await?;
            let count = parked.iter().filter(|parked| **parked).count();
            metrics::parked_behind(consumer, count as u64);
            Ok(records.into_iter().zip(parked).collect())
        })
    }

    fn set_aside(
        self: Arc<Self>,
        records: Vec<Record>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Result<(), Interrupted>> {
        Box::pin(async move {
            let all: Vec<&Record> = records.iter().collect();
            let consumer = self.router.group;
            self.held(&scope, || self.store.set_aside(consumer, &all))
                .await?;
            metrics::set_aside(consumer, records.len() as u64);
            Ok(())
        })
    }

    fn parked(
        self: Arc<Self>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Result<Vec<Vec<u8>>, Interrupted>> {
        Box::pin(async move {
            let (topic, partition) = (&*scope.topic, scope.partition);
            if self.router.whole(topic).is_some() {
                // Nothing of it is parked, and nothing of it waits for a database.
                return Ok(Vec::new());
            }
            let consumer = self.router.group;
            let types = &self.types;
            self.held(&scope, || {
                self.store.parked(consumer, topic, partition, types)
            })
            .await
        })
    }
}

impl<S: Send + Sync + 'static, D: Store> Stack<S, D> {
    /// What comes after the transaction of these events, for each key by itself.
    fn after(
        self: &Arc<Self>,
        routed: Vec<Routed<S, D::Connection>>,
        of_keys: Vec<usize>,
        scope: &Arc<Scope>,
    ) -> Vec<BoxFuture<'static, Ran>> {
        let mut routed = routed.into_iter();
        let run = |count: usize| {
            let events = routed.by_ref().take(count).collect();
            let (stack, scope) = (Arc::clone(self), Arc::clone(scope));
            let run = async move { stack.after_of_key(events, &scope).await };
            Box::pin(run) as BoxFuture<'static, Ran>
        };
        of_keys.into_iter().map(run).collect()
    }

    async fn after_of_key(&self, events: Vec<Routed<S, D::Connection>>, scope: &Scope) -> Ran {
        let mut ran = Ran::default();
        let mut events = events.into_iter();
        while !ran.parked && !scope.stop.is_now() {
            let Some(routed) = events.next() else { break };
            let Routed::Handle(event) = routed else {
                ran.done += 1;
                continue;
            };
            if !ran.note(self.settle_after(event, scope).await) {
                break;
            }
        }
        self.self_limit.handled(ran.handled());
        ran.left.extend(events.map(Routed::into_record));
        ran
    }

    async fn settle_after(
        &self,
        event: Box<Event<S, D>>,
        scope: &Scope,
    ) -> Result<Fate, (Record, Interrupted)> {
        if !event.has_after() {
            return Ok(Fate::Handled);
        }
        let (mut retry, mut turn) = (Retry::begin(&self.options), None);
        let after = self.try_half(Half::After, &*event, &[], &mut retry, &mut turn, scope);
        match after.await {
            HalfTried::Handled | HalfTried::Dropped => Ok(Fate::Handled),
            HalfTried::Failed(failure, attempts) => {
                let record = event.into_record();
                Box::pin(self.park(record, &failure, attempts, scope)).await
            }
            HalfTried::Interrupted => Err((event.into_record(), Interrupted)),
        }
    }
}

impl Ran {
    /// Takes note of what became of the next event; false if nothing more of the key can be done now.
    fn note(&mut self, became: Result<Fate, (Record, Interrupted)>) -> bool {
        match became {
            Ok(fate) => {
                self.done += 1;
                self.parked = matches!(fate, Fate::Parked);
                true
            }
            Err((record, Interrupted)) => {
                self.left.push(record);
                false
            }
        }
    }

    const fn handled(&self) -> u64 {
        (self.done - self.parked as usize) as u64
    }
}

fn handled<S, C>(routed: &Routed<S, C>) -> Option<&DynArrived<S, C>> {
    match routed {
        Routed::Handle(event) => Some(&**event),
        Routed::Ignored(_) | Routed::Unknown(_) | Routed::Poison(_) => None,
    }
}
