//! What conversations, members and messages are.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text that names nothing of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name that is known")]
pub struct UnknownName;

/// Names that are the same in JSON and in the database.
macro_rules! named {
    ($kind:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $kind {
            /// Its name, the same in JSON and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl FromStr for $kind {
            type Err = UnknownName;

            fn from_str(name: &str) -> Result<Self, UnknownName> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(UnknownName),
                }
            }
        }
    };
}

/// Whom a conversation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConversationType {
    /// Two: one per pair, whoever opens it.
    Direct,
    /// Up to a thousand, with a title and roles.
    Group,
}

named!(ConversationType {
    Direct = "DIRECT",
    Group = "GROUP",
});

/// What a member may do. In a `DIRECT` both are `MEMBER`. A later one may more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = MemberRole)]
pub enum Role {
    /// Reads, writes and leaves.
    Member,
    /// Also changes the title, adds and removes members, and deletes messages of others.
    Admin,
    /// Also gives roles. There is one, as long as there is anybody.
    Owner,
}

named!(Role {
    Member = "MEMBER",
    Admin = "ADMIN",
    Owner = "OWNER",
});

/// What a message mainly is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageType {
    /// Words.
    #[default]
    Text,
    /// Pictures.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
}

named!(MessageType {
    Text = "TEXT",
    Image = "IMAGE",
    Video = "VIDEO",
    Audio = "AUDIO",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_json_and_in_the_database() {
        let json = |value: &dyn erased::Json| value.json();
        for kind in [ConversationType::Direct, ConversationType::Group] {
            assert_eq!(json(&kind), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for role in [Role::Member, Role::Admin, Role::Owner] {
            assert_eq!(json(&role), role.as_str());
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        for kind in [
            MessageType::Text,
            MessageType::Image,
            MessageType::Video,
            MessageType::Audio,
        ] {
            assert_eq!(json(&kind), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("owner".parse::<Role>(), Err(UnknownName));
    }

    mod erased {
        pub(super) trait Json {
            fn json(&self) -> serde_json::Value;
        }

        impl<T: serde::Serialize> Json for T {
            fn json(&self) -> serde_json::Value {
                serde_json::to_value(self).unwrap()
            }
        }
    }
}
