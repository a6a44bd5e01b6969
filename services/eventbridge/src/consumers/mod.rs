//! What this service listens to: everything.

use nova_event_bus::{Record, Router};

use crate::error::Error;
use crate::events::topics;
use crate::state::State;
use crate::{NAME, commands};

/// Every topic that carries events for somebody, each partition in the order of its offsets: ids of streams tell by one offset
/// what was seen of it.
pub(crate) fn router(state: State) -> Router<State> {
    let router = Router::new(NAME, state).dropped(note_loss);
    topics().fold(router, |router, topic| router.in_order(topic.name, publish))
}

async fn publish(state: &State, records: &[Record]) -> Result<(), Error> {
    commands::publish(state, records).await
}

async fn note_loss(state: &State, records: &[Record]) -> Result<(), Error> {
    commands::note_loss(state, records).await
}
