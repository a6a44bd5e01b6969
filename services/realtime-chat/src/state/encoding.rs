//! Frames of the server as bytes, in each format once.

use std::cell::OnceCell;
use std::collections::HashSet;

use bytes::Bytes;
use nova_attachments::Links;
use nova_ids::UserId;
use nova_proto::messaging::v1 as messaging;
use nova_proto::realtime_chat::v1 as proto;
use nova_proto::realtime_chat::v1::connect_response::Frame;
use nova_proto::timestamp;
use nova_resilience::Chain;
use prost::Message as _;
use time::OffsetDateTime;

use crate::domain::{Change, ConversationChange, Kind, MessageChange, Presence, ServerFrame};
use crate::error::Error;
use crate::{events, metrics};

/// How frames are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `nova.chat.v1.json`: text.
    Json,
    /// `nova.chat.v1.protobuf`: binary.
    Protobuf,
}

impl Format {
    /// The word used in metrics.
    const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Protobuf => "protobuf",
        }
    }
}

/// A frame, as it is sent.
pub(super) fn encode(format: Format, frame: &ServerFrame) -> Bytes {
    match format {
        Format::Json => match serde_json::to_vec(frame) {
            Ok(bytes) => bytes.into(),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "a frame could not be written");
                Bytes::from_static(b"{\"type\":\"error\",\"code\":\"internal\",\"detail\":\"\"}")
            }
        },
        Format::Protobuf => response(plain(frame)),
    }
}

fn response(frame: Option<Frame>) -> Bytes {
    proto::ConnectResponse { frame }.encode_to_vec().into()
}

/// The frames of one change: each is made when it is first wanted.
pub(super) struct Frames<'a> {
    change: &'a Change,
    links: &'a Links,
    made: [OnceCell<Bytes>; 4],
}

impl<'a> Frames<'a> {
    pub(super) fn of(change: &'a Change, links: &'a Links) -> Self {
        Self {
            change,
            links,
            made: Default::default(),
        }
    }

    /// The change as somebody sees it who does not see these people: theirs is hidden, and so are their reactions to what is
    /// others'. Whoever sees everybody who reacted shares a frame with all who do.
    pub(super) fn seen(&self, format: Format, unseen: &HashSet<UserId>) -> Bytes {
        let sender = self.change.sender_id;
        let hidden = sender.is_some_and(|sender| unseen.contains(&sender));
        // Nobody has reacted to what is new, or deleted.
        let may_be_less = matches!(self.change.kind, Kind::Edited | Kind::Reacted);
        if hidden || unseen.is_empty() || !may_be_less {
            return self.get(format, hidden);
        }
        let payload = self.change.payload.as_deref().unwrap_or_default();
        match messaging::Message::decode(payload) {
            Ok(message) if events::has_reaction_of(&message, unseen) => {
                metrics::encoded(format.name());
                let message = events::without_reactions_of(message, unseen);
                self.shown(format, &message.encode_to_vec())
                    .unwrap_or_else(|| self.hidden(format))
            }
            // What cannot be read is told where it is shown.
            _ => self.get(format, false),
        }
    }

    /// The change as those see it who see everybody, or hidden.
    pub(super) fn get(&self, format: Format, hidden: bool) -> Bytes {
        let hidden = hidden || self.change.payload.is_none();
        let place = usize::from(format == Format::Protobuf) + 2 * usize::from(hidden);
        let make = || {
            metrics::encoded(format.name());
            let payload = self.change.payload.as_deref().filter(|_| !hidden);
            let made = payload.and_then(|payload| self.shown(format, payload));
            made.unwrap_or_else(|| self.hidden(format))
        };
        match self.made.get(place) {
            Some(cell) => cell.get_or_init(make).clone(),
            None => make(),
        }
    }

    fn hidden(&self, format: Format) -> Bytes {
        let Change {
            kind,
            conversation_id,
            position,
            ..
        } = *self.change;
        encode(
            format,
            &ServerFrame::hidden(kind, conversation_id, position),
        )
    }

