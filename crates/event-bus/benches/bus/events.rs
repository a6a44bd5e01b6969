//! The events that are published and consumed.

use nova_event_bus::Event;
use nova_ids::{EventId, PostId, UserId};
use nova_proto::content::v1::{PostCreated, PostType, PostVisibility};
use nova_proto::timestamp;
use prost::Message as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Bytes of an encoded event.
pub(super) const PAYLOAD: usize = 200;
const KEYS: usize = 1_000;

/// Posts of a thousand authors in turn.
pub(super) struct Posts {
    authors: Vec<String>,
    next: usize,
}

impl Posts {
    pub(super) fn new() -> Self {
        let authors = (0..KEYS).map(|_| UserId::new().to_string()).collect();
        Self { authors, next: 0 }
    }

    /// The next one: [`PAYLOAD`] bytes when encoded.
    pub(super) fn post(&mut self) -> PostCreated {
        let author = self.authors.get(self.next % KEYS);
        self.next += 1;
        let mut post = PostCreated {
            post_id: PostId::new().to_string(),
            user_id: author.cloned().unwrap_or_default(),
            content: String::new(),
            r#type: PostType::Text.into(),
            visibility: PostVisibility::Public.into(),
            tags: Vec::new(),
            created_at: Some(timestamp(OffsetDateTime::now_utc())),
            revision: 1,
            media: Vec::new(),
        };
        // A text of less than 128 bytes has a tag and a length of one byte each.
        let content = PAYLOAD.saturating_sub(post.encoded_len() + 2);
        post.content = "x".repeat(content);
        post
    }
}

/// What becomes of an event on its way to Kafka.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) time: String,
    pub(super) subject: String,
    pub(super) key: String,
    pub(super) payload: Vec<u8>,
}

impl Message {
    pub(super) fn of(post: &PostCreated) -> Self {
        // To the microsecond, as Postgres keeps it.
        let now = OffsetDateTime::now_utc();
        let now = now
            .replace_nanosecond(now.microsecond() * 1_000)
            .unwrap_or(now);
        Self {
            id: EventId::new().to_string(),
            time: now.format(&Rfc3339).unwrap_or_default(),
            subject: post.subject().to_owned(),
            key: post.key().to_owned(),
            payload: post.encode_to_vec(),
        }
    }
}
