//! Where the bus keeps its tables, and how long they may take to answer.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};

/// How long a statement may take before its server counts as gone (see [`Tables::deadline`]).
const DEADLINE: Duration = Duration::from_secs(10);

/// A database with the tables of the bus. Made of a pool, it names the tables of the search path:
/// `Relay::new("shop", pool, &kafka)`.
#[derive(Debug, Clone)]
pub struct Tables {
    pub(crate) pool: PgPool,
    pub(crate) schema: Schema,
    pub(crate) deadline: Duration,
}

impl Tables {
    /// The tables that the search path of the pool's connections leads to.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            schema: Schema::DEFAULT,
            deadline: DEADLINE,
        }
    }

    /// The tables of this schema. Two schemas of one database are two outboxes with a relay each.
    ///
    /// # Panics
    /// When that is not 1 to 40 of a-z, 0-9 and _, beginning with a letter.
    #[must_use]
    pub fn schema(self, name: &'static str) -> Self {
        Self {
            schema: Schema::named(name),
            ..self
        }
    }

    /// How long Postgres may take to answer one statement of the bus; 10 s unless told otherwise. A server
    /// that vanishes without a word would otherwise be waited for until TCP gives up, which takes a quarter
    /// of an hour.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }
}

impl Tables {
    /// A connection of the pool. Nobody knows what one says next whose work was cut off, or failed: it is closed
    /// unless it is given back.
    pub(crate) async fn lend(&self) -> Result<Lent, sqlx::Error> {
        let connection = within(self.deadline, self.pool.acquire()).await?;
        Ok(Lent(Some(connection)))
    }
}

/// A connection that goes back to its pool only when it is told to.
pub(crate) struct Lent(Option<PoolConnection<Postgres>>);

impl Lent {
    /// The connection, which is there until it is given back.
    pub(crate) fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.0.as_deref_mut().ok_or(sqlx::Error::WorkerCrashed)
    }

    pub(crate) fn give_back(mut self) {
        drop(self.0.take());
    }

    /// Takes it out of its pool for good.
    pub(crate) fn detach(mut self) -> Result<PgConnection, sqlx::Error> {
        let connection = self.0.take().ok_or(sqlx::Error::WorkerCrashed)?;
        Ok(connection.detach())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        drop(self.0.take().map(PoolConnection::detach));
    }
}

/// The answer of a server, unless it takes longer than that.
pub(crate) async fn within<T>(
    deadline: Duration,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let late = || {
        let text = format!("no answer from Postgres within {deadline:?}");
        sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, text))
    };
    let answer = tokio::time::timeout(deadline, asked).await;
    answer.unwrap_or_else(|_| Err(late()))
}

impl From<PgPool> for Tables {
    fn from(pool: PgPool) -> Self {
        Self::new(pool)
    }
}

impl From<&PgPool> for Tables {
    fn from(pool: &PgPool) -> Self {
        Self::new(pool.clone())
    }
}

impl From<&Self> for Tables {
    fn from(tables: &Self) -> Self {
        tables.clone()
    }
}

/// The schema that the tables are in; empty for that of the search path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Schema(&'static str);

/// What statements call the schema.
const PLACEHOLDER: &str = "bus.";
const LONGEST_NAME: usize = 40;

/// Statements by what they were written as and their schema. As many as the crate has statements, for each
/// schema.
type Named = Mutex<HashMap<(&'static str, Schema), &'static str>>;

impl Schema {
    pub(crate) const DEFAULT: Self = Self("");

    pub(crate) fn named(name: &'static str) -> Self {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_name = (1..=LONGEST_NAME).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(allowed);
        assert!(is_name, "{name:?} is no name for a schema of the event bus");
        Self(name)
    }

    /// Empty for that of the search path.
    pub(crate) const fn name(self) -> &'static str {
        self.0
    }

    /// A statement in which tables are called `bus.outbox`, with the schema in that place.
    pub(crate) fn sql(self, statement: &'static str) -> &'static str {
        static NAMED: OnceLock<Named> = OnceLock::new();
        let named = NAMED.get_or_init(Mutex::default);
        let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
        named.entry((statement, self)).or_insert_with(|| {
            // Kept for ever: that makes it a statement that the driver takes without a copy.
            Box::leak(self.text(statement).into_boxed_str())
        })
    }

    /// As [`Self::sql`], for a statement that is put together.
    pub(crate) fn text(self, statement: &str) -> String {
        let schema = match self.0 {
            "" => String::new(),
            name => format!("{name}."),
        };
        statement.replace(PLACEHOLDER, &schema)
    }

    /// The key of an advisory lock of this schema.
    pub(crate) const fn lock(self, key: i64) -> i64 {
        if self.0.is_empty() {
            return key;
        }
        key ^ crate::fingerprint::fnv1a(self.0.as_bytes()) as i64
    }

    /// The name of a notification channel of this schema.
    pub(crate) fn channel(self, name: &str) -> String {
        match self.0 {
            "" => name.to_owned(),
            schema => format!("{name}_{schema}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_name_the_schema() {
        let sql = "SELECT FROM bus.outbox JOIN bus.inbox USING (id)";
        assert_eq!(
            Schema::DEFAULT.sql(sql),
            "SELECT FROM outbox JOIN inbox USING (id)"
        );
        assert_eq!(
            Schema::named("shop").sql(sql),
            "SELECT FROM shop.outbox JOIN shop.inbox USING (id)"
        );
    }

    #[test]
    fn schemas_have_locks_and_channels_of_their_own() {
        let (one, other) = (Schema::named("one"), Schema::named("other"));
        assert_eq!(Schema::DEFAULT.lock(7), 7);
        assert_ne!(one.lock(7), other.lock(7));
        assert_ne!(one.lock(7), one.lock(8));
        assert_eq!(one.channel("wake"), "wake_one");
        assert_eq!(Schema::DEFAULT.channel("wake"), "wake");
    }

    #[test]
    #[should_panic(expected = "no name for a schema")]
    fn a_schema_is_a_plain_name() {
        Schema::named("a; drop");
    }
}
