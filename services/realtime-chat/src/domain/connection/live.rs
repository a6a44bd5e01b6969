//! A connection that is up to date.

use nova_ids::UserId;

use crate::domain::{ClientFrame, ConversationId, Malformed, Outgoing};

/// What happens is told as it happens.
#[derive(Debug)]
pub struct Live(pub(super) ());

/// What a client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// To send this.
    Send(Outgoing),
    /// To show that it types there.
    Type(ConversationId, bool),
    /// To tell how far it has read, and received.
    Mark(ConversationId, Option<i64>, Option<i64>),
    /// To be told of these users' presence, and of those no more.
    Watch(Vec<UserId>, Vec<UserId>),
    /// To go on with another token.
    Authenticate(String),
    /// To be answered.
    Answer(String),
}

impl Live {
    /// A frame.
    ///
    /// # Errors
    /// When it comes too late.
    pub fn heard(&self, frame: ClientFrame) -> Result<Wish, Malformed> {
        Ok(match frame {
            ClientFrame::Resume { .. } => {
                return Err(Malformed::frame("only the first frame resumes"));
            }
            ClientFrame::Send(outgoing) => Wish::Send(outgoing),
            ClientFrame::Typing {
                conversation_id,
                active,
            } => Wish::Type(conversation_id, active),
            ClientFrame::Mark {
                conversation_id,
                read,
                delivered,
            } => Wish::Mark(conversation_id, read, delivered),
            ClientFrame::Presence {
                subscribe,
                unsubscribe,
            } => Wish::Watch(subscribe, unsubscribe),
            ClientFrame::Authenticate { token } => Wish::Authenticate(token),
            ClientFrame::Ping { id } => Wish::Answer(id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Positions;

    #[test]
    fn nobody_resumes_twice() {
        let resume = ClientFrame::Resume {
            positions: Positions::default(),
            more: false,
        };
        assert!(Live(()).heard(resume).is_err());
        let ping = ClientFrame::Ping { id: "7".to_owned() };
        assert_eq!(Live(()).heard(ping), Ok(Wish::Answer("7".to_owned())));
    }
}
