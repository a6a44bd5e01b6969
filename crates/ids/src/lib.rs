//! Newtype ids. Every id of Nova is a UUID of version 7 (RFC 9562): it sorts by the millisecond of
//! its making, and within one process by the order of making.

use std::fmt;
use std::str::FromStr;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A text that is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a UUID")
    }
}

impl std::error::Error for InvalidId {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, greater than every one this process made before.
            #[must_use]
            #[allow(clippy::new_without_default, reason = "two new ids are never equal")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id as the UUID it is, for SQL and for bytes.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// When the id was made, to the millisecond; the Unix epoch if it is not of version 7.
            #[must_use]
            pub fn made_at(self) -> OffsetDateTime {
                let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
                let since_epoch = Duration::new(i64::try_from(seconds).unwrap_or_default(), 0)
                    + Duration::milliseconds(i64::from(nanos / 1_000_000));
                OffsetDateTime::UNIX_EPOCH.saturating_add(since_epoch)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Reads the hyphenated form only, so that one id has one spelling (in either case).
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A registered user.
    UserId;
    /// A post.
    PostId;
    /// A picture, a video or a sound, from the first byte of its upload on.
    MediaId;
    /// A conversation of two or more.
    ConversationId;
    /// What somebody said in a conversation.
    MessageId;
    /// A signed-in session: the chain of refresh tokens that began with one sign-in.
    SessionId;
    /// What a user is given of all that is kept of them.
    ExportId;
    /// An event, the same in the outbox, on the topic and in every inbox.
    EventId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_are_greater() {
        let ids: Vec<PostId> = (0..1_000).map(|_| PostId::new()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = UserId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(
            id.uuid().simple().to_string().parse::<UserId>(),
            Err(InvalidId)
        );
        assert_eq!("".parse::<UserId>(), Err(InvalidId));
    }

    #[test]
    fn an_id_tells_its_millisecond() {
        let before = OffsetDateTime::now_utc().truncate_to_millisecond();
        let made = EventId::new().made_at();
        assert!(made >= before && made < before + Duration::MINUTE);
        assert_eq!(made, made.truncate_to_millisecond());
        assert_eq!(
            EventId::from(Uuid::nil()).made_at(),
            OffsetDateTime::UNIX_EPOCH
        );
    }
}
