//! The shapes of handlers: plain async functions.

use std::future::Future;
use std::ops::Deref;

use futures::future::BoxFuture;
use nova_ids::EventId;
use nova_resilience::Fault;

use crate::failure::Failure;
use crate::record::Record;

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

type Outcome<'a> = BoxFuture<'a, Result<(), Failure>>;

/// What a handler's error says, and whose it is.
fn told<F, Error: Fault>(error: &Error) -> Failure {
    Failure::of_handler(std::any::type_name::<F>(), error, error)
}

/// An async function `(&state, &mut transaction, &Delivery<E>) -> Result<(), impl Fault>`.
pub trait Once<'a, S, E, C>: Send + Sync + 'static {
    /// What its future gives.
    fn call(&self, state: &'a S, tx: &'a mut C, delivery: &'a Delivery<E>) -> Outcome<'a>;
}

impl<'a, S: 'a, E: 'a, C: 'a, F, Fut, Error> Once<'a, S, E, C> for F
where
    F: Fn(&'a S, &'a mut C, &'a Delivery<E>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'a,
    Error: Fault + 'a,
{
    fn call(&self, state: &'a S, tx: &'a mut C, delivery: &'a Delivery<E>) -> Outcome<'a> {
        let work = self(state, tx, delivery);
        Box::pin(async move { work.await.map_err(|error| told::<F, _>(&error)) })
    }
}

/// An async function `(&state, &mut transaction, &[&Delivery<E>]) -> Result<(), impl Fault>`: many events
/// at once, those of one key in their order.
pub trait Batch<'a, S, E, C>: Send + Sync + 'static {
    /// What its future gives.
    fn call(&self, state: &'a S, tx: &'a mut C, deliveries: &'a [&'a Delivery<E>]) -> Outcome<'a>;
}

impl<'a, S: 'a, E: 'a, C: 'a, F, Fut, Error> Batch<'a, S, E, C> for F
where
    F: Fn(&'a S, &'a mut C, &'a [&'a Delivery<E>]) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'a,
    Error: Fault + 'a,
{
    fn call(&self, state: &'a S, tx: &'a mut C, deliveries: &'a [&'a Delivery<E>]) -> Outcome<'a> {
        let work = self(state, tx, deliveries);
        Box::pin(async move { work.await.map_err(|error| told::<F, _>(&error)) })
    }
}

/// An async function `(&state, &Delivery<E>) -> Result<(), impl Fault>`.
pub trait AtLeastOnce<'a, S, E>: Send + Sync + 'static {
    /// What its future gives.
    fn call(&self, state: &'a S, delivery: &'a Delivery<E>) -> Outcome<'a>;
}

impl<'a, S: 'a, E: 'a, F, Fut, Error> AtLeastOnce<'a, S, E> for F
where
    F: Fn(&'a S, &'a Delivery<E>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'a,
    Error: Fault + 'a,
{
    fn call(&self, state: &'a S, delivery: &'a Delivery<E>) -> Outcome<'a> {
        let work = self(state, delivery);
        Box::pin(async move { work.await.map_err(|error| told::<F, _>(&error)) })
    }
}

/// An async function `(&state, &[&Delivery<E>]) -> Result<(), impl Fault>`: many events at once, those of one key in
/// their order.
pub trait BatchThen<'a, S, E>: Send + Sync + 'static {
    /// What its future gives.
    fn call(&self, state: &'a S, deliveries: &'a [&'a Delivery<E>]) -> Outcome<'a>;
}

impl<'a, S: 'a, E: 'a, F, Fut, Error> BatchThen<'a, S, E> for F
where
    F: Fn(&'a S, &'a [&'a Delivery<E>]) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'a,
    Error: Fault + 'a,
{
    fn call(&self, state: &'a S, deliveries: &'a [&'a Delivery<E>]) -> Outcome<'a> {
        let work = self(state, deliveries);
        Box::pin(async move { work.await.map_err(|error| told::<F, _>(&error)) })
    }
}

/// An async function `(&state, &Record) -> Result<(), impl Fault>`: a message as it is, whatever is in it.
pub trait OnRecord<'a, S>: Send + Sync + 'static {
    /// What its future gives.
    fn call(&self, state: &'a S, record: &'a Record) -> Outcome<'a>;
}

impl<'a, S: 'a, F, Fut, Error> OnRecord<'a, S> for F
where
    F: Fn(&'a S, &'a Record) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'a,
    Error: Fault + 'a,
{
    fn call(&self, state: &'a S, record: &'a Record) -> Outcome<'a> {
        let work = self(state, record);
        Box::pin(async move { work.await.map_err(|error| told::<F, _>(&error)) })
    }
}

/// An async function `(&state, &[Record]) -> Result<(), impl Fault>`: messages of one partition as they are, in the
/// order of their offsets.
pub trait OnRecords<'a, S>: Send + Sync + 'static {
    /// What its future gives.
    fn call(&self, state: &'a S, records: &'a [Record]) -> Outcome<'a>;
}

impl<'a, S: 'a, F, Fut, Error> OnRecords<'a, S> for F
where
    F: Fn(&'a S, &'a [Record]) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'a,
    Error: Fault + 'a,
{
    fn call(&self, state: &'a S, records: &'a [Record]) -> Outcome<'a> {
        let work = self(state, records);
        Box::pin(async move { work.await.map_err(|error| told::<F, _>(&error)) })
    }
}
