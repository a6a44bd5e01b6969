//! What a client says, read strictly: what is unknown, doubled, missing or too much is an error.

use std::collections::HashMap;
use std::fmt;

use nova_ids::UserId;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use uuid::Uuid;

use super::{ConversationId, MessageType};

/// Most characters of a message.
const LONGEST_CONTENT: usize = 4_000;
/// Most media of a message.
const MOST_MEDIA: usize = 10;
/// Most users in one `presence`.
const MOST_PRESENCES: usize = 1_000;
/// Longest id of a `ping`.
const LONGEST_PING: usize = 100;

/// A frame of a client.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each field is described in frames.proto and the README"
)]
pub enum ClientFrame {
    /// What was missed is wanted.
    Resume {
        positions: Positions,
        #[serde(default)]
        more: bool,
    },
    /// A message.
    Send(Outgoing),
    /// The user types, or has stopped.
    Typing {
        conversation_id: ConversationId,
        active: bool,
    },
    /// How far the user has read or received.
    Mark {
        conversation_id: ConversationId,
        #[serde(default)]
        read: Option<i64>,
        #[serde(default)]
        delivered: Option<i64>,
    },
    /// Whose presence is wanted, and whose no more.
    Presence {
        #[serde(default)]
        subscribe: Vec<UserId>,
        #[serde(default)]
        unsubscribe: Vec<UserId>,
    },
    /// Another access token.
    Authenticate { token: String },
    /// Is anybody there?
    Ping { id: String },
}

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outgoing {
    /// As the client names it.
    pub client_message_id: Uuid,
    /// Where to.
    pub conversation_id: ConversationId,
    /// The text.
    pub content: String,
    /// What it mainly is.
    #[serde(default)]
    pub message_type: Option<MessageType>,
    /// What is attached.
    #[serde(default)]
    pub media_ids: Vec<Uuid>,
    /// The message that it answers.
    #[serde(default)]
    pub reply_to: Option<Uuid>,
}

/// The last position of each conversation that a client has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions(pub HashMap<ConversationId, i64>);

/// Why a frame cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Malformed {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub detail: String,
    /// What is wrong, if it is one field.
    pub field: Option<&'static str>,
    /// Of the send that it was.
    pub client_message_id: Option<Uuid>,
}

impl Malformed {
    /// It is not what a frame looks like.
    pub fn frame(detail: impl Into<String>) -> Self {
        Self {
            code: "malformed_frame",
            detail: detail.into(),
            field: None,
            client_message_id: None,
        }
    }

    /// This field is wrong.
    #[must_use]
    pub fn field(field: &'static str, detail: &str) -> Self {
        Self {
            code: "validation_failed",
            detail: detail.to_owned(),
            field: Some(field),
            client_message_id: None,
        }
    }
}

impl ClientFrame {
    /// Reads a frame of `nova.chat.v1.json`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn of_json(text: &[u8]) -> Result<Self, Malformed> {
        // serde would take `["ping", {…}]` as well.
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            return Err(Malformed::frame("a frame is a JSON object"));
        }
        let frame: Self = serde_json::from_slice(text)
            .map_err(|error| Malformed::frame(format!("this is no frame: {error}")))?;
        frame.checked()
    }

    /// The same, if it keeps the limits.
    ///
    /// # Errors
    /// Says which it does not keep.
    pub fn checked(self) -> Result<Self, Malformed> {
        let wrong = match &self {
            Self::Send(outgoing) => outgoing.wrong(),
            Self::Resume { positions, .. } => positions.wrong(),
            Self::Mark {
                read, delivered, ..
            } => wrong_mark(*read, *delivered),
            Self::Presence {
                subscribe,
                unsubscribe,
            } if subscribe.len() + unsubscribe.len() > MOST_PRESENCES => Some(Malformed::field(
                "subscribe",
                "at most 1000 users at a time",
            )),
            Self::Ping { id } if id.len() > LONGEST_PING => {
                Some(Malformed::field("id", "at most 100 bytes"))
            }
            _ => None,
        };
        wrong.map_or(Ok(self), Err)
    }
}

fn wrong_mark(read: Option<i64>, delivered: Option<i64>) -> Option<Malformed> {
    let is_wrong = |sequence: Option<i64>| sequence.is_some_and(|sequence| sequence < 1);
    if is_wrong(read) {
        return Some(Malformed::field("read", "a sequence is 1 or more"));
    }
    if is_wrong(delivered) {
        return Some(Malformed::field("delivered", "a sequence is 1 or more"));
    }
    if read.is_none() && delivered.is_none() {
        return Some(Malformed::field(
            "read",
            "one of read and delivered is needed",
        ));
    }
    None
}

