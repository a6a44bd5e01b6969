//! Protobuf messages as our words, and our words as protobuf messages.

use nova_proto::media::v1 as proto;
use nova_proto::timestamp;
use nova_resilience::{FieldError, Invalid};

use crate::domain::{MediaState, Purpose, Shown};

/// The name of what a file is for; empty if nothing was said.
pub(super) fn purpose(number: i32) -> Result<&'static str, Invalid> {
    match proto::MediaPurpose::try_from(number) {
        Ok(proto::MediaPurpose::Unspecified) => Ok(""),
        Ok(proto::MediaPurpose::Post) => Ok(Purpose::Post.as_str()),
        Ok(proto::MediaPurpose::Avatar) => Ok(Purpose::Avatar.as_str()),
        Err(_) => {
            let message = "is none of the values there are";
            Err(FieldError::new("purpose", "invalid_value", message).into())
        }
    }
}

impl From<MediaState> for proto::MediaState {
    fn from(state: MediaState) -> Self {
        match state {
            MediaState::Processing => Self::Processing,
            MediaState::Ready => Self::Ready,
            MediaState::Failed => Self::Failed,
        }
    }
}

impl From<Shown> for proto::Medium {
    fn from(shown: Shown) -> Self {
        let number = |size: u32| i32::try_from(size).unwrap_or(i32::MAX);
        let links = shown.thumbnails.map(|links| proto::MediaThumbnailLinks {
            small: links.small,
            medium: links.medium,
            large: links.large,
        });
        Self {
            id: shown.id.to_string(),
            owner_id: shown.owner_id.to_string(),
            r#type: proto::MediaType::from(shown.kind).into(),
            mime_type: shown.mime_type,
            size_bytes: shown
                .size_bytes
                .map(|size| i64::try_from(size).unwrap_or(i64::MAX)),
            width: shown.width.map(number),
            height: shown.height.map(number),
            duration_seconds: shown.duration_seconds.map(number),
            blurhash: shown.blurhash,
            alt: shown.alt,
            state: proto::MediaState::from(shown.state).into(),
            failure: shown.failure,
            post_id: shown.post_id.map(|id| id.to_string()),
            url: shown.url,
            thumbnails: links,
            created_at: Some(timestamp(shown.created_at)),
        }
    }
}
