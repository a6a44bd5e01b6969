//! What the members of a consumer group under test and the test that hurts them agree on: tables, names, and
//! what handlers do.

mod handlers;
mod told;

use nova_event_bus::{KafkaConfig, Router};
use nova_proto::catalogue::EVENTS;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::identity::v1::UserFollowed;

pub use told::{VIOLATION, tell_violations};

/// The service whose outbox is relayed, and its consumer group.
pub const NAME: &str = "bus";

/// What a member writes once SIGTERM makes it leave instead of ending it.
pub const LISTENS: &str = "listening to SIGTERM";

/// The tables beside those of the bus. An event says its key and its number within that key; handlers write
/// down what they did in the order of `id`.
pub const TABLES: &str = "
    CREATE TABLE appended (
        event_id uuid PRIMARY KEY, topic text NOT NULL, key text NOT NULL, number bigint NOT NULL,
        kind text NOT NULL, UNIQUE (topic, key, number)
    );
    -- Events whose handlers fail until they are mended.
    CREATE TABLE poisoned (event_id uuid PRIMARY KEY, mended boolean NOT NULL DEFAULT false);
    -- What was done in the transaction of the inbox.
    CREATE TABLE effects (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id uuid NOT NULL, topic text NOT NULL, key text NOT NULL, number bigint NOT NULL
    );
    CREATE INDEX ON effects (event_id);
    -- What was done outside of it.
    CREATE TABLE afters (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id uuid NOT NULL, topic text NOT NULL, key text NOT NULL, number bigint NOT NULL
    );
    CREATE INDEX ON afters (event_id);
    -- Every letter that ever was, and whether it was taken out again.
    CREATE TABLE letters_ever (id uuid PRIMARY KEY, failed boolean NOT NULL, gone boolean NOT NULL);
    CREATE FUNCTION note_letter() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO letters_ever VALUES (NEW.id, NEW.failed, false);
        ELSE
            UPDATE letters_ever SET gone = true WHERE id = OLD.id;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_letter AFTER INSERT OR DELETE ON dead_letters
        FOR EACH ROW EXECUTE FUNCTION note_letter();
";

/// The kinds of events, as `appended` has them: each is handled in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `PostCreated`: once.
    Once,
    /// `PostUpdated`: once, with others.
    Batch,
    /// `PostDeleted`: once, and something after that at least once.
    OnceThen,
    /// `UserFollowed`: at least once.
    AtLeastOnce,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Once, Self::Batch, Self::OnceThen, Self::AtLeastOnce];

    /// How tables name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Batch => "batch",
            Self::OnceThen => "once then",
            Self::AtLeastOnce => "at least once",
        }
    }
}

/// The topic of what is handled in a transaction.
pub const IN_TRANSACTION: &str = "content-events";
/// The topic of what is not.
pub const OUTSIDE: &str = "user-events";

/// Handlers of all kinds, which write down what they do.
#[must_use]
pub fn router(pool: sqlx::PgPool) -> Router<sqlx::PgPool> {
    Router::new(NAME, pool)
        .knows(EVENTS)
        .once::<PostCreated>(handlers::created)
        .batch::<PostUpdated>(handlers::updated)
        .once_then::<PostDeleted>(handlers::deleted, handlers::after_deleted)
        .at_least_once::<UserFollowed>(handlers::followed)
}

/// Where a group under test finds its topics; `classic` or `consumer` is its protocol.
///
/// # Errors
/// When there is no such protocol.
pub fn kafka(brokers: &str, protocol: &str) -> anyhow::Result<KafkaConfig> {
    Ok(KafkaConfig::from_settings(|name, default, _| {
        Ok::<_, nova_event_bus::KafkaConfigError>(
            match name {
                "NOVA_KAFKA" => brokers,
                "NOVA_KAFKA_GROUP_PROTOCOL" => protocol,
                _ => default,
            }
            .to_owned(),
        )
    })?)
}
