//! What is done with the messages of one partition, in order.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use nova_resilience::{Backoff, Health};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::cause::Cause;
use crate::failure::Failure;
use crate::record::{Record, header};
use crate::router::{Arrived, Routed, Router};
use crate::{dead_letter, inbox, metrics, trace};

/// Events whose effects commit together.
const TOGETHER: usize = 128;
/// How often an event is tried before it is parked; with the standard backoff some 12 s in all.
const ATTEMPTS: u32 = 8;
/// A handler that takes longer has failed.
const TIMEOUT_SECONDS: u64 = 30;

/// Handles messages, whatever the state of its handlers is.
pub(super) trait Work: Send + Sync {
    /// Handles messages of one partition in order until they are done or `stop`; returns the last
    /// offset that is done.
    fn handle<'a>(
        &'a self,
        records: Vec<Record>,
        stop: &'a CancellationToken,
    ) -> BoxFuture<'a, Option<i64>>;
}

pub(super) struct Worker<S> {
    router: Router<S>,
    pool: PgPool,
    health: Health,
    backoff: Backoff,
}

/// The consumer is stopping: what is not done stays undone.
struct Interrupted;

impl<S: Send + Sync + 'static> Work for Worker<S> {
    fn handle<'a>(
        &'a self,
        records: Vec<Record>,
        stop: &'a CancellationToken,
    ) -> BoxFuture<'a, Option<i64>> {
        Box::pin(async move {
            let mut done = None;
            let mut records = records.into_iter().peekable();
            while records.peek().is_some() && !stop.is_cancelled() {
                let slice: Vec<Record> = records.by_ref().take(TOGETHER).collect();
                let last = slice.last().map(Record::offset);
                let count = slice.len() as u64;
                let topic = slice.first().map(|record| record.topic.clone());
                let items = slice
                    .into_iter()
                    .map(|record| self.router.find(record))
                    .collect();
                match self.handle_slice(items, stop).await {
                    Ok(()) => done = last,
                    Err((offset, Interrupted)) => return offset.or(done),
                }
                if let Some(topic) = topic {
                    metrics::handled(self.router.group, &topic, count);
                }
            }
            done
        })
    }
}

