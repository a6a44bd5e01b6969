//! Two users, and what one does to the other.

use nova_ids::UserId;
use nova_resilience::{FieldError, Invalid};

/// Two different users: one who does something, or has it done to them, and the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    user: UserId,
    other: UserId,
}

impl Pair {
    /// The pair of the one who does something and the one to whom it is done; none when they are one.
    #[must_use]
    pub fn new(user: UserId, other: UserId) -> Option<Self> {
        (user != other).then_some(Self { user, other })
    }

    /// The pair of the one who follows and the one who is followed.
    ///
    /// # Errors
    /// Nobody follows themself.
    pub fn follow(follower: UserId, followee: UserId) -> Result<Self, Invalid> {
        Self::new(follower, followee)
            .ok_or_else(|| FieldError::new("id", "self_follow", "must be another user").into())
    }

    /// The same two, the other way around.
    #[must_use]
    pub const fn turned(self) -> Self {
        Self {
            user: self.other,
            other: self.user,
        }
    }

    /// The one who does it: follows, asks to follow, blocks or mutes.
    #[must_use]
    pub const fn user(self) -> UserId {
        self.user
    }

    /// The one to whom it is done.
    #[must_use]
    pub const fn other(self) -> UserId {
        self.other
    }
}

/// What a user does about another alone, without asking them: whoever it is done to is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aversion {
    /// Neither sees, finds or follows the other.
    Block,
    /// The other's posts are not in the user's feed.
    Mute,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_a_pair() {
        let (ada, ben) = (UserId::new(), UserId::new());
        let pair = Pair::new(ada, ben).unwrap();
        assert_eq!((pair.user(), pair.other()), (ada, ben));
        assert_eq!(Pair::follow(ada, ben), Ok(pair));
        assert_eq!(Some(pair.turned()), Pair::new(ben, ada));
        assert_eq!(Pair::new(ada, ada), None);
        let Invalid(errors) = Pair::follow(ada, ada).unwrap_err();
        assert_eq!(
            (errors[0].field.as_str(), errors[0].code),
            ("id", "self_follow")
        );
    }
}
