//! What the followers of an author are told of a post.

use std::str::FromStr;

use super::UnknownName;

/// What happened to a post, as far as feeds are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It came or changed, and followers may see it.
    Shown,
    /// It changed, and followers may no longer see it.
    Hidden,
    /// It came, and only its author may see it.
    Unseen,
    /// It is gone for good.
    Deleted,
    /// Nothing: it was told already, but some timelines could not be reached.
    Push,
}

/// How a feed changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A post came in, or its content changed.
    Added,
    /// A post is no longer there.
    Removed,
}

impl Kind {
    /// What happened when a post got into this state.
    #[must_use]
    pub const fn of(reaches_followers: bool, revision: i64) -> Self {
        match (reaches_followers, revision) {
            (true, _) => Self::Shown,
            // What was never visible to followers is no news to them.
            (false, ..=1) => Self::Unseen,
            (false, _) => Self::Hidden,
        }
    }

    /// What the author is told.
    #[must_use]
    pub const fn for_author(self) -> Option<Change> {
        match self {
            Self::Shown | Self::Hidden | Self::Unseen => Some(Change::Added),
            Self::Deleted => Some(Change::Removed),
            Self::Push => None,
        }
    }

    /// What the followers are told.
    #[must_use]
    pub const fn for_followers(self) -> Option<Change> {
        match self {
            Self::Shown => Some(Change::Added),
            Self::Hidden | Self::Deleted => Some(Change::Removed),
            Self::Unseen | Self::Push => None,
        }
    }

    /// Its name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "SHOWN",
            Self::Hidden => "HIDDEN",
            Self::Unseen => "UNSEEN",
            Self::Deleted => "DELETED",
            Self::Push => "PUSH",
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let all = [
            Self::Shown,
            Self::Hidden,
            Self::Unseen,
            Self::Deleted,
            Self::Push,
        ];
        all.into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn followers_hear_of_what_they_could_see() {
        assert_eq!(Kind::of(true, 1).for_followers(), Some(Change::Added));
        assert_eq!(Kind::of(true, 7).for_followers(), Some(Change::Added));
        assert_eq!(Kind::of(false, 1).for_followers(), None);
        assert_eq!(Kind::of(false, 2).for_followers(), Some(Change::Removed));
        assert_eq!(Kind::of(false, 2).for_author(), Some(Change::Added));
    }
}
