use nova_attachments::Medium;
use nova_ids::{MediaId, UserId};

/// What became of a medium.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediumState {
    /// Whose it is.
    pub owner_id: UserId,
    /// Which.
    pub id: MediaId,
    /// What can be shown; none when nothing ever can, or no longer.
    pub medium: Option<Medium>,
    /// The greatest holds.
    pub revision: i64,
}
