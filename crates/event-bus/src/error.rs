//! What can go wrong with the bus itself.

use std::borrow::Cow;

use nova_resilience::{Code, Fault};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// A failure of the bus, not of a handler.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// librdkafka refuses the configuration.
    #[error("kafka refuses the configuration")]
    Config(#[source] KafkaError),
    /// No broker answered in time.
    #[error("no answer from kafka at {brokers}")]
    Unreachable {
        /// Where it was looked for.
        brokers: String,
        /// What the client says.
        #[source]
        source: KafkaError,
    },
    /// The broker refuses to create a topic.
    #[error("kafka does not create topic {topic}: {code}")]
    Topic {
        /// Which topic.
        topic: String,
        /// Why.
        code: RDKafkaErrorCode,
    },
    /// A message could not be produced.
    #[error("kafka did not take a message for topic {topic}")]
    Produce {
        /// Which topic.
        topic: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// A message could not be read.
    #[error("nothing can be read from topic {topic}")]
    Consume {
        /// Which topic.
        topic: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// The service's own database failed.
    #[error("the event tables cannot be used")]
    Database(#[from] sqlx::Error),
    /// A table `outbox` is there that is not the bus's.
    #[error(
        "a table outbox is there already, of another make: give the event tables a schema of their own"
    )]
    ForeignTables,
    /// So large a share of events fails that the consumer stopped rather than park them all.
    #[error("too many events fail")]
    TooManyFailures,
    /// What the group gives or takes was not taken up, so that the group and the client disagree.
    #[error("the client does not follow its group")]
    Rebalance(#[source] KafkaError),
    /// A message came where it would lose its order.
    #[error("a message of partition {0} came past its partition's queue")]
    Misled(i32),
    /// The task of a partition's lane ended although nobody had told it to: a defect of the bus.
    #[error("the lane of {topic} {partition} ended by itself")]
    Lane {
        /// Which topic.
        topic: String,
        /// Which partition.
        partition: i32,
    },
    /// A topic was made again, or lost its end, while it was consumed: what is done of it has to be asked anew.
    #[error("the log of {topic} {partition} begins anew")]
    Anew {
        /// Which topic.
        topic: String,
        /// Which partition.
        partition: i32,
    },
    /// Somebody consumes for a group that is to go on elsewhere.
    #[error("the group {group} has members: stop its consumers first")]
    Members {
        /// Which group.
        group: String,
    },
    /// A thread of the bus is gone.
    #[error("a thread of the event bus ended early")]
    Thread,
}

impl Fault for BusError {
    fn code(&self) -> Code {
        match self {
            Self::Config(_)
            | Self::Topic { .. }
            | Self::ForeignTables
            | Self::Thread
            | Self::TooManyFailures
            | Self::Misled(_)
            | Self::Lane { .. }
            | Self::Anew { .. }
            | Self::Rebalance(_) => Code::Internal,
            Self::Members { .. } => Code::Conflict,
            Self::Unreachable { .. } | Self::Produce { .. } | Self::Consume { .. } => {
                Code::Unavailable
            }
            Self::Database(error) => database_code(error),
        }
    }
}

/// What kind of failure it is that one of the bus's own statements failed. What Postgres says of the values that
/// came with it (classes 22, data, and 23, constraints) is the event's or the caller's fault. Everything else is
/// the database's: a full disk, too many connections, a standby after a failover, a table that is not there
/// (yet). That passes, or somebody mends it.
pub(crate) fn database_code(error: &sqlx::Error) -> Code {
    let Some(state) = sqlstate(error) else {
        return Code::Unavailable;
    };
    match &*state {
        state if state.starts_with("22") || state.starts_with("23") => Code::Invalid,
        // Serialization failure, deadlock, lock or statement timeout.
        "40001" | "40P01" | "55P03" | "57014" | "25P03" => Code::Timeout,
        _ => Code::Unavailable,
    }
}

/// The SQLSTATE of an error that Postgres itself answered (Postgres manual, appendix A).
pub(crate) fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}
