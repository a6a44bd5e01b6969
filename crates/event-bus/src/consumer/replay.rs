//! Dead letters on their way back: in order, through the handlers of live events.

use std::sync::Arc;
use std::time::Duration;

use nova_resilience::Backoff;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::failure::Failure;
use crate::middleware::{Interrupted, Replayed, Scope, Stack, Stop};
use crate::store::{Parked, Replays, Store};
use crate::{jitter, metrics};

/// How often the one who replays looks for requests, and the others whether they are needed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Replays what is asked for until `stop`, whenever no other process does.
pub(crate) async fn run<S: Send + Sync + 'static, D: Store>(
    stack: Arc<Stack<S, D>>,
    stop: CancellationToken,
) {
    let backoff = Backoff::standard();
    let mut failures = 0;
    while !stop.is_cancelled() {
        let wait = match lead(&stack, &stop).await {
            Ok(()) => {
                failures = 0;
                LOOK_EVERY
            }
            Err(failure) => {
                failures += 1;
                tracing::debug!(
                    consumer = stack.router.group,
                    "dead letters are not replayed now: {}",
                    failure.detail
                );
                jitter::wait(&backoff, failures).max(LOOK_EVERY)
            }
        };
        stop.run_until_cancelled(tokio::time::sleep(wait)).await;
    }
}

/// Replays until something fails or `stop`; returns at once when another process is the one.
async fn lead<S: Send + Sync + 'static, D: Store>(
    stack: &Stack<S, D>,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let Some(mut replays) = stack.store.replays(stack.router.group).await? else {
        return Ok(());
    };
    while !stop.is_cancelled() {
        match replays.requested().await? {
            Some(parked) => {
                if replay(stack, &mut replays, &parked, stop).await? == Err(Interrupted) {
                    return Ok(());
                }
            }
            None => {
                stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
                    .await;
            }
        }
    }
    Ok(())
}

/// Replays one sequence until it is empty and flows again, or one of it fails again.
async fn replay<S: Send + Sync + 'static, D: Store>(
    stack: &Stack<S, D>,
    replays: &mut D::Replays,
    parked: &Parked,
    stop: &CancellationToken,
) -> Result<Result<(), Interrupted>, Failure> {
    let scope = Scope::of_replay(
        stack.router.group,
        Arc::clone(&parked.topic),
        Stop::with(stop),
    );
    let group = stack.router.group;
    loop {
        let letters = replays.letters(parked, stack.options.batch.max(1)).await?;
        if letters.is_empty() {
            if replays.release(parked).await? {
                tracing::info!(consumer = group, topic = %parked.topic, "a parked key flows again");
                return Ok(Ok(()));
            }
            continue;
        }
        let ids: Vec<Uuid> = letters.iter().map(|letter| letter.id).collect();
        let records = letters.into_iter().map(|letter| letter.record).collect();
        let Replayed {
            handled,
            failed,
            interrupted,
        } = stack.replay(records, &scope).await;
        let done = ids.get(..handled).unwrap_or_default();
        if !done.is_empty() {
            replays.handled(done).await?;
            metrics::replayed(group, "handled", done.len() as u64);
        }
        if let (Some(failed), Some(letter)) = (failed, ids.get(handled)) {
            metrics::replayed(group, "failed", 1);
            tracing::warn!(
                consumer = group,
                topic = %parked.topic,
                dead_letter = %letter,
                "a dead letter failed again: {}",
                failed.failure.detail
            );
            replays
                .failed(
                    parked,
                    *letter,
                    &failed.failure,
                    failed.fingerprint,
                    failed.attempts,
                )
                .await?;
            return Ok(Ok(()));
        }
        if interrupted {
            return Ok(Err(Interrupted));
        }
    }
}
