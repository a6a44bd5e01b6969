//! Which handler gets which event.

use std::collections::HashMap;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use futures::future::BoxFuture;
use nova_ids::EventId;
use nova_proto::catalogue::{Event, EventInfo};
use nova_resilience::Fault;
use sqlx::PgConnection;

use crate::failure::Failure;
use crate::record::{Record, header};

/// An event that arrived, with the message it arrived in.
#[derive(Debug, Clone)]
pub struct Delivery<E> {
    /// The decoded event.
    pub event: E,
    /// Id of the event, the same however often it is delivered.
    pub id: EventId,
    /// The message as Kafka gave it.
    pub record: Record,
}

impl<E> Deref for Delivery<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.event
    }
}

/// An async function `(&state, &mut transaction, &Delivery<E>) -> Result<(), impl Fault>`.
pub trait Once<'a, S, E>: Send + Sync + 'static {
    /// What its future gives.
    fn call(
        &self,
        state: &'a S,
        tx: &'a mut PgConnection,
        delivery: &'a Delivery<E>,
    ) -> BoxFuture<'a, Result<(), Failure>>;
}

impl<'a, S: 'a, E: 'a, F, Fut, Error> Once<'a, S, E> for F
where
    F: Fn(&'a S, &'a mut PgConnection, &'a Delivery<E>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'a,
    Error: Fault + 'a,
{
    fn call(
        &self,
        state: &'a S,
        tx: &'a mut PgConnection,
        delivery: &'a Delivery<E>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let work = self(state, tx, delivery);
        Box::pin(async move {
            work.await
                .map_err(|error| Failure::of_handler(&error, &error))
        })
    }
}

/// An async function `(&state, &Delivery<E>) -> Result<(), impl Fault>`.
pub trait AtLeastOnce<'a, S, E>: Send + Sync + 'static {
    /// What its future gives.
    fn call(&self, state: &'a S, delivery: &'a Delivery<E>) -> BoxFuture<'a, Result<(), Failure>>;
}

impl<'a, S: 'a, E: 'a, F, Fut, Error> AtLeastOnce<'a, S, E> for F
where
    F: Fn(&'a S, &'a Delivery<E>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'a,
    Error: Fault + 'a,
{
    fn call(&self, state: &'a S, delivery: &'a Delivery<E>) -> BoxFuture<'a, Result<(), Failure>> {
        let work = self(state, delivery);
        Box::pin(async move {
            work.await
                .map_err(|error| Failure::of_handler(&error, &error))
        })
    }
}

/// A service's consumers: one list of events and what happens on each.
pub struct Router<S> {
    pub(crate) group: &'static str,
    pub(crate) state: S,
    routes: HashMap<&'static str, (EventInfo, Arc<dyn Decode<S>>)>,
}

impl<S: Send + Sync + 'static> Router<S> {
    /// No events yet, for the consumer group of that name.
    pub fn new(group: &'static str, state: S) -> Self {
        Self {
            group,
            state,
            routes: HashMap::new(),
        }
    }

    /// On `E`, runs `handler` in one transaction with the inbox: its effects happen once, whatever
    /// is delivered twice or killed between.
    ///
    /// # Panics
    /// When `E` is listed already.
    #[must_use]
    pub fn once<E: Event>(self, handler: impl for<'a> Once<'a, S, E>) -> Self {
        self.route(Handlers::<S, E> {
            once: Some(Box::new(handler)),
            after: None,
        })
    }

    /// On `E`, runs `handler` before the event counts as handled: at least once, so its effects must
    /// be idempotent.
    ///
    /// # Panics
    /// When `E` is listed already.
    #[must_use]
    pub fn at_least_once<E: Event>(self, handler: impl for<'a> AtLeastOnce<'a, S, E>) -> Self {
        self.route(Handlers::<S, E> {
            once: None,
            after: Some(Box::new(handler)),
        })
    }

    /// On `E`, runs `first` as [`Self::once`] does and, when that has committed, `then` as
    /// [`Self::at_least_once`] does (also when `first` had its effect at an earlier delivery).
    ///
    /// # Panics
    /// When `E` is listed already.
    #[must_use]
    pub fn once_then<E: Event>(
        self,
        first: impl for<'a> Once<'a, S, E>,
        then: impl for<'a> AtLeastOnce<'a, S, E>,
    ) -> Self {
        self.route(Handlers::<S, E> {
            once: Some(Box::new(first)),
            after: Some(Box::new(then)),
        })
    }

    fn route<E: Event>(mut self, handlers: Handlers<S, E>) -> Self {
        let earlier = self
            .routes
            .insert(E::INFO.event_type, (E::INFO, Arc::new(handlers)));
        assert!(earlier.is_none(), "{} is listed twice", E::INFO.event_type);
        self
    }

    /// The topics of the listed events, each once.
    pub(crate) fn topics(&self) -> Vec<&'static str> {
        let mut topics: Vec<_> = self
            .routes
            .values()
            .map(|(info, _)| info.topic.name)
            .collect();
        topics.sort_unstable();
        topics.dedup();
        topics
    }

    /// What to do with a message.
    pub(crate) fn find(&self, record: Record) -> Routed<S> {
        if !record.is_readable() {
            let failure = Failure::poison("unreadable_headers", "a header's name is not UTF-8");
            return Routed::Poison(record, failure);
        }
        let Some(event_type) = record.header(header::TYPE) else {
            let failure = Failure::poison("no_type", "the message has no ce_type header");
            return Routed::Poison(record, failure);
        };
        if let Some((_, handlers)) = self.routes.get(event_type) {
            return Arc::clone(handlers).decode(record);
        }
        // A known event that this service does not listen to shares its topic with one that it does.
        if nova_proto::catalogue::find(event_type).is_some() {
            return Routed::Ignored;
        }
        let start: String = event_type.chars().take(LONGEST_TYPE_SHOWN).collect();
        let failure = Failure::poison("unknown_type", format!("no event has type {start:?}"));
        Routed::Poison(record, failure)
    }
}

