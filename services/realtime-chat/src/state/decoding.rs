//! Frames of clients in protobuf.

use std::collections::HashMap;

use nova_ids::UserId;
use nova_proto::messaging::v1::MessageType as ProtoType;
use nova_proto::realtime_chat::v1::ConnectRequest;
use nova_proto::realtime_chat::v1::connect_request::Frame;
use uuid::Uuid;

use crate::domain::{ClientFrame, Malformed, MessageType, Outgoing, Positions};

/// The frame, if it keeps the rules that hold for JSON too.
///
/// # Errors
/// Says which it does not keep.
pub fn client_frame(request: ConnectRequest) -> Result<ClientFrame, Malformed> {
    let frame = match request.frame {
        Some(frame) => frame,
        None => return Err(Malformed::frame("this is no frame")),
    };
    let frame = match frame {
        Frame::Resume(resume) => {
            let mut positions = HashMap::with_capacity(resume.positions.len());
            for (id, position) in resume.positions {
                if positions
                    .insert(uuid("positions", &id)?, position)
                    .is_some()
                {
                    return Err(Malformed::field("positions", "named twice"));
                }
            }
            ClientFrame::Resume {
                positions: Positions(positions),
                more: resume.more,
            }
        }
        Frame::Send(send) => ClientFrame::Send(Outgoing {
            client_message_id: uuid("client_message_id", &send.client_message_id)?,
            conversation_id: uuid("conversation_id", &send.conversation_id)?,
            content: send.content,
            message_type: message_type(send.message_type)?,
            media_ids: send
                .media_ids
                .iter()
                .map(|id| uuid("media_ids", id))
                .collect::<Result<_, _>>()?,
            reply_to: send.reply_to.map(|id| uuid("reply_to", &id)).transpose()?,
        }),
        Frame::Typing(typing) => ClientFrame::Typing {
            conversation_id: uuid("conversation_id", &typing.conversation_id)?,
            active: typing.active,
        },
        Frame::Mark(mark) => ClientFrame::Mark {
            conversation_id: uuid("conversation_id", &mark.conversation_id)?,
            read: mark.read,
            delivered: mark.delivered,
        },
        Frame::Presence(presence) => ClientFrame::Presence {
            subscribe: users("subscribe", &presence.subscribe)?,
            unsubscribe: users("unsubscribe", &presence.unsubscribe)?,
        },
        Frame::Authenticate(authenticate) => ClientFrame::Authenticate {
            token: authenticate.token,
        },
        Frame::Ping(ping) => ClientFrame::Ping { id: ping.id },
    };
    frame.checked()
}

fn uuid(field: &'static str, text: &str) -> Result<Uuid, Malformed> {
    text.parse()
        .map_err(|_| Malformed::field(field, "this is no UUID"))
}

fn users(field: &'static str, texts: &[String]) -> Result<Vec<UserId>, Malformed> {
    texts
        .iter()
        .map(|text| uuid(field, text).map(UserId::from))
        .collect()
}

fn message_type(number: i32) -> Result<Option<MessageType>, Malformed> {
    match ProtoType::try_from(number) {
        Ok(ProtoType::Unspecified) => Ok(None),
        Ok(ProtoType::Text) => Ok(Some(MessageType::Text)),
        Ok(ProtoType::Image) => Ok(Some(MessageType::Image)),
        Ok(ProtoType::Video) => Ok(Some(MessageType::Video)),
        Ok(ProtoType::Audio) => Ok(Some(MessageType::Audio)),
        Err(_) => Err(Malformed::field("message_type", "none that is known")),
    }
}
