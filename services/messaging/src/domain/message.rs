//! A message and what may happen to it.

use nova_attachments::{Attachment, MediaType, Medium, shown_to_others};
use nova_ids::{ConversationId, MediaId, MessageId, UserId};
use nova_resilience::Invalid;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Draft, Edit, MessageType};

/// A message, exactly as the REST API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Message {
    /// A UUIDv7.
    #[schema(value_type = uuid::Uuid)]
    pub id: MessageId,
    /// Where it was said.
    #[schema(value_type = uuid::Uuid)]
    pub conversation_id: ConversationId,
    /// Messages of a conversation are numbered from 1 without gaps.
    pub sequence: i64,
    /// That of its last change: every lasting change of a conversation takes the next, from 1 without gaps.
    pub position: i64,
    /// Null when the account was erased.
    #[schema(value_type = Option<uuid::Uuid>, required = true)]
    pub sender_id: Option<UserId>,
    /// What it mainly is.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// 1 to 4,000 characters, none if there are media; null when it was deleted.
    #[schema(required = true)]
    pub content: Option<String>,
    /// At most 10, in the sender's order. Those that are not there yet only the sender sees.
    pub media: Vec<Attachment>,
    /// The message of the same conversation that this one answers.
    #[schema(value_type = Option<uuid::Uuid>, required = true)]
    pub reply_to: Option<MessageId>,
    /// At most 20 kinds, in the order in which they came.
    pub reactions: Vec<Reaction>,
    /// As the sender's client named it.
    #[schema(required = true)]
    pub client_message_id: Option<Uuid>,
    /// 1 when sent, one more with every change but reactions.
    pub revision: i64,
    /// When it was sent, to the millisecond.
    #[serde(with = "nova_service::rfc3339")]
    pub sent_at: OffsetDateTime,
    /// When its sender last edited it.
    #[serde(with = "nova_service::rfc3339::option")]
    #[schema(required = true)]
    pub edited_at: Option<OffsetDateTime>,
    /// When it was deleted: its place stays.
    #[serde(with = "nova_service::rfc3339::option")]
    #[schema(required = true)]
    pub deleted_at: Option<OffsetDateTime>,
    /// Whether the sender chose the type; else the first medium does.
    #[serde(skip)]
    pub kind_given: bool,
    /// That of its coming.
    #[serde(skip)]
    pub sent_position: i64,
    /// What its sender was answered, once it is another.
    #[serde(skip)]
    pub original: Option<Original>,
}

/// One kind of reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reaction {
    /// One emoji.
    pub emoji: String,
    /// How many have it, of those whom the caller sees.
    pub count: i64,
    /// Whether the caller is among them.
    pub mine: bool,
    /// Who, in the order in which they came; only where it is loaded to be told.
    #[serde(skip)]
    pub user_ids: Vec<UserId>,
}

/// What a message was when it was sent, where that can change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    content: Option<String>,
    kind: MessageType,
    media: Vec<Attachment>,
}

/// Why a message is not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefused {
    /// It is somebody else's.
    #[error("only its sender may edit a message")]
    NotTheSender,
    /// It would have neither text nor media.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

impl Message {
    /// The draft, sent, with what is known of its media. Its time is the one in its id.
    #[must_use]
    pub fn send(
        id: MessageId,
        sender: UserId,
        draft: Draft,
        media: Vec<Attachment>,
        sequence: i64,
        position: i64,
    ) -> Self {
        let mut message = Self {
            id,
            conversation_id: draft.conversation_id,
            sequence,
            position,
            sender_id: Some(sender),
            kind: draft.kind.unwrap_or_default(),
            content: Some(draft.content),
            media,
            reply_to: draft.reply_to,
            reactions: Vec::new(),
            client_message_id: draft.client_message_id,
            revision: 1,
            sent_at: id.made_at(),
            edited_at: None,
            deleted_at: None,
            kind_given: draft.kind.is_some(),
            sent_position: position,
            original: None,
        };
        message.follow_media();
        message
    }

    /// Whether it is gone for all.
    #[must_use]
    pub const fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// The message with other words, which its caller gives a position; nothing when it has them already.
    ///
    /// # Errors
    /// When it is not `editor` who sent it, and when nothing would be left of it.
    pub fn edit(
        &self,
        editor: UserId,
        edit: Edit,
        now: OffsetDateTime,
    ) -> Result<Option<Self>, EditRefused> {
        if self.sender_id != Some(editor) {
            return Err(EditRefused::NotTheSender);
        }
        edit.check_whole(&self.media)?;
        if self.content.as_ref() == Some(&edit.0) {
            return Ok(None);
        }
        let mut edited = self.changed();
        edited.content = Some(edit.0);
        // A clock that was set back must not make an edit look earlier than what it edits.
        let earliest = self.edited_at.unwrap_or(self.sent_at);
        edited.edited_at = Some(now.truncate_to_millisecond().max(earliest));
        Ok(Some(edited))
    }

    /// The message once this medium can be shown; nothing when it does not wait for it.
    #[must_use]
    pub fn with_medium(&self, medium: &Medium) -> Option<Self> {
        let place = self.media.iter().position(|one| one.id() == medium.id)?;
        let ready = Attachment::Ready(Box::new(medium.clone()));
        if self.media.get(place) == Some(&ready) {
            return None;
        }
        let mut changed = self.changed();
        *changed.media.get_mut(place)? = ready;
        changed.follow_media();
        Some(changed)
    }

