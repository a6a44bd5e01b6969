//! Which handler gets which event.

mod arrived;
mod handler;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use nova_event::{Event, EventInfo, Topic};
use sqlx::PgConnection;

use self::arrived::{After, Decode, Handlers, Plain, missing};
pub(crate) use self::arrived::{Afterwards, DynArrived, InTransaction, Unreadable};
pub use self::handler::{AtLeastOnce, Batch, BatchThen, Delivery, OnRecord, Once};
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
    handler: Arc<dyn for<'a> OnRecord<'a, S>>,
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
    #[must_use]
    pub fn records(mut self, topic: &'static str, handler: impl for<'a> OnRecord<'a, S>) -> Self {
        self.plain.push(PlainRoute {
            topic,
            full_name: topic.to_owned(),
            place: place_of(&handler),
            handler: Arc::new(handler),
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
        if !self.plain.is_empty() && self.plain_route(record).is_some() {
            return Kind::Alone;
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
        if let Some(route) = self.plain_route(&record) {
            return Routed::Handle(Box::new(Plain {
                record,
                place: route.place,
                handler: Arc::clone(&route.handler),
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

    fn plain_route(&self, record: &Record) -> Option<&PlainRoute<S>> {
        self.plain
            .iter()
            .find(|route| record.topic() == route.full_name)
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

#[cfg(test)]
mod tests {
    use nova_ids::EventId;
    use nova_proto::content::v1::{PostCreated, PostDeleted};
    use prost::Message;

    use super::*;
    use crate::outbox::OutboxError;
    use crate::record::header;

    async fn nothing(_: &(), _: &Delivery<PostCreated>) -> Result<(), OutboxError> {
        Ok(())
    }

    fn router() -> Router<()> {
        Router::new("test", ())
            .knows(nova_proto::catalogue::EVENTS)
            .at_least_once::<PostCreated>(nothing)
    }

    fn reason(headers: &[(&str, &str)], payload: Option<&[u8]>) -> &'static str {
        match router().find(Record::of_parts(headers, payload)) {
            Routed::Handle(_) => "handled",
            Routed::Ignored(_) => "ignored",
            Routed::Unknown(_) => "unknown",
            Routed::Poison(unreadable) => unreadable.1.reason,
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
            "unknown"
        );
        let other = (header::TYPE, PostDeleted::INFO.event_type);
        assert_eq!(reason(&[other], Some(&payload)), "ignored");
    }

    #[test]
    fn what_is_not_wanted_is_ignored_and_what_cannot_be_read_is_not() {
        let router = router().when::<PostCreated>(|post| !post.media.is_empty());
        let id = EventId::new().to_string();
        let headers = [
            (header::TYPE, PostCreated::INFO.event_type),
            (header::ID, id.as_str()),
        ];
        let bare = PostCreated::default();
        let mut illustrated = PostCreated::default();
        illustrated.media.push(Default::default());
        let kind = |payload: &[u8]| {
            let record = || Record::of_parts(&headers, Some(payload));
            let found = match router.find(record()) {
                Routed::Handle(_) => "handled",
                Routed::Ignored(_) => "ignored",
                Routed::Unknown(_) => "unknown",
                Routed::Poison(_) => "poison",
            };
            (router.kind(&record()), found)
        };
        assert_eq!(kind(&bare.encode_to_vec()), (Kind::Ignored, "ignored"));
        assert_eq!(kind(&illustrated.encode_to_vec()), (Kind::Alone, "handled"));
        assert_eq!(kind(b"\xff\xff"), (Kind::Alone, "poison"));
    }

    #[test]
    fn the_topics_of_all_events_are_listed_once() {
        let topics = router().topics();
        assert_eq!(topics, [("content-events", Some(PostCreated::INFO.topic))]);
    }
}