impl<S: Send + Sync + 'static> Worker<S> {
    pub(super) fn new(router: Router<S>, pool: PgPool, health: Health) -> Self {
        Self {
            router,
            pool,
            health,
            backoff: Backoff::standard(),
        }
    }

    /// Together if that works, and one by one if it does not: only then it is known which one failed.
    async fn handle_slice(
        &self,
        items: Vec<Routed<S>>,
        stop: &CancellationToken,
    ) -> Result<(), (Option<i64>, Interrupted)> {
        let mut together = Vec::with_capacity(items.len());
        let mut poisoned = false;
        for item in &items {
            match item {
                Routed::Handle(event) => together.push(&**event),
                Routed::Ignored => {}
                Routed::Poison(..) => poisoned = true,
            }
        }
        if !poisoned && self.attempt(&together).await.is_ok() {
            return Ok(());
        }
        let mut done = None;
        for item in items {
            let offset = match &item {
                Routed::Handle(event) => Some(event.record().offset),
                Routed::Poison(record, _) => Some(record.offset),
                Routed::Ignored => None,
            };
            self.handle_one(item, stop)
                .await
                .map_err(|interrupted| (done, interrupted))?;
            done = offset.or(done);
        }
        Ok(())
    }

    async fn handle_one(
        &self,
        item: Routed<S>,
        stop: &CancellationToken,
    ) -> Result<(), Interrupted> {
        match item {
            Routed::Ignored => Ok(()),
            Routed::Poison(record, failure) => self.park(&record, &failure, 1, stop).await,
            Routed::Handle(event) => self.retry(&*event, stop).await,
        }
    }

    async fn retry(
        &self,
        event: &dyn Arrived<S>,
        stop: &CancellationToken,
    ) -> Result<(), Interrupted> {
        let mut attempts = 0;
        let mut held = 0;
        loop {
            let failure = match self.attempt(&[event]).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            if failure.hold {
                held += 1;
                self.hold(&failure, held, stop).await?;
                continue;
            }
            attempts += 1;
            if !failure.code.is_transient() || attempts >= ATTEMPTS {
                return self.park(event.record(), &failure, attempts, stop).await;
            }
            metrics::retried(self.router.group);
            tracing::debug!(
                consumer = self.router.group,
                event.id = %event.id(),
                attempts,
                "an event is tried again: {}",
                failure.detail
            );
            wait(self.backoff.wait(attempts), stop).await?;
        }
    }

    /// One transaction with the inbox for all that need one, then what comes after it.
    async fn attempt(&self, events: &[&dyn Arrived<S>]) -> Result<(), Failure> {
        let transactional: Vec<_> = events
            .iter()
            .filter_map(|event| Some((*event, event.once()?)))
            .collect();
        if !transactional.is_empty() {
            let ids: Vec<_> = transactional
                .iter()
                .map(|(event, _)| event.id().uuid())
                .collect();
            let database = |error| Failure::of_database(&error);
            let mut tx = self.pool.begin().await.map_err(database)?;
            let mut new = inbox::claim(&mut tx, self.router.group, &ids)
                .await
                .map_err(database)?;
            let duplicates = ids.len() - new.len();
            for (event, work) in transactional {
                // Also when one delivery holds the same event twice.
                if new.remove(&event.id().uuid()) {
                    let cause = Cause::of(event.record());
                    let run = cause.scope(work.run(&self.router.state, &mut tx));
                    guarded(event.record(), run).await?;
                }
            }
            tx.commit().await.map_err(database)?;
            if duplicates > 0 {
                metrics::duplicates(self.router.group, duplicates as u64);
            }
        }
        for event in events {
            if let Some(work) = event.after(&self.router.state) {
                guarded(event.record(), work).await?;
            }
        }
        self.health.up();
        Ok(())
    }

    /// Parks an event, however long the store is away.
    async fn park(
        &self,
        record: &Record,
        failure: &Failure,
        attempts: u32,
        stop: &CancellationToken,
    ) -> Result<(), Interrupted> {
        let group = self.router.group;
        let mut held = 0;
        while let Err(error) = dead_letter::park(&self.pool, group, record, failure, attempts).await
        {
            held += 1;
            self.hold(&Failure::of_database(&error), held, stop).await?;
        }
        metrics::parked(group, failure.reason);
        tracing::error!(
            consumer = group,
            topic = record.topic(),
            partition = record.partition(),
            offset = record.offset(),
            event.id = record.header(header::ID),
            event.type = record.header(header::TYPE),
            attempts,
            reason = failure.reason,
            "an event is parked: {}",
            failure.detail
        );
        Ok(())
    }

    async fn hold(
        &self,
        failure: &Failure,
        held: u32,
        stop: &CancellationToken,
    ) -> Result<(), Interrupted> {
        self.health.down(failure.detail.clone());
        if held == 1 {
            tracing::warn!(
                consumer = self.router.group,
                "events wait for the database: {}",
                failure.detail
            );
        }
        wait(
            self.backoff.wait(held).min(Duration::from_millis(500)),
            stop,
        )
        .await
    }
}

async fn wait(pause: Duration, stop: &CancellationToken) -> Result<(), Interrupted> {
    tokio::select! {
        () = tokio::time::sleep(pause) => Ok(()),
        () = stop.cancelled() => Err(Interrupted),
    }
}

/// A handler's work with a time limit; a panic is a failure like others. In a span of the sender's
/// trace when the sender recorded it.
async fn guarded(
    record: &Record,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let limit = Duration::from_secs(TIMEOUT_SECONDS);
    let work = AssertUnwindSafe(tokio::time::timeout(limit, work)).catch_unwind();
    let outcome = match record.header(header::TRACEPARENT) {
        Some(parent) if trace::is_sampled(parent) => {
            let span = tracing::info_span!(
                "event",
                otel.kind = "consumer",
                event.type = record.header(header::TYPE),
                event.id = record.header(header::ID),
            );
            trace::continue_in(&span, parent);
            work.instrument(span).await
        }
        _ => work.await,
    };
    match outcome {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Failure::timed_out(TIMEOUT_SECONDS)),
        Err(panic) => Err(Failure::panicked(&*panic)),
    }
}
