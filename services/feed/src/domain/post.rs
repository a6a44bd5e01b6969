//! A post and its author, as far as their events told.

use std::str::FromStr;

use nova_attachments::Attachment;
use nova_ids::{PostId, UserId};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// One entry of a home feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FeedItem)]
pub struct Item {
    /// The post.
    pub post: Post,
    /// The one who wrote it.
    pub author: Author,
}

/// A post, exactly as the REST API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FeedPost)]
pub struct Post {
    /// A UUIDv7, so that posts sort by time.
    #[schema(value_type = uuid::Uuid)]
    pub id: PostId,
    /// Who wrote it.
    #[schema(value_type = uuid::Uuid)]
    pub author_id: UserId,
    /// The text.
    pub content: String,
    /// What it mainly is.
    #[serde(rename = "type")]
    pub kind: PostType,
    /// Who may see it besides its author.
    pub visibility: Visibility,
    /// The tags.
    pub tags: Vec<String>,
    /// At most 10, in the author's order. Those that are not there yet only the author sees.
    pub media: Vec<Attachment>,
    /// 1 when created, one more with every edit.
    pub revision: i64,
    /// The millisecond inside `id`.
    #[serde(with = "nova_service::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last edited, to the millisecond.
    #[serde(with = "nova_service::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// The one who wrote a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FeedAuthor)]
pub struct Author {
    /// Id of the user.
    #[schema(value_type = uuid::Uuid)]
    pub id: UserId,
    /// Unique name.
    pub username: String,
    /// Name to show.
    pub display_name: String,
    /// Address of a picture.
    pub avatar_url: Option<String>,
}

/// What a post mainly is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PostType {
    /// Words.
    Text,
    /// Pictures.
    Image,
    /// A film.
    Video,
    /// A short upright film.
    Reel,
}

/// Who may see a post besides its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Anyone.
    Public,
    /// Nobody.
    Private,
    /// Those who follow the author.
    FollowersOnly,
}

impl PostType {
    /// Its name, the same in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::Reel => "REEL",
        }
    }
}

impl Visibility {
    /// Its name, the same in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC",
            Self::Private => "PRIVATE",
            Self::FollowersOnly => "FOLLOWERS_ONLY",
        }
    }

    /// Whether the post belongs into the feeds of the author's followers.
    #[must_use]
    pub const fn reaches_followers(self) -> bool {
        matches!(self, Self::Public | Self::FollowersOnly)
    }
}

/// A text that names no type or no visibility of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name that is known")]
pub struct UnknownName;

impl FromStr for PostType {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let all = [Self::Text, Self::Image, Self::Video, Self::Reel];
        all.into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownName)
    }
}

impl FromStr for Visibility {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let all = [Self::Public, Self::Private, Self::FollowersOnly];
        all.into_iter()
            .find(|visibility| visibility.as_str() == name)
            .ok_or(UnknownName)
    }
}
