//! The store of production: the tables of `schema/` in a service's database.

mod letters;
mod replays;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use self::replays::PostgresReplays;
use super::{Letter, Store, Transaction};
use crate::failure::Failure;
use crate::inbox;
use crate::record::Record;

/// A service's database.
#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    pub(crate) pool: PgPool,
}

/// A transaction of [`Postgres`].
pub(crate) struct PostgresTransaction(sqlx::Transaction<'static, sqlx::Postgres>);

impl Store for Postgres {
    type Connection = PgConnection;
    type Transaction = PostgresTransaction;
    type Replays = PostgresReplays;

    fn begin(&self) -> BoxFuture<'_, Result<PostgresTransaction, Failure>> {
        answered(async { Ok(PostgresTransaction(self.pool.begin().await?)) })
    }

    fn parked<'a>(
        &'a self,
        consumer: &'a str,
        topic: &'a str,
        partition: i32,
    ) -> BoxFuture<'a, Result<Vec<Vec<u8>>, Failure>> {
        answered(letters::parked(&self.pool, consumer, topic, partition))
    }

    fn park<'a>(
        &'a self,
        consumer: &'a str,
        letter: &'a Letter<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        answered(letters::park(&self.pool, consumer, letter))
    }

    fn park_behind<'a>(
        &'a self,
        consumer: &'a str,
        records: &'a [&'a Record],
    ) -> BoxFuture<'a, Result<Vec<bool>, Failure>> {
        answered(letters::park_behind(&self.pool, consumer, records))
    }

    fn replays<'a>(
        &'a self,
        consumer: &'a str,
    ) -> BoxFuture<'a, Result<Option<PostgresReplays>, Failure>> {
        answered(PostgresReplays::begin(&self.pool, consumer))
    }
}

impl Transaction for PostgresTransaction {
    type Connection = PgConnection;

    fn connection(&mut self) -> &mut PgConnection {
        &mut self.0
    }

    fn claim<'a>(
        &'a mut self,
        consumer: &'a str,
        events: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashSet<Uuid>, Failure>> {
        answered(inbox::claim(&mut self.0, consumer, events))
    }

    fn commit(self) -> BoxFuture<'static, Result<(), Failure>> {
        answered(self.0.commit())
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
