//! Who may follow whom.

/// How somebody stands to a user whom they want to follow, and who is there for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The user says who may follow.
    pub locked: bool,
    /// They follow the user.
    pub follows: bool,
    /// They have asked to.
    pub asked: bool,
}

/// What comes of the wish to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It is so already.
    Fulfilled,
    /// The follow begins.
    Begins,
    /// The user has to be asked.
    Asks,
    /// The user was asked, and has not said anything.
    Waits,
}

/// What somebody who wants to follow a user is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// They follow the user.
    Follows,
    /// The user has been asked.
    Requested,
}

impl Standing {
    /// What comes of the wish to follow.
    #[must_use]
    pub const fn wish(self) -> Wish {
        match self {
            // Who follows goes on following when the account is locked.
            Self { follows: true, .. } => Wish::Fulfilled,
            Self { locked: false, .. } => Wish::Begins,
            Self { asked: true, .. } => Wish::Waits,
            Self { .. } => Wish::Asks,
        }
    }
}

/// How many users somebody follows, and how many they have asked. Either number may have been counted only until it was
/// more than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Following {
    /// Whom they follow.
    pub follows: i64,
    /// Whom they have asked.
    pub requests: i64,
}

impl Following {
    /// Whether one who wants to follow somebody more has asked for too much: requests count, or there would be no limit
    /// to them.
    #[must_use]
    pub fn is_too_much(self, limit: u32) -> bool {
        self.follows + self.requests > i64::from(limit)
    }

    /// Whether one whose request was accepted follows too many.
    #[must_use]
    pub fn is_too_many(self, limit: u32) -> bool {
        self.follows > i64::from(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_fulfilled_once_and_asked_once() {
        for (locked, follows, asked, wish) in [
            (false, false, false, Wish::Begins),
            (false, true, false, Wish::Fulfilled),
            (true, true, false, Wish::Fulfilled),
            (true, false, false, Wish::Asks),
            (true, false, true, Wish::Waits),
            // Asked before the account was unlocked.
            (false, false, true, Wish::Begins),
        ] {
            let standing = Standing {
                locked,
                follows,
                asked,
            };
            assert_eq!(standing.wish(), wish, "{standing:?}");
        }
    }

    #[test]
    fn requests_count_for_who_asks_and_not_for_who_is_accepted() {
        let following = Following {
            follows: 2,
            requests: 1,
        };
        assert!(following.is_too_much(2) && !following.is_too_much(3));
        assert!(following.is_too_many(1) && !following.is_too_many(2));
    }
}
