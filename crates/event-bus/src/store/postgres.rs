//! The store of production: the tables of `schema/` in a service's database.

mod aside;
mod letters;
mod replays;
#[cfg(test)]
mod tests;
mod transaction;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;

use self::replays::PostgresReplays;
use self::transaction::PostgresTransaction;
use super::{Letter, Store, Types};
use crate::failure::Failure;
use crate::record::Record;
use crate::tables::Tables;

/// A service's database.
#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    pub(crate) tables: Tables,
}

impl Store for Postgres {
    type Connection = PgConnection;
    type Transaction = PostgresTransaction;
    type Replays = PostgresReplays;

    fn begin(&self) -> BoxFuture<'_, Result<PostgresTransaction, Failure>> {
        answered(PostgresTransaction::begin(&self.tables))
    }

    fn parked<'a>(
        &'a self,
        consumer: &'a str,
        topic: &'a str,
        partition: i32,
        types: &'a Types,
    ) -> BoxFuture<'a, Result<Vec<Vec<u8>>, Failure>> {
        answered(async move {
            aside::take_up(&self.tables, consumer, topic, partition, types).await?;
            letters::parked(&self.tables, consumer, topic).await
        })
    }

    fn park<'a>(
        &'a self,
        consumer: &'a str,
        letter: &'a Letter<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        answered(letters::park(&self.tables, consumer, letter))
    }

    fn park_behind<'a>(
        &'a self,
        consumer: &'a str,
        records: &'a [&'a Record],
    ) -> BoxFuture<'a, Result<Vec<bool>, Failure>> {
        answered(letters::park_behind(&self.tables, consumer, records))
    }

    fn set_aside<'a>(
        &'a self,
        consumer: &'a str,
        records: &'a [&'a Record],
    ) -> BoxFuture<'a, Result<(), Failure>> {
        answered(aside::set(&self.tables, consumer, records))
    }

    fn replays<'a>(
        &'a self,
        consumer: &'a str,
    ) -> BoxFuture<'a, Result<Option<PostgresReplays>, Failure>> {
        answered(PostgresReplays::begin(&self.tables, consumer))
    }
}

/// The database's answer in the words of the bus.
fn answered<'a, T: 'a>(
    asked: impl Future<Output = Result<T, sqlx::Error>> + Send + 'a,
) -> BoxFuture<'a, Result<T, Failure>> {
    asked
        .map(|answer| answer.map_err(|error| Failure::of_database(&error)))
        .boxed()
}
