//! What a user is given of what is kept of them.

use nova_ids::{ExportId, UserId};
use serde_json::Error;

use super::Message;

/// Most bytes of a part. An event with one fits every topic, whatever its headers are.
const LARGEST_PART: usize = 512 * 1_024;

/// That a user wants what is kept of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportRequest {
    /// Who.
    pub user_id: UserId,
    /// Which of those that they have asked for; a later one is greater.
    pub export_id: ExportId,
}

/// As many of these messages, from the first, as a part has room for: a JSON array and how many they are. One is always
/// among them: the largest message that there can be is a tenth of a part.
///
/// # Errors
/// When a message is no JSON, which cannot be.
pub fn pack(messages: &[Message]) -> Result<(Vec<u8>, usize), Error> {
    let mut part = vec![b'['];
    for (count, message) in messages.iter().enumerate() {
        let json = serde_json::to_vec(message)?;
        if count > 0 {
            if part.len() + json.len() + ",\n]".len() > LARGEST_PART {
                part.push(b']');
                return Ok((part, count));
            }
            part.extend(b",\n");
        }
        part.extend(json);
    }
    part.push(b']');
    Ok((part, messages.len()))
}

#[cfg(test)]
mod tests {
    use nova_ids::{ConversationId, MessageId};
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{Draft, Said};

    fn messages(count: usize, content: &str) -> Vec<Message> {
        let (sender, conversation) = (UserId::new(), ConversationId::new());
        let message = || {
            let said = Said {
                content: Some(content.to_owned()),
                ..Said::default()
            };
            let draft = Draft::check(conversation, said).unwrap();
            Message::send(MessageId::new(), sender, draft, Vec::new(), 1, 2)
        };
        (0..count).map(|_| message()).collect()
    }

    #[test]
    fn a_part_is_an_array_of_messages_in_their_order() {
        for count in [0, 1, 2, 100] {
            let messages = messages(count, "hello");
            let (part, taken) = pack(&messages).unwrap();
            assert_eq!(taken, count);
            let read: Value = serde_json::from_slice(&part).unwrap();
            assert_eq!(read, json!(messages));
        }
    }

    #[test]
    fn a_part_ends_before_it_is_too_large() {
        let messages = messages(200, &"\u{1F600}".repeat(4_000));
        let (part, taken) = pack(&messages).unwrap();
        assert!((1..200).contains(&taken), "{taken}");
        assert!(part.len() <= LARGEST_PART && part.len() > LARGEST_PART / 2);
        let read: Value = serde_json::from_slice(&part).unwrap();
        assert_eq!(read, json!(messages[..taken]));
    }
}
