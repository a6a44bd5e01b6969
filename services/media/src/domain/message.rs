//! Messages, as far as media need them.

use nova_ids::{MediaId, MessageId, UserId};

/// What a message claims since a certain position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageState {
    /// Which.
    pub message_id: MessageId,
    /// Whose: nobody claims the media of others. None once it is not known any more, and then nothing is claimed.
    pub user_id: Option<UserId>,
    /// What it shows, or will show.
    pub media_ids: Vec<MediaId>,
    /// Grows with every change of it.
    pub position: i64,
}
