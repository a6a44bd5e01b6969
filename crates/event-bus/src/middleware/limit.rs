//! How many tries run at the same time.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Interrupted, Stop};

/// So many turns at a time; who waits gets one in the order of asking.
#[derive(Clone)]
pub(crate) struct Limit(Arc<Semaphore>);

/// The right to run; given back when dropped.
pub(crate) struct Turn {
    permit: OwnedSemaphorePermit,
    /// How long what ran in it has waited for something.
    pub(super) took: Duration,
}

impl Turn {
    const fn of(permit: OwnedSemaphorePermit) -> Self {
        Self {
            permit,
            took: Duration::ZERO,
        }
    }
}

impl Limit {
    /// At least one.
    pub(crate) fn of(turns: usize) -> Self {
        Self(Arc::new(Semaphore::new(turns.max(1))))
    }

    /// A turn if there is one and nobody waits for it.
    pub(crate) fn at_once(&self) -> Option<Turn> {
        let permit = Arc::clone(&self.0).try_acquire_owned().ok()?;
        Some(Turn::of(permit))
    }

    /// The next turn.
    pub(crate) fn next(&self) -> BoxFuture<'static, Option<Turn>> {
        let asked = Arc::clone(&self.0).acquire_owned();
        Box::pin(async move { Some(Turn::of(asked.await.ok()?)) })
    }

    /// Whether a turn is one of these.
    pub(super) fn gave(&self, turn: &Turn) -> bool {
        Arc::ptr_eq(turn.permit.semaphore(), &self.0)
    }

    /// The next turn, unless `stop` comes first.
    pub(super) async fn turn(&self, stop: &Stop) -> Result<Turn, Interrupted> {
        if let Some(turn) = self.at_once() {
            return Ok(turn);
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(Interrupted),
            turn = self.next() => turn.ok_or(Interrupted),
        }
    }
}
