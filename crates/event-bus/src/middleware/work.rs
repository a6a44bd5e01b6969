//! What a lane asks of the handlers and what surrounds them.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::{Event, Fate, Interrupted, Ran, Scope, Stack, Turn, Work};
use crate::metrics;
use crate::record::Record;
use crate::router::{Kind, Routed};
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
        turn: Turn,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Result<(), Vec<Record>>> {
        Box::pin(async move {
            let routed: Vec<_> = records
                .into_iter()
                .map(|record| self.router.find(record))
                .collect();
            let poisoned = routed
                .iter()
                .any(|routed| matches!(routed, Routed::Poison(_)));
            let events: Vec<&Event<S, D>> = routed
                .iter()
                .filter_map(|routed| match routed {
                    Routed::Handle(event) => Some(&**event),
                    Routed::Ignored(_) | Routed::Poison(_) => None,
                })
                .collect();
            let count = events.len() as u64;
            let mut turn = Some(turn);
            if !poisoned && self.attempt(&events, &mut turn, &scope).await.is_ok() {
                self.self_limit.handled(count);
                return Ok(());
            }
            Err(routed.into_iter().map(Routed::into_record).collect())
        })
    }

    fn one_by_one(
        self: Arc<Self>,
        records: Vec<Record>,
        mut turn: Option<Turn>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Ran> {
        Box::pin(async move {
            let mut ran = Ran {
                done: 0,
                left: Vec::new(),
                parked: false,
            };
            let mut records = records.into_iter();
            while !ran.parked && !scope.stop.is_now() {
                // What was done is told, and others of the kind have their turn.
                if turn.as_ref().is_some_and(|turn| turn.took > IN_ONE_TURN) {
                    break;
                }
                let Some(record) = records.next() else { break };
                match self.settle(record, &mut turn, &scope).await {
                    Ok(fate) => {
                        ran.done += 1;
                        ran.parked = matches!(fate, Fate::Parked);
                    }
                    Err((record, Interrupted)) => {
                        ran.left.push(record);
                        break;
                    }
                }
            }
            let handled = ran.done - usize::from(ran.parked);
            self.self_limit.handled(handled as u64);
            ran.left.extend(records);
            ran
        })
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

    fn parked(
        self: Arc<Self>,
        scope: Arc<Scope>,
    ) -> BoxFuture<'static, Result<Vec<Vec<u8>>, Interrupted>> {
        Box::pin(async move {
            let (topic, partition) = (&*scope.topic, scope.partition);
            let consumer = self.router.group;
            self.held(&scope, || self.store.parked(consumer, topic, partition))
                .await
        })
    }
}
