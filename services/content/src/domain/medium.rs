use nova_attachments::Medium;
use nova_ids::{MediaId, PostId, UserId};

/// What became of a medium.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediumState {
    /// Whose it is.
    pub owner_id: UserId,
    /// Which.
    pub id: MediaId,
    /// The post that it named.
    pub post_id: Option<PostId>,
    /// What can be shown; none when nothing ever can, or no longer.
    pub medium: Option<Medium>,
    /// The greatest holds.
    pub revision: i64,
}
