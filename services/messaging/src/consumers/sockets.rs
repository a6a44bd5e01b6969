//! What sockets say. Whatever it is, it is no dead letter: what cannot be taken is answered.

use nova_event_bus::Delivery;
use nova_ids::{ConversationId, MediaId, UserId};
use nova_proto::messaging::v1::MessageType as Kind;
use nova_proto::realtime_chat::v1::{MarksReported, MessageSubmitted};
use nova_resilience::{Fault, FieldError, Invalid};
use nova_service::idempotency::IdempotencyKey;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::id;
use crate::commands::{self, Sent};
use crate::domain::{Draft, Marks, Message, MessageType, Said};
use crate::error::Error;
use crate::events::Rejection;
use crate::state::State;

/// The code of a rejection of what was taken before.
const ALREADY_SENT: &str = "already_sent";

pub(super) async fn message_submitted(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessageSubmitted>,
) -> Result<(), Error> {
    // Realtime-chat knows whose socket it is: this is not what a client said.
    let sender = id("user_id", &event.user_id)?;
    let sent = match draft(&event.event) {
        Ok(draft) => {
            let none = IdempotencyKey::none();
            commands::send_message(tx, &state.outbox, sender, draft, &none).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    let rejection = match sent {
        Ok(Sent::Now(_)) => return Ok(()),
        Ok(Sent::Before(message)) => before(&event.event, sender, message),
        Err(refused) if refused.is_a_refusal() => refusal(&event.event, sender, &refused),
        Err(failed) => return Err(failed),
    };
    let told = rejection.event(OffsetDateTime::now_utc());
    state.outbox.append(tx, &told).await?;
    Ok(())
}

pub(super) async fn marks_reported(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MarksReported>,
) -> Result<(), Error> {
    let user = id("user_id", &event.user_id)?;
    // As with a conversation that is not there: nobody waits for an answer.
    let Ok(conversation) = event.conversation_id.parse::<ConversationId>() else {
        return Ok(());
    };
    let marks = Marks::reported(event.read_sequence, event.delivered_sequence);
    commands::report_marks(tx, user, conversation, marks).await
}

pub(super) async fn tell_marks(state: &State, _: &Delivery<MarksReported>) -> Result<(), Error> {
    state.marks.notify_one();
    Ok(())
}

fn draft(event: &MessageSubmitted) -> Result<Draft, Invalid> {
    let client_message_id = Some(&event.client_message_id)
        .filter(|text| text.len() == 36)
        .and_then(|text| Uuid::try_parse(text).ok())
        .ok_or_else(|| bad_id("client_message_id"))?;
    let media = event.media_ids.iter().enumerate();
    let media: Result<Vec<MediaId>, Invalid> = media
        .map(|(index, text)| {
            text.parse()
                .map_err(|_| bad_id(&format!("media_ids[{index}]")))
        })
        .collect();
    let said = Said {
        content: Some(event.content.clone()),
        kind: kind(event.r#type)?,
        media_ids: media?,
        reply_to: match &event.reply_to {
            Some(text) => Some(text.parse().map_err(|_| bad_id("reply_to"))?),
            None => None,
        },
        client_message_id: Some(client_message_id),
    };
    let conversation = event.conversation_id.parse();
    Draft::check(conversation.map_err(|_| bad_id("conversation_id"))?, said)
}

fn bad_id(field: &str) -> Invalid {
    FieldError::new(field, "invalid_id", "is not an id").into()
}

fn kind(number: i32) -> Result<Option<MessageType>, Invalid> {
    match Kind::try_from(number) {
        Ok(Kind::Unspecified) => Ok(None),
        Ok(Kind::Text) => Ok(Some(MessageType::Text)),
        Ok(Kind::Image) => Ok(Some(MessageType::Image)),
        Ok(Kind::Video) => Ok(Some(MessageType::Video)),
        Ok(Kind::Audio) => Ok(Some(MessageType::Audio)),
        Err(_) => {
            let message = "is none of the values there are";
            Err(FieldError::new("type", "invalid_value", message).into())
        }
    }
}

fn before(event: &MessageSubmitted, user_id: UserId, message: Message) -> Rejection {
    Rejection {
        conversation_id: event.conversation_id.clone(),
        user_id,
        client_message_id: event.client_message_id.clone(),
        code: ALREADY_SENT,
        detail: "this message was sent before".to_owned(),
        field: None,
        message: Some(message),
    }
}

fn refusal(event: &MessageSubmitted, user_id: UserId, refused: &Error) -> Rejection {
    let wrong = refused.fields().first();
    Rejection {
        conversation_id: event.conversation_id.clone(),
        user_id,
        client_message_id: event.client_message_id.clone(),
        code: refused.reason(),
        detail: match wrong {
            Some(wrong) => format!("{} {}", wrong.field, wrong.message),
            None => refused.to_string(),
        },
        field: wrong.map(|wrong| wrong.field.clone()),
        message: None,
    }
}
