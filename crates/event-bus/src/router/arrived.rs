//! An event that arrived, together with what is to be done with it.

use std::any::{Any, TypeId};
use std::sync::Arc;

use futures::future::BoxFuture;
use nova_event::Event;
use nova_ids::EventId;

use super::handler::{AtLeastOnce, Batch, BatchThen, Delivery, OnRecord, OnRecords, Once};
use crate::failure::Failure;
use crate::record::{Known, Record};

/// A decoded event together with its handlers.
pub(crate) trait Arrived<S, C>: Any + Send + Sync {
    fn id(&self) -> EventId;
    fn record(&self) -> &Record;
    fn into_record(self: Box<Self>) -> Record;
    /// The same for events that have the same handlers.
    fn kind_of(&self) -> TypeId {
        self.type_id()
    }
    /// The handler's path, for those who look for a failure's place.
    fn place(&self) -> &'static str;
    /// What is to be done in the inbox's transaction.
    fn in_transaction(&self) -> InTransaction;
    /// Handles this event in the transaction.
    fn once<'a>(&'a self, state: &'a S, tx: &'a mut C) -> BoxFuture<'a, Result<(), Failure>>;
    /// Handles these events, which have the handlers of this one, in the transaction.
    fn batch<'a>(
        &'a self,
        all: &'a [&'a DynArrived<S, C>],
        state: &'a S,
        tx: &'a mut C,
    ) -> BoxFuture<'a, Result<(), Failure>>;
    /// What is to be done after it.
    fn afterwards(&self) -> Afterwards;
    /// Whether anything is.
    fn has_after(&self) -> bool {
        self.afterwards() != Afterwards::Nothing
    }
    /// The work to do after these events, which have the handlers of this one, if there is any; of one unless it is for
    /// many.
    fn after<'a>(
        &'a self,
        all: &'a [&'a DynArrived<S, C>],
        state: &'a S,
    ) -> Option<BoxFuture<'a, Result<(), Failure>>>;
}

/// An arrived event, whichever it is.
pub(crate) type DynArrived<S, C> = dyn Arrived<S, C> + 'static;

/// What an event wants of the inbox's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InTransaction {
    Nothing,
    /// Its handler takes one event.
    One,
    /// Its handler takes as many as there are.
    Many,
}

/// What an event wants after the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Afterwards {
    Nothing,
    /// Its handler takes one event.
    One,
    /// Its handler takes as many as there are.
    Many,
}

pub(super) type OnceHandler<S, E, C> = Box<dyn for<'a> Once<'a, S, E, C>>;
pub(super) type BatchHandler<S, E, C> = Box<dyn for<'a> Batch<'a, S, E, C>>;
pub(super) type AtLeastOnceHandler<S, E> = Box<dyn for<'a> AtLeastOnce<'a, S, E>>;
pub(super) type BatchThenHandler<S, E> = Box<dyn for<'a> BatchThen<'a, S, E>>;

/// What is done on one event.
pub(super) struct Handlers<S, E, C> {
    pub(super) place: &'static str,
    pub(super) once: Option<OnceHandler<S, E, C>>,
    pub(super) batch: Option<BatchHandler<S, E, C>>,
    pub(super) after: After<S, E>,
}

/// What is done after the transaction.
pub(super) enum After<S, E> {
    Nothing,
    One(AtLeastOnceHandler<S, E>),
    Many(BatchThenHandler<S, E>),
}

/// Makes an arrived event of a record.
pub(super) trait Decode<S, C>: Send + Sync {
    fn is_transactional(&self) -> bool;
    fn decode(self: Arc<Self>, record: Record) -> Result<Box<dyn Arrived<S, C>>, Unreadable>;
}

/// A record that is no event, and why.
pub(crate) type Unreadable = Box<(Record, Failure)>;

struct Matched<S, E, C> {
    delivery: Delivery<E>,
    handlers: Arc<Handlers<S, E, C>>,
}

impl<S, E, C> Decode<S, C> for Handlers<S, E, C>
where
    S: Send + Sync + 'static,
    E: Event,
    C: Send + 'static,
{
    fn is_transactional(&self) -> bool {
        self.once.is_some() || self.batch.is_some()
    }

    fn decode(self: Arc<Self>, record: Record) -> Result<Box<dyn Arrived<S, C>>, Unreadable> {
        match read(&record) {
            Ok((id, event)) => Ok(Box::new(Matched {
                delivery: Delivery { event, id, record },
                handlers: self,
            })),
            Err(failure) => Err(Box::new((record, failure))),
        }
    }
}

fn read<E: Event>(record: &Record) -> Result<(EventId, E), Failure> {
    let id = record
        .known(Known::Id)
        .ok_or_else(|| missing("no_id", record, Known::Id))?
        .parse()
        .map_err(|_| bad_id(record))?;
    let payload = record
        .payload()
        .ok_or_else(|| Failure::poison("no_payload", "the message has no payload"))?;
    let event =
        E::decode(payload).map_err(|error| Failure::poison("undecodable", error.to_string()))?;
    Ok((id, event))
}

