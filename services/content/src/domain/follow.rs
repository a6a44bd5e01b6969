//! The follow graph, as far as visibility needs it.

use nova_ids::UserId;

/// How things stand between two users since a certain revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follow {
    /// The one who follows, or did.
    pub follower_id: UserId,
    /// The one who is followed, or was.
    pub followee_id: UserId,
    /// Whether it is a follow or the end of one.
    pub active: bool,
    /// Grows with every change of the pair: the greatest one tells how things stand.
    pub revision: i64,
}

/// Whether a user has blocked another since a certain revision: then neither sees what is the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The one who blocks, or did.
    pub user_id: UserId,
    /// The one who is blocked, or was.
    pub blocked_id: UserId,
    /// Whether it is a block or the end of one.
    pub active: bool,
    /// Grows with every change of the pair in this direction: the greatest one tells how things stand.
    pub revision: i64,
}
