//! Users, as far as it matters who sees whom.

use nova_ids::UserId;

/// Whether an account is there since a certain revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountState {
    /// Whose it is.
    pub user_id: UserId,
    /// Nobody sees what is theirs.
    pub hidden: bool,
    /// For good.
    pub erased: bool,
    /// Grows with every change of the two.
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
