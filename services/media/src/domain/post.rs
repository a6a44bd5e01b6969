//! Posts, as far as media need them.

use nova_ids::{MediaId, PostId, UserId};

/// What a post claims since a certain revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostState {
    /// Which.
    pub post_id: PostId,
    /// Whose: nobody claims the media of others.
    pub user_id: UserId,
    /// What it shows, or will show.
    pub media_ids: Vec<MediaId>,
    /// It is gone for good.
    pub deleted: bool,
    /// Grows with every change of it.
    pub revision: i64,
}
