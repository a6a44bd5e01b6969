//! Lists of users.

use nova_ids::UserId;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::User;

/// A list of users that is shown of a user. All are sorted by when what put the others there began, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserList {
    /// Those who follow the user.
    Followers(UserId),
    /// Those whom the user follows.
    Following(UserId),
    /// Those who ask to follow the user, for the user alone.
    FollowRequests(UserId),
    /// Those whom the user asks to follow, for the user alone.
    RequestsMade(UserId),
    /// Those whom the user blocks, for the user alone.
    Blocks(UserId),
    /// Those whom the user mutes, for the user alone.
    Mutes(UserId),
}

impl UserList {
    /// The user whose list it is.
    #[must_use]
    pub const fn user(self) -> UserId {
        match self {
            Self::Followers(user)
            | Self::Following(user)
            | Self::FollowRequests(user)
            | Self::RequestsMade(user)
            | Self::Blocks(user)
            | Self::Mutes(user) => user,
        }
    }

    /// Whether nobody but the user sees it.
    #[must_use]
    pub const fn is_own(self) -> bool {
        match self {
            Self::Followers(_) | Self::Following(_) => false,
            Self::FollowRequests(_) | Self::RequestsMade(_) | Self::Blocks(_) | Self::Mutes(_) => {
                true
            }
        }
    }

    /// The list's name, unlike every other list's: its cursors are good for it alone.
    #[must_use]
    pub fn name(self) -> String {
        let list = match self {
            Self::Followers(_) => "followers",
            Self::Following(_) => "following",
            Self::FollowRequests(_) => "follow-requests",
            Self::RequestsMade(_) => "requests-made",
            Self::Blocks(_) => "blocks",
            Self::Mutes(_) => "mutes",
        };
        format!("{list}:{}", self.user())
    }
}

/// One line of such a list.
#[derive(Debug)]
pub struct Listed {
    /// The other one.
    pub user: User,
    /// When what put the other there began.
    pub since: OffsetDateTime,
}

impl Listed {
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
    /// When what put the other there began.
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
        // Everything begins at whole milliseconds, so nothing is lost.
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
    fn every_list_has_a_name_of_its_own() {
        let mut names = std::collections::BTreeSet::new();
        for user in [UserId::new(), UserId::new()] {
            for list in [
                UserList::Followers(user),
                UserList::Following(user),
                UserList::FollowRequests(user),
                UserList::RequestsMade(user),
                UserList::Blocks(user),
                UserList::Mutes(user),
            ] {
                assert_eq!(list.user(), user);
                assert!(names.insert(list.name()), "{list:?}");
            }
        }
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
