//! What this node sends itself.

use time::OffsetDateTime;
use tokio::sync::watch;
use uuid::Uuid;

use crate::domain::Channel;

/// The channel that this process alone follows, from Kafka through Redis, and what came on it last.
#[derive(Debug)]
pub struct OwnChannel {
    node: Uuid,
    /// When the last that came was sent.
    last: watch::Sender<Option<OffsetDateTime>>,
}

impl OwnChannel {
    /// A channel that nobody has had before.
    #[must_use]
    pub fn new() -> Self {
        Self {
            node: Uuid::now_v7(),
            last: watch::Sender::new(None),
        }
    }

    /// Whose it is.
    #[must_use]
    pub const fn node(&self) -> Uuid {
        self.node
    }

    /// What is to be followed.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        Channel::Node(self.node)
    }

    /// What was sent then has come.
    pub fn came(&self, sent: OffsetDateTime) {
        self.last.send_replace(Some(sent));
    }

    /// Tells what comes from now on, by when it was sent.
    #[must_use]
    pub fn coming(&self) -> watch::Receiver<Option<OffsetDateTime>> {
        self.last.subscribe()
    }
}

impl Default for OwnChannel {
    fn default() -> Self {
        Self::new()
    }
}