pub(super) fn missing(reason: &'static str, record: &Record, header: Known) -> Failure {
    let name = record.name_of(header);
    Failure::poison(reason, format!("the message has no {name} header"))
}

fn bad_id(record: &Record) -> Failure {
    let name = record.name_of(Known::Id);
    Failure::poison("bad_id", format!("the {name} header is not a UUID"))
}

impl<S, E, C> Arrived<S, C> for Matched<S, E, C>
where
    S: Send + Sync + 'static,
    E: Event,
    C: Send + 'static,
{
    fn id(&self) -> EventId {
        self.delivery.id
    }

    fn record(&self) -> &Record {
        &self.delivery.record
    }

    fn into_record(self: Box<Self>) -> Record {
        self.delivery.record
    }

    fn place(&self) -> &'static str {
        self.handlers.place
    }

    fn in_transaction(&self) -> InTransaction {
        match (&self.handlers.once, &self.handlers.batch) {
            (_, Some(_)) => InTransaction::Many,
            (Some(_), None) => InTransaction::One,
            (None, None) => InTransaction::Nothing,
        }
    }

    fn once<'a>(&'a self, state: &'a S, tx: &'a mut C) -> BoxFuture<'a, Result<(), Failure>> {
        match &self.handlers.once {
            Some(handler) => handler.call(state, tx, &self.delivery),
            None => Box::pin(std::future::ready(Ok(()))),
        }
    }

    fn batch<'a>(
        &'a self,
        all: &'a [&'a DynArrived<S, C>],
        state: &'a S,
        tx: &'a mut C,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let Some(handler) = &self.handlers.batch else {
            return Box::pin(std::future::ready(Ok(())));
        };
        Box::pin(async move {
            let deliveries = Self::deliveries(all);
            handler.call(state, tx, &deliveries).await
        })
    }

    fn afterwards(&self) -> Afterwards {
        match self.handlers.after {
            After::Nothing => Afterwards::Nothing,
            After::One(_) => Afterwards::One,
            After::Many(_) => Afterwards::Many,
        }
    }

    fn after<'a>(
        &'a self,
        all: &'a [&'a DynArrived<S, C>],
        state: &'a S,
    ) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        match &self.handlers.after {
            After::Nothing => None,
            After::One(handler) => Some(handler.call(state, &self.delivery)),
            After::Many(handler) => Some(Box::pin(async move {
                let deliveries = Self::deliveries(all);
                handler.call(state, &deliveries).await
            })),
        }
    }
}

impl<S: Send + Sync + 'static, E: Event, C: Send + 'static> Matched<S, E, C> {
    fn deliveries<'a>(all: &'a [&'a DynArrived<S, C>]) -> Vec<&'a Delivery<E>> {
        all.iter()
            .filter_map(|arrived| (*arrived as &dyn Any).downcast_ref::<Self>())
            .map(|matched| &matched.delivery)
            .collect()
    }
}

/// A message that is handled as it is.
pub(super) struct Plain<S> {
    pub(super) record: Record,
    pub(super) place: &'static str,
    pub(super) handler: PlainHandler<S>,
}

/// What is done on messages as they are.
pub(super) enum PlainHandler<S> {
    One(Arc<dyn for<'a> OnRecord<'a, S>>),
    InOrder(Arc<dyn for<'a> OnRecords<'a, S>>),
}

impl<S> Clone for PlainHandler<S> {
    fn clone(&self) -> Self {
        match self {
            Self::One(handler) => Self::One(Arc::clone(handler)),
            Self::InOrder(handler) => Self::InOrder(Arc::clone(handler)),
        }
    }
}

impl<S: Send + Sync + 'static, C: Send + 'static> Arrived<S, C> for Plain<S> {
    fn id(&self) -> EventId {
        EventId::from(uuid::Uuid::nil())
    }

    fn record(&self) -> &Record {
        &self.record
    }

    fn into_record(self: Box<Self>) -> Record {
        self.record
    }

    fn place(&self) -> &'static str {
        self.place
    }

    fn in_transaction(&self) -> InTransaction {
        InTransaction::Nothing
    }

    fn once<'a>(&'a self, _: &'a S, _: &'a mut C) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn batch<'a>(
        &'a self,
        _: &'a [&'a DynArrived<S, C>],
        _: &'a S,
        _: &'a mut C,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn afterwards(&self) -> Afterwards {
        Afterwards::One
    }

    fn after<'a>(
        &'a self,
        _: &'a [&'a DynArrived<S, C>],
        state: &'a S,
    ) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        Some(match &self.handler {
            PlainHandler::One(handler) => handler.call(state, &self.record),
            // A letter of a time when its topic was consumed otherwise.
            PlainHandler::InOrder(handler) => {
                handler.call(state, std::slice::from_ref(&self.record))
            }
        })
    }
}
