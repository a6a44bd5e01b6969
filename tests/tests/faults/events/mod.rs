//! Live events: a thousand streams at two replicas are told everything that is addressed to them, once and in order per key, whatever
//! is killed; and what is missing is told.
//!
//! Sixty users have streams of their own, with public tags and without, and others are nobody's. What happens is published to Kafka, as
//! the services that own it would, by a task for each user, so that it is known. Meanwhile a deck is dealt: replicas are
//! killed and restarted, Kafka, Redis and Postgres are killed or stand still, Redis is emptied, and the network between
//! streams and a replica is cut or falls silent. Whose stream ends comes back to the other replica with its last id. Afterwards what each was told
//! is compared with what was published: with `hold` there is no gap, with `drop` what is missing lies in one that was told.
//!
//! `NOVA_FAULT_SECONDS` (20) is for how long; the deck is dealt once in twenty seconds.

mod judge;
mod reader;
mod run;
mod truth;

use crate::TURN;

/// Breakers hold what cannot be put on channels.
#[tokio::test]
async fn live_events_are_told_once_and_in_order_whatever_is_killed() -> anyhow::Result<()> {
    let _turn = TURN.lock().await;
    Box::pin(run::survive(run::Degrade::Hold)).await
}

/// Breakers let go what cannot be put on channels.
#[tokio::test]
async fn live_events_that_are_let_go_lie_in_gaps_that_were_told() -> anyhow::Result<()> {
    let _turn = TURN.lock().await;
    Box::pin(run::survive(run::Degrade::Drop)).await
}
