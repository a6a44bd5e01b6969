//! Topics.

use std::time::Duration;

/// What Kafka takes as one message if nobody tells it otherwise, and what it leaves of that for a message.
const LARGEST_MESSAGE: u32 = 1_000_000;

/// A Kafka topic, before any prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// Name, e.g. `content-events`.
    pub name: &'static str,
    /// How many partitions it is created with.
    pub partitions: i32,
    /// For how long its messages are kept; none: as long as the broker keeps messages of any topic.
    pub retention: Option<Duration>,
    /// Bytes of the largest message it takes, with its key and headers.
    pub largest_message: u32,
}

impl Topic {
    /// A topic with the broker's own retention, for messages of up to 1,000,000 bytes.
    #[must_use]
    pub const fn new(name: &'static str, partitions: i32) -> Self {
        Self {
            name,
            partitions,
            retention: None,
            largest_message: LARGEST_MESSAGE,
        }
    }

    /// Keeps messages for so long.
    #[must_use]
    pub const fn retention(mut self, retention: Duration) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Takes messages of up to so many bytes, with their key and headers.
    #[must_use]
    pub const fn largest_message(mut self, bytes: u32) -> Self {
        self.largest_message = bytes;
        self
    }
}
