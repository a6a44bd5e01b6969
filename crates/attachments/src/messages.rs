use nova_proto::media::v1::{self as proto, MediaUploaded};

use crate::{Attachment, MediaType, Medium, Thumbnails};

/// A message that tells of a medium what cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {0} of a medium cannot be read")]
pub struct BadAttachment(pub &'static str);

impl From<Attachment> for proto::Attachment {
    fn from(attachment: Attachment) -> Self {
        match attachment {
            Attachment::Awaited { id, .. } => Self {
                id: id.to_string(),
                pending: true,
                ..Self::default()
            },
            Attachment::Ready(medium) => {
                let medium = *medium;
                Self {
                    id: medium.id.to_string(),
                    pending: false,
                    r#type: proto::MediaType::from(medium.kind).into(),
                    mime_type: medium.mime_type,
                    size_bytes: medium.size_bytes,
                    width: medium.width,
                    height: medium.height,
                    duration_seconds: medium.duration_seconds,
                    blurhash: medium.blurhash,
                    alt: medium.alt,
                    url: medium.url,
                    small: medium.thumbnails.small,
                    medium: medium.thumbnails.medium,
                    large: medium.thumbnails.large,
                }
            }
        }
    }
}

impl TryFrom<&proto::Attachment> for Attachment {
    type Error = BadAttachment;

    fn try_from(message: &proto::Attachment) -> Result<Self, BadAttachment> {
        let id = message.id.parse().map_err(|_| BadAttachment("id"))?;
        if message.pending {
            return Ok(Self::awaited(id));
        }
        Ok(Self::Ready(Box::new(Medium {
            id,
            kind: kind(message.r#type)?,
            mime_type: message.mime_type.clone(),
            size_bytes: message.size_bytes,
            width: message.width,
            height: message.height,
            duration_seconds: message.duration_seconds,
            blurhash: message.blurhash.clone(),
            alt: message.alt.clone(),
            url: path(&message.url)?,
            thumbnails: Thumbnails {
                small: message.small.as_deref().map(path).transpose()?,
                medium: message.medium.as_deref().map(path).transpose()?,
                large: message.large.as_deref().map(path).transpose()?,
            },
        })))
    }
}

impl TryFrom<&MediaUploaded> for Medium {
    type Error = BadAttachment;

    fn try_from(event: &MediaUploaded) -> Result<Self, BadAttachment> {
        let metadata = event.metadata.as_ref().ok_or(BadAttachment("metadata"))?;
        let is_seen = metadata.width > 0 && metadata.height > 0;
        let thumbnail = |name: &str| {
            let found = event.thumbnails.iter().find(|one| one.name == name);
            found.map(|one| path(&one.url)).transpose()
        };
        Ok(Self {
            id: event.media_id.parse().map_err(|_| BadAttachment("id"))?,
            kind: kind(event.r#type)?,
            mime_type: metadata.mime_type.clone(),
            size_bytes: metadata.size_bytes,
            width: is_seen.then_some(metadata.width),
            height: is_seen.then_some(metadata.height),
            duration_seconds: metadata.duration_seconds,
            blurhash: event.blurhash.clone(),
            alt: event.alt.clone(),
            url: path(&event.url)?,
            thumbnails: Thumbnails {
                small: thumbnail("small")?,
                medium: thumbnail("medium")?,
                large: thumbnail("large")?,
            },
        })
    }
}

fn kind(number: i32) -> Result<MediaType, BadAttachment> {
    match proto::MediaType::try_from(number) {
        Ok(proto::MediaType::Image) => Ok(MediaType::Image),
        Ok(proto::MediaType::Video) => Ok(MediaType::Video),
        Ok(proto::MediaType::Audio) => Ok(MediaType::Audio),
        Ok(proto::MediaType::Unspecified) | Err(_) => Err(BadAttachment("type")),
    }
}

/// What is signed is a path of ours and nothing else: a query would take the signature with it.
fn path(text: &str) -> Result<String, BadAttachment> {
    let is_path = text.starts_with('/') && !text.contains(['?', '#']);
    if is_path {
        Ok(text.to_owned())
    } else {
        Err(BadAttachment("url"))
    }
}

impl From<MediaType> for proto::MediaType {
    fn from(kind: MediaType) -> Self {
        match kind {
            MediaType::Image => Self::Image,
            MediaType::Video => Self::Video,
            MediaType::Audio => Self::Audio,
        }
    }
}

#[cfg(test)]
mod tests {
    use nova_ids::MediaId;
    use nova_proto::media::v1::{MediaMetadata, MediaThumbnail};

    use super::*;

    fn uploaded(width: i32, url: &str) -> MediaUploaded {
        MediaUploaded {
            media_id: MediaId::new().to_string(),
            r#type: proto::MediaType::Image.into(),
            url: url.to_owned(),
            metadata: Some(MediaMetadata {
                width,
                height: width,
                size_bytes: 9,
                mime_type: "image/png".to_owned(),
                duration_seconds: None,
            }),
            thumbnails: vec![MediaThumbnail {
                name: "small".to_owned(),
                url: "/s".to_owned(),
                width: 1,
                height: 1,
            }],
            ..MediaUploaded::default()
        }
    }

    #[test]
    fn what_is_told_of_a_medium_arrives_whole() {
        let medium = Medium::try_from(&uploaded(3, "/c")).unwrap();
        assert_eq!(medium.width, Some(3));
        assert_eq!(medium.thumbnails.small.as_deref(), Some("/s"));
        assert_eq!(Medium::try_from(&uploaded(0, "/c")).unwrap().width, None);
        for one in [
            Attachment::Ready(Box::new(medium)),
            Attachment::awaited(MediaId::new()),
        ] {
            let message = proto::Attachment::from(one.clone());
            assert_eq!(Attachment::try_from(&message), Ok(one));
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for url in ["", "https://else.example/c", "/c?expires=1", "/c#top"] {
            let refused = Medium::try_from(&uploaded(3, url));
            assert_eq!(refused, Err(BadAttachment("url")), "{url}");
        }
        let without = MediaUploaded {
            metadata: None,
            ..uploaded(3, "/c")
        };
        assert_eq!(Medium::try_from(&without), Err(BadAttachment("metadata")));
        let nothing = proto::Attachment::default();
        assert_eq!(Attachment::try_from(&nothing), Err(BadAttachment("id")));
    }
}