/// Characters of an unknown type that are repeated in the reason.
const LONGEST_TYPE_SHOWN: usize = 200;

/// What to do with a message.
pub(crate) enum Routed<S> {
    /// Handle it.
    Handle(Box<dyn Arrived<S>>),
    /// Nothing.
    Ignored,
    /// Park it.
    Poison(Record, Failure),
}

/// A decoded event together with its handlers.
pub(crate) trait Arrived<S>: Send + Sync {
    fn id(&self) -> EventId;
    fn record(&self) -> &Record;
    /// The work to do in the inbox's transaction, if there is any.
    fn once(&self) -> Option<&dyn InTransaction<S>>;
    /// The work to do after it, if there is any.
    fn after<'a>(&'a self, state: &'a S) -> Option<BoxFuture<'a, Result<(), Failure>>>;
}

/// The half of an arrived event that needs a transaction.
pub(crate) trait InTransaction<S>: Send + Sync {
    fn run<'a>(
        &'a self,
        state: &'a S,
        tx: &'a mut PgConnection,
    ) -> BoxFuture<'a, Result<(), Failure>>;
}

trait Decode<S>: Send + Sync {
    fn decode(self: Arc<Self>, record: Record) -> Routed<S>;
}

struct Handlers<S, E> {
    once: Option<OnceHandler<S, E>>,
    after: Option<AtLeastOnceHandler<S, E>>,
}

type OnceHandler<S, E> = Box<dyn for<'a> Once<'a, S, E>>;
type AtLeastOnceHandler<S, E> = Box<dyn for<'a> AtLeastOnce<'a, S, E>>;

struct Matched<S, E> {
    delivery: Delivery<E>,
    handlers: Arc<Handlers<S, E>>,
}

