//! What somebody may say, and how a conversation may begin.

use std::collections::HashSet;

use nova_attachments::Attachment;
use nova_ids::{ConversationId, MediaId, MessageId, UserId};
use nova_resilience::{FieldError, Invalid};
use serde::Serialize;
use uuid::Uuid;

use super::text::has_control_characters;
use super::{ConversationType, MEMBERS_MAX, MessageType, Title, Unprocessable};

/// Most characters (Unicode scalar values) of a message.
const CONTENT_MAX: usize = 4_000;
/// Most media of a message.
const MEDIA_MAX: usize = 10;

/// What was said, before anybody has looked at it.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The words; may be absent if there are media.
    pub content: Option<String>,
    /// That of the first medium if nothing is said.
    pub kind: Option<MessageType>,
    /// In the sender's order.
    pub media_ids: Vec<MediaId>,
    /// The message that this one answers.
    pub reply_to: Option<MessageId>,
    /// As the sender's client names it.
    pub client_message_id: Option<Uuid>,
}

/// A message to be, with every rule kept. Two drafts that serialise alike ask for the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// Where it is said.
    pub conversation_id: ConversationId,
    pub(super) content: String,
    pub(super) kind: Option<MessageType>,
    pub(super) media_ids: Vec<MediaId>,
    /// The message that this one answers.
    pub reply_to: Option<MessageId>,
    /// As the sender's client names it: by that it is sent once.
    pub client_message_id: Option<Uuid>,
}

impl Draft {
    /// Checks what was said.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn check(conversation_id: ConversationId, said: Said) -> Result<Self, Invalid> {
        let mut wrong = Vec::new();
        match &said.content {
            Some(content) => check_content(content, !said.media_ids.is_empty(), &mut wrong),
            None if said.media_ids.is_empty() => {
                wrong.push(FieldError::new("content", "missing_field", "is missing"));
            }
            None => {}
        }
        check_media(&said.media_ids, &mut wrong);
        Invalid::unless_none(wrong)?;
        Ok(Self {
            conversation_id,
            content: said.content.unwrap_or_default(),
            kind: said.kind,
            media_ids: said.media_ids,
            reply_to: said.reply_to,
            client_message_id: said.client_message_id,
        })
    }

    /// The media that the message is to have, in its sender's order.
    #[must_use]
    pub fn media_ids(&self) -> &[MediaId] {
        &self.media_ids
    }
}

/// Other words for a message, with every rule kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit(pub(super) String);

impl Edit {
    /// Checks what was sent.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(content: String) -> Result<Self, Invalid> {
        let mut wrong = Vec::new();
        // Whether it may be empty, the message's media say.
        check_content(&content, true, &mut wrong);
        Invalid::unless_none(wrong)?;
        Ok(Self(content))
    }

    /// Whether it may leave a message with neither text nor media.
    pub(super) fn check_whole(&self, media: &[Attachment]) -> Result<(), Invalid> {
        if media.is_empty() && self.0.trim().is_empty() {
            return Err(empty_content().into());
        }
        Ok(())
    }
}

/// A conversation to be, with every rule kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// Whom it is for.
    pub kind: ConversationType,
    /// The others, each once, in the order in which they were named.
    pub others: Vec<UserId>,
    /// Of a `GROUP`.
    pub title: Option<String>,
}

/// Why a conversation cannot begin so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadOpening {
    /// Fields break rules.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It is one with oneself.
    #[error(transparent)]
    Unprocessable(#[from] Unprocessable),
}

impl Opening {
    /// Checks what was sent by `opener`.
    ///
    /// # Errors
    /// Every field that breaks a rule, and a `DIRECT` with oneself.
    pub fn check(
        opener: UserId,
        kind: ConversationType,
        member_ids: Vec<UserId>,
        title: Option<String>,
    ) -> Result<Self, BadOpening> {
        let mut wrong = Vec::new();
        check_members(kind, &member_ids, &mut wrong);
        if title.is_some() && kind == ConversationType::Direct {
            let message = "a DIRECT has no title";
            wrong.push(FieldError::new("title", "not_allowed", message));
        }
        let title = match title.map(Title::check) {
            Some(Err(flaw)) if kind == ConversationType::Group => {
                wrong.push(flaw);
                None
            }
            Some(Ok(title)) => Some(title.into_string()),
            _ => None,
        };
        Invalid::unless_none(wrong)?;
        if kind == ConversationType::Direct && member_ids.contains(&opener) {
            return Err(Unprocessable::oneself("member_ids[0]").into());
        }
        // Who opens a GROUP is in it, said or not.
        let others = member_ids.into_iter().filter(|id| *id != opener);
        Ok(Self {
            kind,
            others: others.collect(),
            title,
        })
    }
}

