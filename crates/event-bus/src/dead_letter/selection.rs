//! Which dead letters are meant.

use std::fmt;
use std::time::Duration;

use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use uuid::Uuid;

use crate::record::sequence_of;

/// Which dead letters are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Every one.
    All,
    /// Those that failed alike: the fingerprint that [`super::groups`] shows. Not those that wait.
    Group(String),
    /// Those of a key, failed and waiting.
    Key {
        /// Name of the topic on the broker; every topic's if not given.
        topic: Option<String>,
        /// The record's key.
        key: Vec<u8>,
    },
    /// Those with this event's id, or the one with this id of its own.
    Event(String),
    /// Those of a consumer group, or of `outbox`.
    Consumer(String),
    /// Those that were parked longer ago.
    OlderThan(Duration),
}

/// The condition on a row of `dead_letters`. Values that are not given are NULL, known when the statement
/// is planned, so that what is left of the condition can use an index.
macro_rules! selected {
    () => {
        "($1::text IS NULL OR failed AND fingerprint = $1)
         AND ($2::text IS NULL OR consumer = $2)
         AND ($3::text IS NULL OR topic = $3)
         AND ($4::bytea IS NULL OR (consumer, topic, sequence) IN (
             SELECT consumer, topic, sequence FROM bus.parked_sequences WHERE sequence = $4
             UNION ALL SELECT consumer, topic, sequence FROM bus.dead_letters
             WHERE aside AND sequence = $4
             UNION ALL SELECT 'outbox', topic, sequence FROM bus.dead_letters
             WHERE consumer = 'outbox' AND key = $4))
         AND ($5::text IS NULL OR event_id = $5 OR id = $6::uuid)
         AND ($7::float8 IS NULL OR parked_at < now() - make_interval(secs => $7))"
    };
}
pub(super) use selected;

impl Selection {
    /// Gives a query the seven values of [`selected`], `$1` to `$7`.
    pub(super) fn bind<'q>(&self, query: &'static str) -> Query<'q, Postgres, PgArguments> {
        let (mut group, mut consumer, mut topic_name, mut sequence, mut event, mut age) =
            (None, None, None, None, None, None);
        match self {
            Self::All => {}
            Self::Group(name) => group = Some(name.clone()),
            Self::Consumer(name) => consumer = Some(name.clone()),
            Self::Event(id) => event = Some(id.clone()),
            Self::OlderThan(than) => age = Some(than.as_secs_f64()),
            Self::Key { topic, key } => {
                topic_name = topic.clone();
                sequence = Some(sequence_of(key).into_owned());
            }
        }
        let id = event.as_deref().and_then(|id| Uuid::parse_str(id).ok());
        sqlx::query(query)
            .bind(group)
            .bind(consumer)
            .bind(topic_name)
            .bind(sequence)
            .bind(event)
            .bind(id)
            .bind(age)
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Group(fingerprint) => write!(f, "group {fingerprint}"),
            Self::Event(id) => write!(f, "event {id}"),
            Self::Consumer(name) => write!(f, "consumer {name}"),
            Self::OlderThan(age) => write!(f, "older than {} s", age.as_secs()),
            Self::Key { topic, key } => {
                write!(f, "key {}", key.escape_ascii())?;
                topic.iter().try_for_each(|topic| write!(f, " of {topic}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_says_what_it_selects() {
        let key = |topic: Option<&str>| Selection::Key {
            topic: topic.map(str::to_owned),
            key: b"a\0\xff".to_vec(),
        };
        assert_eq!(key(None).to_string(), "key a\\x00\\xff");
        assert_eq!(key(Some("t")).to_string(), "key a\\x00\\xff of t");
        assert_eq!(Selection::Group("12".to_owned()).to_string(), "group 12");
    }
}
