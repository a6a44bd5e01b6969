use nova_ids::MediaId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A medium of a post or a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Attachment {
    /// It can be shown.
    Ready(Box<Medium>),
    /// It is not there yet; nobody but its author sees that.
    Awaited {
        /// Which it will be.
        #[schema(value_type = uuid::Uuid)]
        id: MediaId,
        /// What it is until then.
        state: Pending,
    },
}

/// The only state that is shown: what is ready shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pending {
    /// It has not been told of that it can be shown.
    Pending,
}

/// A medium that can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AttachedMedium)]
pub struct Medium {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub id: MediaId,
    /// What it shows or plays.
    #[serde(rename = "type")]
    pub kind: MediaType,
    /// Of what is served: `image/jpeg`.
    pub mime_type: String,
    /// Of what is served.
    pub size_bytes: i64,
    /// Pixels; none of sound.
    pub width: Option<i32>,
    /// Pixels; none of sound.
    pub height: Option<i32>,
    /// Of video and sound, rounded up.
    pub duration_seconds: Option<i32>,
    /// What is shown until the picture is there (<https://blurha.sh>).
    pub blurhash: Option<String>,
    /// What is told to who does not see it.
    pub alt: Option<String>,
    /// Where it is, to whoever has this link.
    pub url: String,
    /// Small pictures of it.
    pub thumbnails: Thumbnails,
}

/// Links to small pictures, WebP; none where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Thumbnails {
    /// At most 320 pixels on the longer side.
    pub small: Option<String>,
    /// At most 800.
    pub medium: Option<String>,
    /// At most 1600.
    pub large: Option<String>,
}

/// What a medium shows or plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MediaType {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
}

impl Attachment {
    /// One that is not there yet.
    #[must_use]
    pub const fn awaited(id: MediaId) -> Self {
        Self::Awaited {
            id,
            state: Pending::Pending,
        }
    }

    /// Which it is.
    #[must_use]
    pub fn id(&self) -> MediaId {
        match self {
            Self::Ready(medium) => medium.id,
            Self::Awaited { id, .. } => *id,
        }
    }

    /// The medium, if it can be shown.
    #[must_use]
    pub fn ready(&self) -> Option<&Medium> {
        match self {
            Self::Ready(medium) => Some(medium),
            Self::Awaited { .. } => None,
        }
    }
}

/// Leaves of them what others than their author see.
pub fn shown_to_others(media: &mut Vec<Attachment>) {
    media.retain(|one| one.ready().is_some());
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn json_is_what_the_contract_says() {
        let id = MediaId::new();
        let awaited = Attachment::awaited(id);
        let text = json!({ "id": id, "state": "pending" });
        assert_eq!(serde_json::to_value(&awaited).unwrap(), text);
        let read: Attachment = serde_json::from_value(text).unwrap();
        assert_eq!(read, awaited);
        let text = json!({
            "id": id, "type": "AUDIO", "mime_type": "audio/mpeg", "size_bytes": 5,
            "width": null, "height": null, "duration_seconds": 7, "blurhash": null, "alt": "a song",
            "url": "/v1/media/x/content",
            "thumbnails": { "small": null, "medium": null, "large": null },
        });
        let read: Attachment = serde_json::from_value(text.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), text);
        let mut both = vec![awaited, read];
        shown_to_others(&mut both);
        assert_eq!(both.len(), 1);
        assert_eq!(
            serde_json::to_value(&both).unwrap(),
            Value::Array(vec![text])
        );
    }
}
