//! What this service publishes. The one place where a medium becomes an event.

use nova_ids::PostId;
use nova_proto::media::v1::{
    self as proto, MediaDeleted, MediaExported, MediaFailed, MediaMetadata, MediaThumbnail,
    MediaUploaded,
};
use nova_proto::timestamp;
use time::OffsetDateTime;

use crate::domain::{Blob, Kind, Medium, Purpose, content_path, kind_of, thumbnail_path};
use crate::store::exports::Export;

/// A medium can be shown.
#[must_use]
pub fn media_uploaded(medium: &Medium) -> MediaUploaded {
    let blob = medium.blob.as_ref();
    let thumbnails = thumbnails(medium);
    let url = match (medium.purpose, thumbnails.last()) {
        (Purpose::Avatar, Some(largest)) => largest.url.clone(),
        _ => content_path(medium.id),
    };
    MediaUploaded {
        media_id: medium.id.to_string(),
        post_id: post_id(medium),
        user_id: medium.owner_id.to_string(),
        r#type: proto::MediaType::from(kind_of(&medium.mime_type)).into(),
        url,
        thumbnail_url: thumbnails
            .first()
            .map_or_else(String::new, |smallest| smallest.url.clone()),
        metadata: blob.map(metadata),
        uploaded_at: Some(timestamp(medium.created_at())),
        blurhash: blob.and_then(|blob| blob.blurhash.clone()),
        alt: medium.alt.clone(),
        purpose: proto::MediaPurpose::from(medium.purpose).into(),
        thumbnails,
        revision: medium.revision,
    }
}

/// A medium turned out to be nothing that can be shown.
#[must_use]
pub fn media_failed(medium: &Medium, reason: &str, at: OffsetDateTime) -> MediaFailed {
    MediaFailed {
        media_id: medium.id.to_string(),
        user_id: medium.owner_id.to_string(),
        post_id: post_id(medium),
        reason: reason.to_owned(),
        failed_at: Some(timestamp(at)),
        revision: medium.revision,
    }
}

/// A medium is gone for good.
#[must_use]
pub fn media_deleted(medium: &Medium, at: OffsetDateTime) -> MediaDeleted {
    MediaDeleted {
        media_id: medium.id.to_string(),
        user_id: medium.owner_id.to_string(),
        post_id: post_id(medium),
        deleted_at: Some(timestamp(at)),
        revision: medium.revision + 1,
    }
}

/// The next part of what is kept of a user.
#[must_use]
pub fn media_exported(export: &Export, content: Vec<u8>, last: bool) -> MediaExported {
    MediaExported {
        user_id: export.user_id.to_string(),
        export_id: export.id.to_string(),
        number: export.parts + 1,
        last,
        content,
    }
}

fn post_id(medium: &Medium) -> String {
    medium
        .post_id
        .as_ref()
        .map_or_else(String::new, PostId::to_string)
}

fn thumbnails(medium: &Medium) -> Vec<MediaThumbnail> {
    let all = medium.blob.iter().flat_map(|blob| &blob.thumbnails);
    all.map(|thumbnail| MediaThumbnail {
        name: thumbnail.name.clone(),
        url: thumbnail_path(medium.id, medium.purpose, &thumbnail.name),
        width: thumbnail.width.cast_signed(),
        height: thumbnail.height.cast_signed(),
    })
    .collect()
}

fn metadata(blob: &Blob) -> MediaMetadata {
    MediaMetadata {
        width: blob.width.unwrap_or_default().cast_signed(),
        height: blob.height.unwrap_or_default().cast_signed(),
        size_bytes: i64::try_from(blob.size_bytes).unwrap_or(i64::MAX),
        mime_type: blob.mime_type.clone(),
        duration_seconds: blob.duration_seconds.map(u32::cast_signed),
    }
}

impl From<Kind> for proto::MediaType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Image => Self::Image,
            Kind::Video => Self::Video,
            Kind::Audio => Self::Audio,
        }
    }
}

impl From<Purpose> for proto::MediaPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Post => Self::Post,
            Purpose::Avatar => Self::Avatar,
        }
    }
}