fn check_members(kind: ConversationType, ids: &[UserId], wrong: &mut Vec<FieldError>) {
    if kind == ConversationType::Direct && ids.len() != 1 {
        let message = "a DIRECT is with one other";
        wrong.push(FieldError::new("member_ids", "wrong_number", message));
        return;
    }
    // The opener is one of them.
    if ids.len() >= MEMBERS_MAX {
        let message = format!("must be at most {}", MEMBERS_MAX - 1);
        wrong.push(FieldError::new("member_ids", "too_many", message));
        return;
    }
    let mut seen = HashSet::new();
    // One is told: a body full of them must not buy an answer full of errors.
    if let Some(index) = ids.iter().position(|id| !seen.insert(id)) {
        let field = format!("member_ids[{index}]");
        wrong.push(FieldError::new(
            field,
            "duplicate",
            "must not repeat another member",
        ));
    }
}

fn empty_content() -> FieldError {
    FieldError::new("content", "empty", "must not be empty or only white space")
}

fn check_media(ids: &[MediaId], wrong: &mut Vec<FieldError>) {
    if ids.len() > MEDIA_MAX {
        let message = format!("must be at most {MEDIA_MAX}");
        wrong.push(FieldError::new("media_ids", "too_many", message));
    }
    let mut seen = HashSet::new();
    for (index, id) in ids.iter().take(MEDIA_MAX).enumerate() {
        if !seen.insert(id) {
            let message = "must not repeat another medium";
            let field = format!("media_ids[{index}]");
            wrong.push(FieldError::new(field, "duplicate", message));
        }
    }
}

fn check_content(content: &str, may_be_empty: bool, wrong: &mut Vec<FieldError>) {
    if !may_be_empty && content.trim().is_empty() {
        wrong.push(empty_content());
    } else if content.chars().count() > CONTENT_MAX {
        let message = format!("must have at most {CONTENT_MAX} characters");
        wrong.push(FieldError::new("content", "too_long", message));
    } else if has_control_characters(content) {
        let message = "must have no control characters but tabs and line ends";
        wrong.push(FieldError::new("content", "invalid_characters", message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(content: Option<&str>, media_ids: Vec<MediaId>) -> Vec<(String, &'static str)> {
        let said = Said {
            content: content.map(str::to_owned),
            media_ids,
            ..Said::default()
        };
        match Draft::check(ConversationId::new(), said) {
            Ok(_) => Vec::new(),
            Err(Invalid(errors)) => errors
                .into_iter()
                .map(|wrong| (wrong.field, wrong.code))
                .collect(),
        }
    }

    #[test]
    fn content_has_1_to_4000_characters_unless_there_are_media() {
        let content = |code| vec![("content".to_owned(), code)];
        assert_eq!(wrong(Some(&"ж".repeat(4_000)), Vec::new()), []);
        assert_eq!(
            wrong(Some(&"ж".repeat(4_001)), Vec::new()),
            content("too_long")
        );
        assert_eq!(wrong(Some(" \n"), Vec::new()), content("empty"));
        assert_eq!(wrong(None, Vec::new()), content("missing_field"));
        assert_eq!(wrong(None, vec![MediaId::new()]), []);
        assert_eq!(wrong(Some(""), vec![MediaId::new()]), []);
        for bad in ["a\0", "a\u{1b}[31m", "a\rb"] {
            assert_eq!(wrong(Some(bad), Vec::new()), content("invalid_characters"));
        }
        assert_eq!(wrong(Some("a\tb\nc\r\nd 👩‍👩‍👧 שלום"), Vec::new()), []);
    }

    #[test]
    fn media_are_at_most_10_and_no_two_alike() {
        let id = MediaId::new();
        let many = |count| (0..count).map(|_| MediaId::new()).collect();
        assert_eq!(wrong(None, many(10)), []);
        assert_eq!(
            wrong(None, many(11)),
            [("media_ids".to_owned(), "too_many")]
        );
        assert_eq!(
            wrong(None, vec![id, id]),
            [("media_ids[1]".to_owned(), "duplicate")]
        );
    }

    #[test]
    fn a_conversation_begins_with_others() {
        use ConversationType::{Direct, Group};
        let ids = |count| -> Vec<UserId> { (0..count).map(|_| UserId::new()).collect() };
        let me = UserId::new();
        let opening = |kind, ids, title: Option<&str>| {
            Opening::check(me, kind, ids, title.map(str::to_owned))
        };
        let field = |refused: Result<Opening, BadOpening>| match refused.unwrap_err() {
            BadOpening::Invalid(Invalid(wrong)) => wrong[0].field.clone(),
            BadOpening::Unprocessable(other) => other.reason.to_owned(),
        };
        assert!(opening(Direct, ids(1), None).is_ok());
        assert_eq!(field(opening(Direct, vec![me], None)), "oneself");
        assert_eq!(field(opening(Direct, ids(2), None)), "member_ids");
        assert_eq!(field(opening(Direct, ids(1), Some("x"))), "title");
        assert_eq!(opening(Group, ids(999), None).unwrap().others.len(), 999);
        assert_eq!(field(opening(Group, ids(1_000), None)), "member_ids");
        assert_eq!(field(opening(Group, Vec::new(), Some(" "))), "title");
        let one = UserId::new();
        assert_eq!(field(opening(Group, vec![one, one], None)), "member_ids[1]");
        assert_eq!(opening(Group, vec![me, one], None).unwrap().others, [one]);
    }
}
