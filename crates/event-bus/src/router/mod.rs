//! Which handler gets which event.

mod arrived;
mod handler;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use nova_event::{Event, EventInfo, Topic};
use sqlx::PgConnection;

use self::arrived::{After, Decode, Handlers, Plain, PlainHandler, missing};
pub(crate) use self::arrived::{Afterwards, DynArrived, InTransaction, Unreadable};
pub use self::handler::{AtLeastOnce, Batch, BatchThen, Delivery, OnRecord, OnRecords, Once};
use crate::failure::Failure;
use crate::record::{CLOUD_EVENTS, HeaderNames, Known, Record};
use crate::store::Types;

/// A service's consumers: one list of events and what happens on each.
///
/// `C` is what handlers write through in the inbox's transaction: a [`PgConnection`].
pub struct Router<S, C = PgConnection> {
    pub(crate) group: &'static str,
    pub(crate) state: S,
    routes: HashMap<&'static str, Route<S, C>>,
    /// Topics whose messages are handled as they are.
    plain: Vec<PlainRoute<S>>,
    /// Who is told what a breaker drops.
    pub(crate) dropped: Option<Whole<S>>,
    /// Types of events, handled here or not.
    known: HashSet<&'static str>,
    names: &'static HeaderNames,
}

struct Route<S, C> {
    info: EventInfo,
    decode: Arc<dyn Decode<S, C>>,
    /// Those of its events that are something to this service, if not all are.
    wanted: Option<Wanted>,
}

type Wanted = Box<dyn Fn(&Record) -> bool + Send + Sync>;

impl<S, C> Route<S, C> {
    fn wants(&self, record: &Record) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted(record))
    }
}

struct PlainRoute<S> {
    topic: &'static str,
    /// As the broker names it.
    full_name: String,
    place: &'static str,
    handler: PlainHandler<S>,
}

/// A handler of messages as they are, however many.
pub(crate) struct Whole<S> {
    pub(crate) place: &'static str,
    pub(crate) handler: Arc<dyn for<'a> OnRecords<'a, S>>,
}

impl<S: Send + Sync + 'static> Router<S> {
    /// No events yet, for the consumer group of that name.
    pub fn new(group: &'static str, state: S) -> Self {
        Self::over(group, state)
    }
}

impl<S: Send + Sync + 'static, C: Send + 'static> Router<S, C> {
    /// As [`Self::new`], for handlers that write through something else.
    pub(crate) fn over(group: &'static str, state: S) -> Self {
        Self {
            group,
            state,
            routes: HashMap::new(),
            plain: Vec::new(),
            dropped: None,
            known: HashSet::new(),
            names: HeaderNames::with(CLOUD_EVENTS),
        }
    }

    /// These events exist, whether they are listed here or not: what shares a topic with events that are, and
    /// is not, is nothing to this service. Of any other type nobody here can tell what to do with it.
    #[must_use]
    pub fn knows(mut self, events: &'static [EventInfo]) -> Self {
        self.known
            .extend(events.iter().map(|event| event.event_type));
        self
    }

    /// On `E`, runs `handler` in one transaction with the inbox: its effects happen once, whatever
    /// is delivered twice or killed between. Several events may share a transaction.
    ///
    /// # Panics
    /// When `E` is listed already.
    #[must_use]
    pub fn once<E: Event>(self, handler: impl for<'a> Once<'a, S, E, C>) -> Self {
        let place = place_of(&handler);
        self.route(Handlers::<S, E, C> {
            place,
            once: Some(Box::new(handler)),
            batch: None,
            after: After::Nothing,
        })
    }

    /// On `E`, runs `handler` on as many events as are there, in one transaction with the inbox, so that
    /// one statement can serve them all. What [`Self::once`] promises holds for each of them: if the batch
    /// fails, each is tried alone.
    ///
    /// # Panics
    /// When `E` is listed already.
    #[must_use]
    pub fn batch<E: Event>(self, handler: impl for<'a> Batch<'a, S, E, C>) -> Self {
        let place = place_of(&handler);
        self.route(Handlers::<S, E, C> {
            place,
            once: None,
            batch: Some(Box::new(handler)),
            after: After::Nothing,
        })
    }

    /// On `E`, runs `handler` before the event counts as handled: at least once, so its effects must
    /// be idempotent.
    ///
    /// # Panics
    /// When `E` is listed already.
    #[must_use]
    pub fn at_least_once<E: Event>(self, handler: impl for<'a> AtLeastOnce<'a, S, E>) -> Self {
        let place = place_of(&handler);
        self.route(Handlers::<S, E, C> {
            place,
            once: None,
            batch: None,
            after: After::One(Box::new(handler)),
        })
    }

    /// On `E`, runs `first` as [`Self::once`] does and, when that has committed, `then` as
    /// [`Self::at_least_once`] does (also when `first` had its effect at an earlier delivery). Events of a key
    /// may share a transaction: `first` of a later one may have committed when `then` of an earlier one
    /// runs; each of the two halves is in order for itself.
    ///
    /// # Panics
    /// When `E` is listed already.
    #[must_use]
    pub fn once_then<E: Event>(
        self,
        first: impl for<'a> Once<'a, S, E, C>,
        then: impl for<'a> AtLeastOnce<'a, S, E>,
    ) -> Self {
        let place = place_of(&first);
        self.route(Handlers::<S, E, C> {
            place,
            once: Some(Box::new(first)),
            batch: None,
            after: After::One(Box::new(then)),
        })
    }

