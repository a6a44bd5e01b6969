//! Handlers run in one transaction with the inbox, which knows what has happened before.

use std::pin::pin;
use std::time::Duration;

use uuid::Uuid;

use super::{Event, timeout, trace};
use crate::cause::Cause;
use crate::failure::Failure;
use crate::metrics;
use crate::router::{DynArrived, InTransaction, Router};
use crate::store::{Store, Transaction};

/// Runs the transactional halves of the events that are new, in their order, and commits. Letters that they came
/// from are taken out in the same transaction; if one is gone, somebody else has seen to it, and nothing happens.
pub(super) async fn once<S: Send + Sync + 'static, D: Store>(
    store: &D,
    router: &Router<S, D::Connection>,
    events: &[&Event<S, D>],
    letters: &[Uuid],
    limit: Duration,
) -> Result<(), Failure> {
    let wanted: Vec<&Event<S, D>> = events
        .iter()
        .filter(|event| event.in_transaction() != InTransaction::Nothing)
        .copied()
        .collect();
    let ids: Vec<Uuid> = wanted.iter().map(|event| event.id().uuid()).collect();
    let mut tx = store.begin().await?;
    if !letters.is_empty() && !tx.take_out(letters).await? {
        return Err(Failure::gone());
    }
    let mut new = tx.claim(router.group, &ids).await?;
    let duplicates = ids.len() - new.len();
    // Also when one delivery holds the same event twice.
    let fresh: Vec<&Event<S, D>> = wanted
        .into_iter()
        .filter(|event| new.remove(&event.id().uuid()))
        .collect();
    for run in runs(&fresh, |event| {
        event.in_transaction() == InTransaction::Many
    }) {
        let Some(first) = run.first() else { continue };
        let connection = tx.connection()?;
        let work = async {
            match first.in_transaction() {
                InTransaction::Many => first.batch(run, &router.state, connection).await,
                _ => first.once(&router.state, connection).await,
            }
        };
        let work = pin!(Cause::of(first.record()).scope(work));
        let work = pin!(timeout::within(limit, first.place(), work));
        let records = run.iter().map(|event| event.record());
        trace::continued(router.group, records, work).await?;
    }
    tx.commit().await?;
    if duplicates > 0 {
        metrics::duplicates(router.group, duplicates as u64);
    }
    Ok(())
}

/// The events as their handlers take them: one by one, or, where they take many, all that follow each other and have
/// the same handler.
pub(super) fn runs<'a, 'b, S: 'static, C: 'static>(
    events: &'b [&'a DynArrived<S, C>],
    takes_many: impl Fn(&DynArrived<S, C>) -> bool,
) -> impl Iterator<Item = &'b [&'a DynArrived<S, C>]> {
    events.chunk_by(move |one, other| takes_many(*one) && one.kind_of() == other.kind_of())
}
