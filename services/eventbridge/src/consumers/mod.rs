//! What this service listens to: everything.

use nova_event_bus::{Record, Router};
use nova_proto::catalogue::HEALTH;

use crate::error::Error;
use crate::events::{Names, topics};
use crate::state::State;
use crate::{NAME, commands};

/// Every topic that carries events for somebody, each partition in the order of its offsets: ids of streams tell by one offset
/// what was seen of it. And what nodes send themselves.
pub(crate) fn router(state: State) -> Router<State> {
    let router = Router::new(NAME, state).dropped(note_loss);
    let router = router.in_order(HEALTH.name, pass_canaries);
    topics().fold(router, |router, topic| router.in_order(topic.name, publish))
}

async fn publish(state: &State, records: &[Record]) -> Result<(), Error> {
    commands::publish(state, records).await
}

/// What cannot be passed on is let go: it is missed, which is what it is for, and the next one comes in a moment. Tried again
/// it would be held back by a breaker long after all is well.
async fn pass_canaries(state: &State, records: &[Record]) -> Result<(), Error> {
    if let Err(error) = commands::pass_canaries(state, records).await {
        tracing::debug!(%error, "what nodes send themselves is let go");
    }
    Ok(())
}

async fn note_loss(state: &State, records: &[Record]) -> Result<(), Error> {
    let names = Names::of(&state.kafka);
    if records.iter().all(|record| names.is_on(record, &HEALTH)) {
        // Of this nobody misses anything.
        return Ok(());
    }
    commands::note_loss(state, records).await
}
