//! What fails for good is parked, and with it its key.

use futures::future::BoxFuture;

use super::{Fate, Interrupted, Retry, Scope, Stack};
use crate::failure::Failure;
use crate::fingerprint::fingerprint;
use crate::record::{Known, Record};
use crate::store::{Letter, Store};
use crate::{jitter, metrics};

impl<S: Send + Sync + 'static, D: Store> Stack<S, D> {
    /// Parks an event, however long the store is away. Unless too many fail for good: then nothing is parked
    /// and the consumer stops.
    pub(super) async fn park(
        &self,
        record: Record,
        failure: &Failure,
        attempts: u32,
        scope: &Scope,
    ) -> Result<Fate, (Record, Interrupted)> {
        let is_transient = failure.code.is_transient();
        if !is_transient && self.self_limit.failed() {
            self.stop_loudly(&record, failure);
            scope.stop.cancelled().await;
            return Err((record, Interrupted));
        }
        let letter = Letter {
            record: &record,
            failure,
            fingerprint: fingerprint_of(&record, failure),
            attempts,
            build: &self.options.build,
            again: is_transient.then(|| jitter::wait(&self.options.replay_backoff, 1)),
        };
        let group = self.router.group;
        let parked = self.held(scope, || self.store.park(group, &letter)).await;
        if let Err(interrupted) = parked {
            return Err((record, interrupted));
        }
        metrics::parked(group, failure.reason);
        tracing::error!(
            consumer = group,
            topic = record.topic(),
            partition = record.partition(),
            offset = record.offset(),
            event.id = record.known(Known::Id),
            event.type = record.known(Known::Type),
            attempts,
            reason = failure.reason,
            "an event is parked: {}",
            failure.detail
        );
        Ok(Fate::Parked)
    }

    fn stop_loudly(&self, record: &Record, failure: &Failure) {
        self.waits
            .stop("too many events fail: the consumer has stopped");
        tracing::error!(
            consumer = self.router.group,
            topic = record.topic(),
            partition = record.partition(),
            offset = record.offset(),
            reason = failure.reason,
            "too many events fail: the consumer stops instead of parking them all: {}",
            failure.detail
        );
    }

    /// Asks the store for something until it answers or the scope stops.
    pub(super) async fn held<'a, T>(
        &self,
        scope: &Scope,
        ask: impl Fn() -> BoxFuture<'a, Result<T, Failure>>,
    ) -> Result<T, Interrupted> {
        let mut retry = Retry::begin(&self.options);
        let mut waiting = None;
        loop {
            let failure = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            // Whatever the store says, there is nowhere else to put a dead letter.
            waiting
                .get_or_insert_with(|| self.waits.begin())
                .tell(&failure);
            scope.rest(retry.hold()).await?;
        }
    }
}

/// What fails alike has the same fingerprint.
pub(crate) fn fingerprint_of(record: &Record, failure: &Failure) -> String {
    let event_type = record.known(Known::Type).unwrap_or_default();
    fingerprint(event_type, failure.place, failure.code, failure.reason)
}
