use std::sync::Arc;

use nova_event_bus::Record;

use super::publish::recorded_at;
use super::translate::{Message, translate};
use crate::domain::rules::Over;
use crate::domain::{Channel, Entry, Filter, Refused};
use crate::error::Error;
use crate::events::Names;
use crate::state::State;
use crate::store::windows::Published;

/// Puts what nodes send themselves on their channels, by the way of all events but for the operator's rules: those are about
/// what clients are told. Anything else that is here, as what probes say, is nothing to anybody and is passed over. Nothing
/// counts as an event.
///
/// # Errors
/// When Redis is away; some may have been published.
pub async fn pass_canaries(state: &State, records: &[Record]) -> Result<(), Error> {
    let (names, filter) = (Names::of(&state.kafka), Filter::default());
    let mut published = Vec::new();
    for record in records {
        match read(state, &filter, &names, record) {
            Ok(canary) => published.push(canary),
            Err(refused) => {
                tracing::trace!(offset = record.offset(), %refused, "a message is no canary");
            }
        }
    }
    state.windows.publish(&published).await?;
    Ok(())
}

fn read(
    state: &State,
    filter: &Filter,
    names: &Names<'_>,
    record: &Record,
) -> Result<Published, Refused> {
    let message = Message {
        headers: names.headers(record),
        payload: record.payload(),
        recorded_at: recorded_at(record),
    };
    // Without rules there is nothing that could take long.
    let never: Over = Arc::new(|| false);
    let translated = translate(&state.schemas, filter, &message, &never)?;
    let (envelope, mut channels) = (translated.envelope, translated.routed.channels);
    channels.retain(|channel| matches!(channel, Channel::Node(_)));
    if channels.is_empty() {
        return Err(Refused::Nobody);
    }
    let partition = names.partition(record).ok_or(Refused::Nobody)?;
    let entry = Entry::of(&envelope, partition, record.offset(), envelope.time);
    Ok(Published {
        channels,
        entry: Arc::new(entry),
    })
}
