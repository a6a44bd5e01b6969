//! Whom a user does not see and is not seen by, and who is not seen by anybody.

use std::collections::HashSet;
use std::sync::Arc;

use nova_ids::UserId;

use super::Entry;

/// Whether an account is there, as of a change of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountState {
    /// Whose.
    pub user_id: UserId,
    /// Gone, for now or for good: nobody is told anything of them.
    pub hidden: bool,
    /// Gone for good.
    pub erased: bool,
    /// The greater of two is the later.
    pub revision: i64,
}

/// Who is in a block with one user, whoever of the two blocks. Clones share it, and nobody takes no memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocked(Option<Arc<HashSet<UserId>>>);

impl Blocked {
    /// Whether an event shows something of one of them.
    #[must_use]
    pub fn hides(&self, entry: &Entry) -> bool {
        let blocked = self.0.as_ref();
        blocked.is_some_and(|blocked| entry.shows.iter().any(|user| blocked.contains(user)))
    }
}

impl FromIterator<UserId> for Blocked {
    fn from_iter<I: IntoIterator<Item = UserId>>(users: I) -> Self {
        let users: HashSet<UserId> = users.into_iter().collect();
        Self((!users.is_empty()).then(|| Arc::new(users)))
    }
}
