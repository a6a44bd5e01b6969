//! What can be followed.

use std::fmt;

use nova_ids::{PostId, UserId};
use uuid::Uuid;

/// Most characters (Unicode scalar values) of a tag, as content has it.
const LONGEST_TAG: usize = 50;

/// Something that events go to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// All that reaches a user; nobody else may follow it.
    Me(UserId),
    /// Public posts of a user.
    User(UserId),
    /// A public post.
    Post(PostId),
    /// Public posts with a tag, in lowercase.
    Tag(String),
    /// What a node of eventbridge sends itself: no client can ask for it ([`Asked::read`]).
    Node(Uuid),
}

impl Channel {
    /// The channel of a tag, in whatever case it is written; none if no post can have it, or if its lower case is no tag, as that
    /// of `İ` is none: what this answers can be read again.
    #[must_use]
    pub fn tag(tag: &str) -> Option<Self> {
        let tag = tag.to_lowercase();
        let allowed = |character: char| character.is_alphanumeric() || "_-".contains(character);
        let is_tag =
            !tag.is_empty() && tag.chars().count() <= LONGEST_TAG && tag.chars().all(allowed);
        is_tag.then_some(Self::Tag(tag))
    }

    /// What it is called where a client reads it: `me`, `user:…`, `post:…`, `tag:…`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Me(_) => "me".to_owned(),
            other => other.to_string(),
        }
    }
}

/// As keys have it: `me:…` with the user's id, and `node:…`.
impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me(user) => write!(f, "me:{user}"),
            Self::User(user) => write!(f, "user:{user}"),
            Self::Post(post) => write!(f, "post:{post}"),
            Self::Tag(tag) => write!(f, "tag:{tag}"),
            Self::Node(node) => write!(f, "node:{node}"),
        }
    }
}

/// A channel that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// The caller's own.
    Me,
    /// One that anybody may follow.
    Open(Channel),
}

impl Asked {
    /// Reads `me`, `user:<uuid>`, `post:<uuid>` or `tag:<tag>`; none if it is no channel.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text == "me" {
            return Some(Self::Me);
        }
        let (kind, rest) = text.split_once(':')?;
        let channel = match kind {
            "user" => Channel::User(rest.parse().ok()?),
            "post" => Channel::Post(rest.parse().ok()?),
            "tag" => Channel::tag(rest)?,
            _ => return None,
        };
        Some(Self::Open(channel))
    }

    /// The channel that it is for this caller; none if it needs one.
    #[must_use]
    pub fn of(self, caller: Option<UserId>) -> Option<Channel> {
        match self {
            Self::Me => caller.map(Channel::Me),
            Self::Open(channel) => Some(channel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_read_in_one_spelling() {
        let id = UserId::new();
        for (text, name) in [
            (format!("user:{id}"), format!("user:{id}")),
            (
                format!("user:{}", id.to_string().to_uppercase()),
                format!("user:{id}"),
            ),
            ("tag:Rust-É_1".to_owned(), "tag:rust-é_1".to_owned()),
        ] {
            let channel = Asked::read(&text).unwrap().of(None).unwrap();
            assert_eq!(channel.to_string(), name);
            assert_eq!(channel.name(), name);
        }
        assert_eq!(Asked::read("me"), Some(Asked::Me));
        assert_eq!(Asked::Me.of(None), None);
        let mine = Asked::Me.of(Some(id)).unwrap();
        assert_eq!(mine.to_string(), format!("me:{id}"));
        assert_eq!(mine.name(), "me");
    }

    #[test]
    fn what_is_no_channel_is_not_read() {
        let long = format!("tag:{}", "x".repeat(51));
        assert_eq!(Channel::tag("İstanbul"), None);
        let mine = format!("me:{}", UserId::new());
        let of_a_node = Channel::Node(Uuid::now_v7()).to_string();
        for text in [
            "", "Me", "me:", &mine, "user:", "user:1", "post:x", "tag:", "tag:a b", "tag:a\n",
            "room:1", ":", &long, "user:%00", &of_a_node, "node:",
        ] {
            assert_eq!(Asked::read(text), None, "{text:?}");
        }
    }
}
