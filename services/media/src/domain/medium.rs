//! Media, and what is shown of them.

use std::str::FromStr;

use nova_ids::{MediaId, PostId, UserId};
use nova_service::rfc3339;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::draft::{Purpose, UnknownName};

/// What a medium shows or plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// A picture, which may move.
    Image,
    /// A video, with sound or without.
    Video,
    /// Sound.
    Audio,
}

/// What a file of this media type shows or plays.
#[must_use]
pub fn kind_of(mime_type: &str) -> Kind {
    match mime_type.split('/').next() {
        Some("video") => Kind::Video,
        Some("audio") => Kind::Audio,
        _ => Kind::Image,
    }
}

/// How far a medium has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MediaState)]
pub enum MediaState {
    /// It has come whole and is being read.
    Processing,
    /// It can be shown.
    Ready,
    /// It turned out to be nothing that can be shown.
    Failed,
}

impl MediaState {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for MediaState {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        match name {
            "processing" => Ok(Self::Processing),
            "ready" => Ok(Self::Ready),
            "failed" => Ok(Self::Failed),
            _ => Err(UnknownName),
        }
    }
}

/// A small picture of a medium.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// `small`, `medium` or `large`; of an avatar `64`, `128` or `400`.
    pub name: String,
    /// Its pixels in a row.
    pub width: u32,
    /// Its rows.
    pub height: u32,
    /// Its bytes.
    pub bytes: u64,
}

/// What is served of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// That of its folder.
    pub id: Uuid,
    /// As its bytes say.
    pub mime_type: String,
    /// Without metadata.
    pub size_bytes: u64,
    /// It lies in objects of so many bytes.
    pub piece_bytes: u64,
    /// As it is to be shown; none of sound.
    pub width: Option<u32>,
    /// As it is to be shown; none of sound.
    pub height: Option<u32>,
    /// Rounded up; none of pictures.
    pub duration_seconds: Option<u32>,
    /// A few colours as a text.
    pub blurhash: Option<String>,
    /// Smallest first.
    pub thumbnails: Vec<Thumbnail>,
}

/// A medium, from when it has come whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medium {
    /// Which.
    pub id: MediaId,
    /// Whose.
    pub owner_id: UserId,
    /// The post that its owner named at the upload.
    pub post_id: Option<PostId>,
    /// What it is for.
    pub purpose: Purpose,
    /// What is told to who does not see it.
    pub alt: Option<String>,
    /// How far it has got.
    pub state: MediaState,
    /// Why it has failed.
    pub failure: Option<String>,
    /// What the head of the file has shown.
    pub mime_type: String,
    /// What is served, once it is ready.
    pub blob: Option<Blob>,
    /// Grows with every change.
    pub revision: i64,
}

impl Medium {
    /// When it came, to the millisecond.
    #[must_use]
    pub fn created_at(&self) -> OffsetDateTime {
        self.id.made_at()
    }

    /// As its owner is shown it, with the paths signed by `sign`.
    #[must_use]
    pub fn shown(&self, sign: impl Fn(&str) -> String) -> Shown {
        let blob = self.blob.as_ref();
        let kind = kind_of(&self.mime_type);
        let of = |name: &str| {
            let path = thumbnail_path(self.id, self.purpose, name);
            match self.purpose {
                Purpose::Post => sign(&path),
                Purpose::Avatar => path,
            }
        };
        let thumbnails = blob.and_then(|blob| match blob.thumbnails.as_slice() {
            [small, medium, large] => Some(ThumbnailLinks {
                small: of(&small.name),
                medium: of(&medium.name),
                large: of(&large.name),
            }),
            _ => None,
        });
        let url = blob.map(|_| match self.purpose {
            Purpose::Post => sign(&content_path(self.id)),
            Purpose::Avatar => of("400"),
        });
        Shown {
            id: self.id.uuid(),
            owner_id: self.owner_id.uuid(),
            kind,
            mime_type: self.mime_type.clone(),
            size_bytes: blob.map(|blob| blob.size_bytes),
            width: blob.and_then(|blob| blob.width),
            height: blob.and_then(|blob| blob.height),
            duration_seconds: blob.and_then(|blob| blob.duration_seconds),
            blurhash: blob.and_then(|blob| blob.blurhash.clone()),
            alt: self.alt.clone(),
            state: self.state,
            failure: self.failure.clone(),
            post_id: self.post_id.map(PostId::uuid),
            url,
            thumbnails,
            created_at: self.created_at(),
        }
    }
}

/// The path of a medium's file.
#[must_use]
pub fn content_path(id: MediaId) -> String {
    format!("/v1/media/{id}/content")
}

/// The path of a small picture.
#[must_use]
pub fn thumbnail_path(id: MediaId, purpose: Purpose, name: &str) -> String {
    match purpose {
        Purpose::Post => format!("/v1/media/{id}/thumbnail/{name}"),
        Purpose::Avatar => format!("/v1/media/{id}/avatar/{name}"),
    }
}

/// A picture, a video or a sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Medium)]
pub struct Shown {
    /// Which.
    pub id: Uuid,
    /// Whose.
    pub owner_id: Uuid,
    /// What it shows or plays.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// As its bytes say.
    pub mime_type: String,
    /// Of what is served, which is the original without metadata.
    #[schema(required = true)]
    pub size_bytes: Option<u64>,
    /// As it is to be shown; null for sound.
    #[schema(required = true)]
    pub width: Option<u32>,
    /// As it is to be shown; null for sound.
    #[schema(required = true)]
    pub height: Option<u32>,
    /// Rounded up; null for pictures.
    #[schema(required = true)]
    pub duration_seconds: Option<u32>,
    /// A few colours as a text, to show until a thumbnail has come.
    #[schema(required = true)]
    pub blurhash: Option<String>,
    /// What is told to who does not see it.
    #[schema(required = true)]
    pub alt: Option<String>,
    /// How far it has got.
    pub state: MediaState,
    /// Why it cannot be shown.
    #[schema(required = true)]
    pub failure: Option<String>,
    /// The post that its owner named at the upload.
    #[schema(required = true)]
    pub post_id: Option<Uuid>,
    /// A link that opens it without a token, for an hour at least. That of an avatar is its largest square, and good for ever.
    #[schema(required = true)]
    pub url: Option<String>,
    /// Null where there are none, as of sound.
    #[schema(required = true)]
    pub thumbnails: Option<ThumbnailLinks>,
    /// The millisecond inside `id`.
    #[serde(with = "rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Links to small pictures, WebP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MediaThumbnails)]
pub struct ThumbnailLinks {
    /// 320 pixels at most on the longer side; of an avatar 64.
    pub small: String,
    /// 800 pixels at most on the longer side; of an avatar 128.
    pub medium: String,
    /// 1,600 pixels at most on the longer side; of an avatar 400.
    pub large: String,
}