    /// The message without this medium, which is gone; nothing when it was not there.
    #[must_use]
    pub fn without_medium(&self, id: MediaId) -> Option<Self> {
        if self.media.iter().all(|one| one.id() != id) {
            return None;
        }
        let mut changed = self.changed();
        changed.media.retain(|one| one.id() != id);
        changed.follow_media();
        Some(changed)
    }

    /// What is left of the message: its place.
    #[must_use]
    pub fn deleted(&self, now: OffsetDateTime) -> Self {
        let mut left = self.clone();
        left.content = None;
        left.media = Vec::new();
        left.reactions = Vec::new();
        left.original = None;
        left.revision += 1;
        left.deleted_at = Some(now.truncate_to_millisecond().max(self.sent_at));
        left
    }

    /// What its sender was answered when it was sent; what is left of it, when it was deleted since.
    #[must_use]
    pub fn answered(mut self) -> Self {
        if self.is_deleted() {
            return self;
        }
        if let Some(original) = self.original.take() {
            self.content = original.content;
            self.kind = original.kind;
            self.media = original.media;
        }
        self.position = self.sent_position;
        self.reactions = Vec::new();
        self.revision = 1;
        self.edited_at = None;
        self
    }

    /// The message without what only its sender sees.
    pub fn hide_from_others(&mut self) {
        shown_to_others(&mut self.media);
    }

    /// The next revision, which knows what the first one was.
    fn changed(&self) -> Self {
        let mut changed = self.clone();
        changed.revision += 1;
        changed.original.get_or_insert_with(|| Original {
            content: self.content.clone(),
            kind: self.kind,
            media: self.media.clone(),
        });
        changed
    }

    /// What the sender did not choose the first medium does. It is the same whatever came first.
    fn follow_media(&mut self) {
        if self.kind_given {
            return;
        }
        let first = self.media.first().and_then(Attachment::ready);
        self.kind = match first.map(|medium| medium.kind) {
            Some(MediaType::Image) => MessageType::Image,
            Some(MediaType::Video) => MessageType::Video,
            Some(MediaType::Audio) => MessageType::Audio,
            None => MessageType::Text,
        };
    }
}

#[cfg(test)]
mod tests {
    use nova_attachments::Thumbnails;
    use time::Duration;

    use super::*;
    use crate::domain::Said;

    fn sent(content: &str, media_ids: Vec<MediaId>) -> Message {
        let said = Said {
            content: Some(content.to_owned()),
            media_ids: media_ids.clone(),
            ..Said::default()
        };
        let draft = Draft::check(ConversationId::new(), said).unwrap();
        let media = media_ids.into_iter().map(Attachment::awaited).collect();
        Message::send(MessageId::new(), UserId::new(), draft, media, 1, 2)
    }

    fn medium(id: MediaId, kind: MediaType) -> Medium {
        Medium {
            id,
            kind,
            mime_type: "x/y".to_owned(),
            size_bytes: 1,
            width: None,
            height: None,
            duration_seconds: None,
            blurhash: None,
            alt: None,
            url: "/c".to_owned(),
            thumbnails: Thumbnails::default(),
        }
    }

    fn edit(text: &str) -> Edit {
        Edit::check(text.to_owned()).unwrap()
    }

    #[test]
    fn its_sender_edits_it_and_nobody_else() {
        let message = sent("hello", Vec::new());
        let sender = message.sender_id.unwrap();
        let now = message.sent_at + Duration::SECOND;
        let other = message.edit(UserId::new(), edit("x"), now);
        assert_eq!(other, Err(EditRefused::NotTheSender));
        assert_eq!(message.edit(sender, edit("hello"), now), Ok(None));
        assert!(message.edit(sender, edit(" "), now).is_err());
        let edited = message.edit(sender, edit("bye"), now).unwrap().unwrap();
        assert_eq!(edited.content.as_deref(), Some("bye"));
        assert_eq!((edited.revision, edited.edited_at), (2, Some(now)));
        let again = edited.edit(sender, edit("again"), now).unwrap().unwrap();
        // Whatever was edited, the sender is answered what they had sent.
        assert_eq!(again.answered(), message);
    }

    #[test]
    fn media_come_and_go_and_decide_what_it_is() {
        let (first, second) = (MediaId::new(), MediaId::new());
        let message = sent("", vec![first, second]);
        assert_eq!(message.kind, MessageType::Text);
        let sound = message
            .with_medium(&medium(first, MediaType::Audio))
            .unwrap();
        assert_eq!((sound.kind, sound.revision), (MessageType::Audio, 2));
        assert_eq!(sound.with_medium(&medium(first, MediaType::Audio)), None);
        assert_eq!(
            message.with_medium(&medium(MediaId::new(), MediaType::Image)),
            None
        );
        let without = sound.without_medium(first).unwrap();
        assert_eq!((without.kind, without.media.len()), (MessageType::Text, 1));
        assert_eq!(without.without_medium(first), None);
        assert_eq!(without.answered(), message);
    }

    #[test]
    fn of_a_deleted_message_its_place_stays() {
        let message = sent("secret", vec![MediaId::new()]);
        let left = message.deleted(message.sent_at);
        assert_eq!((left.content.as_ref(), left.media.len()), (None, 0));
        assert_eq!((left.sequence, left.revision), (1, 2));
        assert!(left.is_deleted());
        assert_eq!(left.clone().answered(), left);
    }
}
