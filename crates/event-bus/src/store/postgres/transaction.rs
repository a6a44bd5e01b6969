//! Transactions with the inbox.

use std::collections::HashSet;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgTransactionManager;
use sqlx::{Connection, PgConnection};
use sqlx_core::transaction::TransactionManager;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::answered;
use crate::failure::Failure;
use crate::inbox;
use crate::store::Transaction;
use crate::tables::{Schema, Tables, within};

/// Postgres answers the COMMIT of a transaction in which a statement failed with ROLLBACK, and the driver does not
/// look. A statement before it fails in such a transaction, and with it the whole line, in one round trip: the one
/// that costs least, for there are no cursors to close. The transaction that follows at once is empty: its end is
/// what the driver expects to send, and it travels with the ping that gives the connection back.
const COMMIT: &str = "CLOSE ALL; COMMIT AND CHAIN";

/// A transaction of [`super::Postgres`].
pub(crate) struct PostgresTransaction {
    /// There until it has ended.
    connection: Option<PoolConnection<sqlx::Postgres>>,
    schema: Schema,
    deadline: Duration,
}

impl PostgresTransaction {
    pub(super) async fn begin(tables: &Tables) -> Result<Self, sqlx::Error> {
        let connection = within(tables.deadline, tables.pool.acquire()).await?;
        // From here on it is rolled back if it does not come to its end.
        let mut begun = Self {
            connection: Some(connection),
            schema: tables.schema,
            deadline: tables.deadline,
        };
        let begin = PgTransactionManager::begin(begun.lent()?, None);
        within(tables.deadline, begin).await?;
        Ok(begun)
    }

    fn lent(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.connection
            .as_deref_mut()
            .ok_or(sqlx::Error::WorkerCrashed)
    }

    async fn claim_all(
        &mut self,
        consumer: &str,
        events: &[Uuid],
    ) -> Result<HashSet<Uuid>, sqlx::Error> {
        let (schema, deadline) = (self.schema, self.deadline);
        let claim = inbox::claim(schema, self.lent()?, consumer, events);
        within(deadline, claim).await
    }

    async fn delete(&mut self, letters: &[Uuid]) -> Result<bool, sqlx::Error> {
        let (schema, deadline) = (self.schema, self.deadline);
        let deleted = sqlx::query(schema.sql("DELETE FROM bus.dead_letters WHERE id = ANY($1)"))
            .bind(letters)
            .execute(self.lent()?);
        let deleted = within(deadline, deleted).await?.rows_affected();
        Ok(deleted == letters.len() as u64)
    }

    async fn end(mut self) -> Result<(), sqlx::Error> {
        let deadline = self.deadline;
        let connection = self.lent()?;
        within(deadline, sqlx::raw_sql(COMMIT).execute(&mut *connection)).await?;
        PgTransactionManager::start_rollback(connection);
        drop(self.connection.take());
        Ok(())
    }
}

impl Transaction for PostgresTransaction {
    type Connection = PgConnection;

    fn connection(&mut self) -> Result<&mut PgConnection, Failure> {
        self.lent().map_err(|error| Failure::of_database(&error))
    }

    fn claim<'a>(
        &'a mut self,
        consumer: &'a str,
        events: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashSet<Uuid>, Failure>> {
        // Ids alone: whatever is wrong, it is not the event.
        let claimed = self.claim_all(consumer, events);
        claimed
            .map(|claimed| claimed.map_err(|error| Failure::of_database(&error).held()))
            .boxed()
    }

    fn take_out<'a>(&'a mut self, letters: &'a [Uuid]) -> BoxFuture<'a, Result<bool, Failure>> {
        answered(self.delete(letters))
    }

    fn commit(self) -> BoxFuture<'static, Result<(), Failure>> {
        self.end()
            .map(|ended| ended.map_err(|error| Failure::of_commit(&error)))
            .boxed()
    }
}

impl Drop for PostgresTransaction {
    /// Rolls back. Who was cut off in the middle of a statement leaves it behind, and a server that is gone does not
    /// answer it: then the connection is of no more use, and the pool must not wait for it.
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        PgTransactionManager::start_rollback(&mut connection);
        let Ok(runtime) = Handle::try_current() else {
            return drop(connection.detach());
        };
        let deadline = self.deadline;
        runtime.spawn(async move {
            if within(deadline, connection.ping()).await.is_err() {
                drop(connection.detach());
            }
        });
    }
}