    /// None when it cannot be read, which is told once for all who would have seen it.
    fn shown(&self, format: Format, payload: &[u8]) -> Option<Bytes> {
        let made = match self.change.kind {
            Kind::Conversation => self.conversation(format, payload),
            _ => self.message(format, payload),
        };
        match made {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let (conversation, position) = (self.change.conversation_id, self.change.position);
                tracing::error!(%conversation, position, error = %Chain(&error), "a change cannot be shown");
                None
            }
        }
    }

    fn conversation(&self, format: Format, payload: &[u8]) -> Result<Bytes, Error> {
        let conversation =
            messaging::Conversation::decode(payload).map_err(|_| Error::BadEvent("payload"))?;
        let (id, position) = (self.change.conversation_id, self.change.position);
        Ok(match format {
            Format::Json => {
                let conversation = Box::new(events::conversation(&conversation)?);
                let change = ConversationChange {
                    conversation_id: id,
                    position,
                    conversation: Some(conversation),
                    hidden: false,
                };
                encode(format, &ServerFrame::Conversation(change))
            }
            Format::Protobuf => response(Some(Frame::Conversation(proto::ConversationChange {
                conversation_id: id.to_string(),
                position,
                conversation: Some(conversation),
                hidden: false,
            }))),
        })
    }

    fn message(&self, format: Format, payload: &[u8]) -> Result<Bytes, Error> {
        let message =
            messaging::Message::decode(payload).map_err(|_| Error::BadEvent("payload"))?;
        let (id, position) = (self.change.conversation_id, self.change.position);
        let now = OffsetDateTime::now_utc();
        Ok(match format {
            Format::Json => {
                let message = events::message(&message, self.links, now)?;
                let change = MessageChange {
                    conversation_id: id,
                    position,
                    message: Some(Box::new(message)),
                    hidden: false,
                };
                encode(format, &of_kind(self.change.kind, change))
            }
            Format::Protobuf => {
                let change = proto::MessageChange {
                    conversation_id: id.to_string(),
                    position,
                    message: Some(events::shown(message, self.links, now)),
                    hidden: false,
                };
                response(Some(frame_of_kind(self.change.kind, change)))
            }
        })
    }
}

/// The ack of a message, if this is one that a client has named.
pub(super) fn ack_of(message: &messaging::Message) -> Option<ServerFrame> {
    Some(ServerFrame::Ack {
        client_message_id: message.client_message_id.parse().ok()?,
        message_id: message.id.parse().ok()?,
        conversation_id: message.conversation_id.parse().ok()?,
        sequence: message.sequence,
        position: message.position,
        sent_at: events::time("sent_at", message.sent_at.as_ref()).ok()?,
    })
}

/// The frame of a message's change. A conversation's is none of these.
fn of_kind(kind: Kind, change: MessageChange) -> ServerFrame {
    match kind {
        Kind::Edited => ServerFrame::Edited(change),
        Kind::Deleted => ServerFrame::Deleted(change),
        Kind::Reacted => ServerFrame::Reacted(change),
        Kind::Message | Kind::Conversation => ServerFrame::Message(change),
    }
}

fn frame_of_kind(kind: Kind, change: proto::MessageChange) -> Frame {
    match kind {
        Kind::Edited => Frame::Edited(change),
        Kind::Deleted => Frame::Deleted(change),
        Kind::Reacted => Frame::Reacted(change),
        Kind::Message | Kind::Conversation => Frame::Message(change),
    }
}