impl<S: Send + Sync + 'static, E: Event> Decode<S> for Handlers<S, E> {
    fn decode(self: Arc<Self>, record: Record) -> Routed<S> {
        match read(&record) {
            Ok((id, event)) => {
                let delivery = Delivery { event, id, record };
                Routed::Handle(Box::new(Matched {
                    delivery,
                    handlers: self,
                }))
            }
            Err(failure) => Routed::Poison(record, failure),
        }
    }
}

fn read<E: Event>(record: &Record) -> Result<(EventId, E), Failure> {
    let id = record
        .header(header::ID)
        .ok_or_else(|| Failure::poison("no_id", "the message has no ce_id header"))?
        .parse()
        .map_err(|_| Failure::poison("bad_id", "the ce_id header is not a UUID"))?;
    let payload = record
        .payload()
        .ok_or_else(|| Failure::poison("no_payload", "the message has no payload"))?;
    let event =
        E::decode(payload).map_err(|error| Failure::poison("undecodable", error.to_string()))?;
    Ok((id, event))
}

impl<S: Send + Sync + 'static, E: Event> Arrived<S> for Matched<S, E> {
    fn id(&self) -> EventId {
        self.delivery.id
    }

    fn record(&self) -> &Record {
        &self.delivery.record
    }

    fn once(&self) -> Option<&dyn InTransaction<S>> {
        self.handlers
            .once
            .as_ref()
            .map(|_| self as &dyn InTransaction<S>)
    }

    fn after<'a>(&'a self, state: &'a S) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        self.handlers
            .after
            .as_ref()
            .map(|handler| handler.call(state, &self.delivery))
    }
}

impl<S: Send + Sync + 'static, E: Event> InTransaction<S> for Matched<S, E> {
    fn run<'a>(
        &'a self,
        state: &'a S,
        tx: &'a mut PgConnection,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        match &self.handlers.once {
            Some(handler) => handler.call(state, tx, &self.delivery),
            None => Box::pin(std::future::ready(Ok(()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use nova_proto::content::v1::{PostCreated, PostDeleted};
    use prost::Message;

    use super::*;
    use crate::outbox::OutboxError;

    async fn nothing(_: &(), _: &Delivery<PostCreated>) -> Result<(), OutboxError> {
        Ok(())
    }

    fn router() -> Router<()> {
        Router::new("test", ()).at_least_once::<PostCreated>(nothing)
    }

    fn reason(headers: &[(&str, &str)], payload: Option<&[u8]>) -> &'static str {
        match router().find(Record::of_parts(headers, payload)) {
            Routed::Handle(_) => "handled",
            Routed::Ignored => "ignored",
            Routed::Poison(_, failure) => failure.reason,
        }
    }

    #[test]
    fn what_cannot_be_handled_says_why() {
        let id = EventId::new().to_string();
        let created = (header::TYPE, PostCreated::INFO.event_type);
        let with_id = [created, (header::ID, id.as_str())];
        let payload = PostCreated {
            post_id: "p".into(),
            ..Default::default()
        }
        .encode_to_vec();
        assert_eq!(reason(&with_id, Some(&payload)), "handled");
        assert_eq!(reason(&with_id, Some(b"\xff\xff")), "undecodable");
        assert_eq!(reason(&with_id, None), "no_payload");
        assert_eq!(reason(&[created], Some(&payload)), "no_id");
        assert_eq!(
            reason(&[created, (header::ID, "7")], Some(&payload)),
            "bad_id"
        );
        assert_eq!(reason(&[], Some(&payload)), "no_type");
        assert_eq!(
            reason(&[(header::TYPE, "nova.Nothing")], Some(&payload)),
            "unknown_type"
        );
        let other = (header::TYPE, PostDeleted::INFO.event_type);
        assert_eq!(reason(&[other], Some(&payload)), "ignored");
    }

    #[test]
    fn the_topics_of_all_events_are_listed_once() {
        assert_eq!(router().topics(), ["content-events"]);
    }
}
