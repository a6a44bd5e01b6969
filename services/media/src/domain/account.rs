//! Accounts that end.

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