fn hidden_message(change: &MessageChange) -> proto::MessageChange {
    proto::MessageChange {
        conversation_id: change.conversation_id.to_string(),
        position: change.position,
        message: None,
        hidden: change.hidden,
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A frame that holds no message and no conversation: those come from [`Frames`].
fn plain(frame: &ServerFrame) -> Option<Frame> {
    Some(match frame {
        ServerFrame::Hello {
            connection_id,
            user_id,
            heartbeat_seconds,
            retention_seconds,
            max_frame_bytes,
        } => Frame::Hello(proto::Hello {
            connection_id: connection_id.to_string(),
            user_id: user_id.to_string(),
            heartbeat_seconds: signed(*heartbeat_seconds),
            retention_seconds: signed(*retention_seconds),
            max_frame_bytes: signed(*max_frame_bytes as u64),
        }),
        ServerFrame::Resumed {
            gaps,
            conversations,
        } => Frame::Resumed(proto::Resumed {
            gaps: gaps
                .iter()
                .map(|gap| proto::Gap {
                    conversation_id: gap.conversation_id.to_string(),
                    from: gap.from,
                    to: gap.to,
                })
                .collect(),
            conversations: conversations
                .iter()
                .map(|here| proto::ConversationPosition {
                    id: here.id.to_string(),
                    position: here.position,
                })
                .collect(),
        }),
        ServerFrame::Ack {
            client_message_id,
            message_id,
            conversation_id,
            sequence,
            position,
            sent_at,
        } => Frame::Ack(proto::Ack {
            client_message_id: client_message_id.to_string(),
            message_id: message_id.to_string(),
            conversation_id: conversation_id.to_string(),
            sequence: *sequence,
            position: *position,
            sent_at: Some(timestamp(*sent_at)),
        }),
        ServerFrame::Message(change) => Frame::Message(hidden_message(change)),
        ServerFrame::Edited(change) => Frame::Edited(hidden_message(change)),
        ServerFrame::Deleted(change) => Frame::Deleted(hidden_message(change)),
        ServerFrame::Reacted(change) => Frame::Reacted(hidden_message(change)),
        ServerFrame::Conversation(change) => Frame::Conversation(proto::ConversationChange {
            conversation_id: change.conversation_id.to_string(),
            position: change.position,
            conversation: None,
            hidden: change.hidden,
        }),
        other => fleeting(other)?,
    })
}

fn fleeting(frame: &ServerFrame) -> Option<Frame> {
    let of = |user: &UserId| user.to_string();
    Some(match frame {
        ServerFrame::Mark {
            conversation_id,
            user_id,
            read,
            delivered,
        } => Frame::Mark(proto::Marked {
            conversation_id: conversation_id.to_string(),
            user_id: of(user_id),
            read: *read,
            delivered: *delivered,
        }),
        ServerFrame::Typing {
            conversation_id,
            user_id,
            active,
        } => Frame::Typing(proto::TypingNow {
            conversation_id: conversation_id.to_string(),
            user_id: of(user_id),
            active: *active,
        }),
        ServerFrame::Presence {
            user_id,
            state,
            since,
        } => Frame::Presence(proto::PresenceNow {
            user_id: of(user_id),
            state: match state {
                Presence::Online => proto::PresenceState::Online,
                Presence::Offline => proto::PresenceState::Offline,
            }
            .into(),
            since: since.map(timestamp),
        }),
        ServerFrame::Expiring { seconds } => Frame::Expiring(proto::Expiring {
            seconds: signed(*seconds),
        }),
        ServerFrame::Error {
            code,
            detail,
            field,
            client_message_id,
            retry_after_ms,
        } => Frame::Error(proto::Error {
            code: code.clone(),
            detail: detail.clone(),
            field: field.clone(),
            client_message_id: client_message_id.clone(),
            retry_after_ms: retry_after_ms.map(signed),
        }),
        ServerFrame::GoingAway { reconnect_after_ms } => Frame::GoingAway(proto::GoingAway {
            reconnect_after_ms: signed(*reconnect_after_ms),
        }),
        ServerFrame::Pong { id } => Frame::Pong(proto::Pong { id: id.clone() }),
        _ => return None,
    })
}
