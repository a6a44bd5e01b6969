use time::OffsetDateTime;

use crate::domain::routing::{self, Routed};
use crate::domain::rules::Over;
use crate::domain::{Envelope, Filter, Headers, Refused};
use crate::events::Schemas;

/// A message of Kafka.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// What its headers say.
    pub headers: Headers<'a>,
    /// None of a tombstone.
    pub payload: Option<&'a [u8]>,
    /// When Kafka has noted it.
    pub recorded_at: OffsetDateTime,
}

/// An event on its way to streams.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// What those are told who are told the whole.
    pub envelope: Envelope,
    /// Whom it reaches.
    pub routed: Routed,
}

/// Makes of a message what streams are told of it: type, filter, payload, addressees, cuts, envelope, filter again. What it
/// would take longest to find out is asked last. `over` says that the filter's time limit is over since the call.
///
/// # Errors
/// Why it goes to nobody.
pub fn translate(
    schemas: &Schemas,
    filter: &Filter,
    message: &Message<'_>,
    over: &Over,
) -> Result<Translated, Refused> {
    let named = message.headers.event_type.filter(|name| !name.is_empty());
    let event_type = named.ok_or(Refused::NoType)?;
    let schema = schemas.find(event_type).ok_or(Refused::UnknownType)?;
    let payload = message.payload.ok_or(Refused::NoPayload)?;
    filter.check_message(event_type, payload.len())?;
    let route = schema.route.ok_or(Refused::Nobody)?;
    let mut data = schema.decode(payload)?;
    let routed = routing::route(route, &data);
    if routed.is_empty() {
        return Err(Refused::Nobody);
    }
    let user = routing::user(route, &data).map(str::to_owned);
    routing::cut(route, &mut data);
    let envelope = Envelope::new(
        &message.headers,
        event_type,
        user.as_deref(),
        message.recorded_at,
        data,
    );
    filter.check_envelope(&envelope, over)?;
    Ok(Translated { envelope, routed })
}

#[cfg(test)]
mod tests;