impl Outgoing {
    fn wrong(&self) -> Option<Malformed> {
        let wrong = if self.content.is_empty() && self.media_ids.is_empty() {
            Malformed::field("content", "a message has text or media")
        } else if self.content.chars().count() > LONGEST_CONTENT {
            Malformed::field("content", "at most 4000 characters")
        } else if self.content.contains('\0') {
            Malformed::field("content", "no NUL")
        } else if self.media_ids.len() > MOST_MEDIA {
            Malformed::field("media_ids", "at most 10 media")
        } else {
            return None;
        };
        Some(Malformed {
            client_message_id: Some(self.client_message_id),
            ..wrong
        })
    }
}

impl Positions {
    fn wrong(&self) -> Option<Malformed> {
        let is_negative = self.0.values().any(|position| *position < 0);
        is_negative.then(|| Malformed::field("positions", "a position is 0 or more"))
    }
}

impl<'de> Deserialize<'de> for Positions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OnceEach)
    }
}

/// A map whose keys come once each.
struct OnceEach;

impl<'de> Visitor<'de> for OnceEach {
    type Value = Positions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of positions by conversation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Positions, A::Error> {
        let mut positions = HashMap::new();
        while let Some((id, position)) = map.next_entry::<Uuid, i64>()? {
            if positions.insert(id, position).is_some() {
                return Err(serde::de::Error::custom("a conversation is named twice"));
            }
        }
        Ok(Positions(positions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0198a6f0-0000-7000-8000-000000000001";

    #[test]
    fn every_frame_is_read() {
        for text in [
            format!(r#"{{"type":"resume","positions":{{"{ID}":3}}}}"#),
            r#"{"positions":{},"more":true,"type":"resume"}"#.to_owned(),
            format!(
                r#" {{"type":"send","client_message_id":"{ID}","conversation_id":"{ID}","content":"a","message_type":"TEXT","media_ids":["{ID}"],"reply_to":"{ID}"}}"#
            ),
            format!(r#"{{"type":"typing","conversation_id":"{ID}","active":true}}"#),
            format!(r#"{{"type":"mark","conversation_id":"{ID}","read":1,"delivered":2}}"#),
            format!(r#"{{"type":"presence","subscribe":["{ID}"]}}"#),
            r#"{"type":"authenticate","token":"x"}"#.to_owned(),
            r#"{"type":"ping","id":"1"}"#.to_owned(),
        ] {
            assert!(ClientFrame::of_json(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
        for text in [
            String::new(),
            "null".to_owned(),
            "7".to_owned(),
            "{".to_owned(),
            r#""ping""#.to_owned(),
            r#"["ping",{"id":"1"}]"#.to_owned(),
            r#"{"type":"ping"}"#.to_owned(),
            r#"{"id":"1"}"#.to_owned(),
            r#"{"type":"pong","id":"1"}"#.to_owned(),
            r#"{"type":"ping","id":1}"#.to_owned(),
            r#"{"type":"ping","id":"1","x":2}"#.to_owned(),
            r#"{"type":"ping","id":"1","id":"2"}"#.to_owned(),
            r#"{"type":"ping","type":"ping","id":"1"}"#.to_owned(),
            r#"{"type":"ping","id":"1"} "#.to_owned() + "x",
            format!(r#"{{"type":"ping","id":{deep}}}"#),
            format!(r#"{{"type":"ping","id":"{}"}}"#, "x".repeat(101)),
            format!(r#"{{"type":"resume","positions":{{"{ID}":3,"{ID}":3}}}}"#),
            format!(r#"{{"type":"resume","positions":{{"{ID}":-1}}}}"#),
            format!(r#"{{"type":"resume","positions":{{"{ID}":1.5}}}}"#),
            r#"{"type":"resume","positions":{"x":1}}"#.to_owned(),
            r#"{"type":"resume","positions":[]}"#.to_owned(),
            format!(r#"{{"type":"mark","conversation_id":"{ID}"}}"#),
            format!(r#"{{"type":"mark","conversation_id":"{ID}","read":0}}"#),
            format!(
                r#"{{"type":"send","client_message_id":"{ID}","conversation_id":"{ID}","content":"a","message_type":"SONG"}}"#
            ),
        ] {
            assert!(ClientFrame::of_json(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_send_that_is_wrong_names_itself() {
        let send = |content: &str| {
            let text = serde_json::json!({
                "type": "send", "client_message_id": ID, "conversation_id": ID, "content": content,
            });
            ClientFrame::of_json(text.to_string().as_bytes())
        };
        assert!(send("a").is_ok());
        assert!(send(&"\u{10ffff}".repeat(4_000)).is_ok());
        for content in [String::new(), "x".repeat(4_001), "a\0b".to_owned()] {
            let wrong = send(&content).unwrap_err();
            assert_eq!(wrong.field, Some("content"));
            assert_eq!(wrong.client_message_id.unwrap().to_string(), ID);
        }
    }
}