    /// On `E`, runs `first` as [`Self::batch`] does and, when that has committed, `then` on the same events, so that it
    /// needs one round trip for them all; for each alone if that fails. Else as [`Self::once_then`].
    ///
    /// # Panics
    /// When `E` is listed already.
    #[must_use]
    pub fn batch_then<E: Event>(
        self,
        first: impl for<'a> Batch<'a, S, E, C>,
        then: impl for<'a> BatchThen<'a, S, E>,
    ) -> Self {
        let place = place_of(&first);
        self.route(Handlers::<S, E, C> {
            place,
            once: None,
            batch: Some(Box::new(first)),
            after: After::Many(Box::new(then)),
        })
    }

    /// Runs `handler` on every message of a topic as it is, whoever wrote it and in whatever form: at
    /// least once, in order per key, with retries and dead letters, but without an inbox, for there is no
    /// id to know a message by.
    ///
    /// # Panics
    /// When the topic is listed already, here or with [`Self::in_order`].
    #[must_use]
    pub fn records(self, topic: &'static str, handler: impl for<'a> OnRecord<'a, S>) -> Self {
        let place = place_of(&handler);
        self.plainly(topic, place, PlainHandler::One(Arc::new(handler)))
    }

    /// Runs `handler` on the messages of a topic as they are, whoever wrote them and in whatever form:
    /// consecutive messages of one partition in the order of their offsets, as many as wait and no more than
    /// [`ConsumerOptions::batch`](crate::ConsumerOptions::batch), whatever their keys. Those of one partition never
    /// run twice at a time, those of different partitions do.
    ///
    /// At least once: after a crash, or when a partition changes hands, messages come again from the first that was
    /// not committed on, and never without those before them. There is no inbox, and nothing is parked: whatever the
    /// handler fails with, also what takes longer than
    /// [`ConsumerOptions::handler_timeout`](crate::ConsumerOptions::handler_timeout), the same messages are tried
    /// again with [`ConsumerOptions::backoff`](crate::ConsumerOptions::backoff), without end, and the partition waits.
    /// So a handler must itself pass over what it cannot use, and fail only with what may pass. Each failure counts
    /// for the partition's breaker, whatever its code.
    ///
    /// # Panics
    /// When the topic is listed already, here or with [`Self::records`].
    #[must_use]
    pub fn in_order(self, topic: &'static str, handler: impl for<'a> OnRecords<'a, S>) -> Self {
        let place = place_of(&handler);
        self.plainly(topic, place, PlainHandler::InOrder(Arc::new(handler)))
    }

    /// Runs `handler` on what a breaker drops ([`WhenOpen::Drop`](crate::WhenOpen::Drop)), before that counts as done
    /// and so before its offset is committed; it is tried again until it works. Messages that are handled in order
    /// ([`Self::in_order`]) come in the batches in which they are dropped, others one by one. At least once: what is
    /// told and then not committed is delivered again, and may be handled or told again.
    #[must_use]
    pub fn dropped(mut self, handler: impl for<'a> OnRecords<'a, S>) -> Self {
        self.dropped = Some(Whole {
            place: place_of(&handler),
            handler: Arc::new(handler),
        });
        self
    }

    fn plainly(
        mut self,
        topic: &'static str,
        place: &'static str,
        handler: PlainHandler<S>,
    ) -> Self {
        let is_listed = self.plain.iter().any(|route| route.topic == topic);
        assert!(!is_listed, "{topic} is listed twice");
        self.plain.push(PlainRoute {
            topic,
            full_name: topic.to_owned(),
            place,
            handler,
        });
        self
    }

    /// Of `E`, which was listed before, handles only what is `wanted`. The others are nothing to this service, as what
    /// is not listed is: no transaction is opened and nothing is kept for them, so `wanted` must say the same of an event
    /// whenever it is asked.
    ///
    /// # Panics
    /// When `E` is not listed.
    #[must_use]
    pub fn when<E: Event>(mut self, wanted: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        let route = self.routes.get_mut(E::INFO.event_type);
        assert!(route.is_some(), "{} is not listed", E::INFO.event_type);
        if let Some(route) = route {
            route.wanted = Some(Box::new(move |record| {
                // What cannot be read is parked, and not left out.
                let event = record.payload().and_then(|bytes| E::decode(bytes).ok());
                event.is_none_or(|event| wanted(&event))
            }));
        }
        self
    }

    fn route<E: Event>(mut self, handlers: Handlers<S, E, C>) -> Self {
        let route = Route {
            info: E::INFO,
            decode: Arc::new(handlers),
            wanted: None,
        };
        let earlier = self.routes.insert(E::INFO.event_type, route);
        assert!(earlier.is_none(), "{} is listed twice", E::INFO.event_type);
        self
    }

