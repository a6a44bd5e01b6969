//! The follow graph.

use nova_ids::UserId;
use nova_resilience::{FieldError, Invalid};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::User;

/// Two different users, one of whom does or does not follow the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    follower: UserId,
    followee: UserId,
}

impl Pair {
    /// The pair of the one who follows and the one who is followed.
    ///
    /// # Errors
    /// Nobody makes a pair with themself.
    pub fn new(follower: UserId, followee: UserId) -> Result<Self, Invalid> {
        if follower == followee {
            return Err(FieldError::new("id", "self_follow", "must be another user").into());
        }
        Ok(Self { follower, followee })
    }

    /// The one who follows.
    #[must_use]
    pub const fn follower(self) -> UserId {
        self.follower
    }

    /// The one who is followed.
    #[must_use]
    pub const fn followee(self) -> UserId {
        self.followee
    }
}

/// One of the two lists that the follow graph shows of a user. Both are sorted by when the follow began,
/// newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowList {
    /// Those who follow the user.
    Followers(UserId),
    /// Those whom the user follows.
    Following(UserId),
}

impl FollowList {
    /// The user whose list it is.
    #[must_use]
    pub const fn user(self) -> UserId {
        match self {
            Self::Followers(user) | Self::Following(user) => user,
        }
    }

    /// The list's name, unlike every other list's: its cursors are good for it alone.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Followers(user) => format!("followers:{user}"),
            Self::Following(user) => format!("following:{user}"),
        }
    }
}

/// One line of such a list.
#[derive(Debug)]
pub struct Follow {
    /// The other one.
    pub user: User,
    /// When the follow began.
    pub since: OffsetDateTime,
}

impl Follow {
    /// Where in the list it stands.
    #[must_use]
    pub const fn position(&self) -> Position {
        Position {
            since: self.since,
            user_id: self.user.id,
        }
    }
}

/// A place in such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When the follow began.
    pub since: OffsetDateTime,
    /// The other one, to tell apart what began at the same time.
    pub user_id: UserId,
}

impl Position {
    /// Before the first line of every list.
    #[must_use]
    pub fn start() -> Self {
        Self {
            since: datetime!(9999-12-31 23:59:59 UTC),
            user_id: Uuid::max().into(),
        }
    }

    /// The bytes that a cursor holds.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 24] {
        // Follows begin at whole milliseconds, so nothing is lost.
        let millis = self.since.unix_timestamp() * 1_000 + i64::from(self.since.millisecond());
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&millis.to_be_bytes());
        bytes[8..].copy_from_slice(self.user_id.uuid().as_bytes());
        bytes
    }

    /// The place that those bytes stand for, or none when they never came from [`Self::to_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (millis, id) = bytes.split_first_chunk::<8>()?;
        let millis = i64::from_be_bytes(*millis);
        let since = OffsetDateTime::UNIX_EPOCH.checked_add(Duration::milliseconds(millis))?;
        Some(Self {
            since,
            user_id: Uuid::from_slice(id).ok()?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_follows_themself() {
        let (ada, ben) = (UserId::new(), UserId::new());
        let pair = Pair::new(ada, ben).unwrap();
        assert_eq!((pair.follower(), pair.followee()), (ada, ben));
        let Invalid(errors) = Pair::new(ada, ada).unwrap_err();
        assert_eq!(
            (errors[0].field.as_str(), errors[0].code),
            ("id", "self_follow")
        );
    }

    #[test]
    fn every_list_has_a_name_of_its_own() {
        let (ada, ben) = (UserId::new(), UserId::new());
        assert_ne!(
            FollowList::Followers(ada).name(),
            FollowList::Followers(ben).name()
        );
        assert_ne!(
            FollowList::Followers(ada).name(),
            FollowList::Following(ada).name()
        );
    }

    #[test]
    fn a_position_survives_the_way_through_a_cursor() {
        let position = Position {
            since: datetime!(2026-11-20 12:34:56.789 UTC),
            user_id: UserId::new(),
        };
        assert_eq!(Position::from_bytes(&position.to_bytes()), Some(position));
        assert_eq!(
            Position::from_bytes(&Position::start().to_bytes()),
            Some(Position::start())
        );
        for bytes in [&[][..], &[0; 23], &[0; 25], &[255, 255, 255, 255]] {
            assert_eq!(Position::from_bytes(bytes), None);
        }
    }
}
