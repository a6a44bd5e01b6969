use nova_event_bus::Record;

use super::publish::{happened_at, prepare};
use crate::domain::Reason;
use crate::error::Error;
use crate::events::Names;
use crate::metrics;
use crate::state::State;
use crate::store::losses;

/// Notes that messages of one partition are let go, if any of them would have reached somebody: every stream is told when
/// they happened, by `jobs::losses`. What they say of posts, conversations and blocks is noted as ever, for it decides who may
/// see what comes later.
///
/// # Errors
/// When Postgres is away.
pub async fn note_loss(state: &State, records: &[Record]) -> Result<(), Error> {
    let mut lost = prepare(state, records).await?;
    let names = Names::of(&state.kafka);
    if let Some(first) = lost.published.first() {
        let (mut from, mut to) = (first.entry.time, first.entry.time);
        for record in records {
            let at = happened_at(&names, record);
            (from, to) = (from.min(at), to.max(at));
        }
        if lost.tx.is_none() {
            lost.tx = Some(state.database.pool.begin().await?);
        }
        if let Some(tx) = &mut lost.tx {
            losses::save(tx, Reason::Dropped, from, to).await?;
        }
    }
    lost.commit().await?;
    metrics::consumed(records.len() as u64);
    metrics::dropped(lost.events(records.len()));
    lost.tell_refused(&names, records);
    Ok(())
}