    /// The topics of what is listed, each once, and how those are described of whose events there are any.
    pub(crate) fn topics(&self) -> Vec<(&'static str, Option<Topic>)> {
        let of_records = self.plain.iter().map(|route| (route.topic, None));
        let of_events = self.routes.values().map(|route| route.info.topic);
        let of_events = of_events.map(|topic| (topic.name, Some(topic)));
        let topics: BTreeMap<_, _> = of_records.chain(of_events).collect();
        topics.into_iter().collect()
    }

    /// Learns how topics and headers are named.
    pub(crate) fn name(&mut self, full_name: impl Fn(&str) -> String, names: &'static HeaderNames) {
        self.names = names;
        for route in &mut self.plain {
            route.full_name = full_name(route.topic);
        }
    }

    /// What a message will want, found without decoding it.
    pub(crate) fn kind(&self, record: &Record) -> Kind {
        if !self.plain.is_empty()
            && let Some(route) = self.plain_route(record.topic())
        {
            return match route.handler {
                PlainHandler::One(_) => Kind::Alone,
                PlainHandler::InOrder(_) => Kind::InOrder,
            };
        }
        match record.known(Known::Type) {
            Some(event_type) => match self.routes.get(event_type) {
                Some(route) if !route.wants(record) => Kind::Ignored,
                Some(route) if route.decode.is_transactional() => Kind::Together,
                Some(_) => Kind::Alone,
                None if self.known.contains(event_type) => Kind::Ignored,
                None if record.is_readable() => Kind::Unknown,
                None => Kind::Alone,
            },
            None => Kind::Alone,
        }
    }

    /// What to do with a message.
    pub(crate) fn find(&self, record: Record) -> Routed<S, C> {
        // One that comes back from the dead letters may not know how headers are named here.
        let record = record.named(self.names);
        if let Some(route) = self.plain_route(record.topic()) {
            return Routed::Handle(Box::new(Plain {
                place: route.place,
                handler: route.handler.clone(),
                record,
            }));
        }
        if !record.is_readable() {
            return poison(record, "unreadable_headers", "a header's name is not UTF-8");
        }
        let Some(event_type) = record.known(Known::Type) else {
            let failure = missing("no_type", &record, Known::Type);
            return Routed::Poison(Box::new((record, failure)));
        };
        if let Some(route) = self.routes.get(event_type) {
            if !route.wants(&record) {
                return Routed::Ignored(record);
            }
            return match Arc::clone(&route.decode).decode(record) {
                Ok(arrived) => Routed::Handle(arrived),
                Err(unreadable) => Routed::Poison(unreadable),
            };
        }
        // A known event that this service does not listen to shares its topic with one that it does.
        if self.known.contains(event_type) {
            return Routed::Ignored(record);
        }
        // Most likely of a producer that was deployed before this consumer.
        Routed::Unknown(record)
    }

    /// The types that events are told by.
    pub(crate) fn types(&self) -> Types {
        let is_ignored = |event_type: &&'static str| !self.routes.contains_key(event_type);
        Types {
            handled: self.routes.keys().copied().collect(),
            ignored: self.known.iter().copied().filter(is_ignored).collect(),
        }
    }

    /// What handles the messages of a topic in the order of their offsets, if anything does.
    pub(crate) fn whole(&self, topic: &str) -> Option<Whole<S>> {
        let route = self.plain_route(topic)?;
        match &route.handler {
            PlainHandler::One(_) => None,
            PlainHandler::InOrder(handler) => Some(Whole {
                place: route.place,
                handler: Arc::clone(handler),
            }),
        }
    }

    fn plain_route(&self, topic: &str) -> Option<&PlainRoute<S>> {
        self.plain.iter().find(|route| topic == route.full_name)
    }
}

fn place_of<F>(_: &F) -> &'static str {
    std::any::type_name::<F>()
}

fn poison<S, C>(record: Record, reason: &'static str, detail: impl Into<String>) -> Routed<S, C> {
    Routed::Poison(Box::new((record, Failure::poison(reason, detail))))
}

/// Why an event was set aside.
pub(crate) const UNKNOWN_TYPE: &str = "unknown_type";

/// How an event wants to be handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In a transaction, which others may share.
    Together,
    /// By itself.
    Alone,
    /// After whatever came before it in its partition, together with what follows.
    InOrder,
    /// Not at all.
    Ignored,
    /// By a later build: nobody here knows its type.
    Unknown,
}

/// What to do with a message.
pub(crate) enum Routed<S, C> {
    /// Handle it.
    Handle(Box<DynArrived<S, C>>),
    /// Nothing.
    Ignored(Record),
    /// Set it aside.
    Unknown(Record),
    /// Park it.
    Poison(Unreadable),
}

impl<S: 'static, C: 'static> Routed<S, C> {
    /// The message.
    pub(crate) fn into_record(self) -> Record {
        match self {
            Self::Handle(arrived) => arrived.into_record(),
            Self::Ignored(record) | Self::Unknown(record) => record,
            Self::Poison(unreadable) => unreadable.0,
        }
    }
}
