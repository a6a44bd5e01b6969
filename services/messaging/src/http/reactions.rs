//! Reactions to messages.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_ids::{ConversationId, MessageId};
use nova_service::http::{Path3, Problem};
use nova_service::tokens::Caller;

use crate::commands;
use crate::domain::Emoji;
use crate::state::State;

/// Reacts to a message.
#[utoipa::path(
    put, path = "/v1/conversations/{id}/messages/{message_id}/reactions/{emoji}", tag = "messages",
    params(
        ("id" = uuid::Uuid, Path, description = "The conversation"),
        ("message_id" = uuid::Uuid, Path, description = "The message"),
        ("emoji" = String, Path, description = "One emoji"),
    ),
    responses(
        (status = 204, description = "The caller has reacted so"),
        (status = 400, description = "It is not one emoji"),
        (status = 403, description = "One of a `DIRECT` has blocked the other"),
        (status = 404, description = "There is no such message that the caller may see, or it is deleted"),
        (status = 422, description = "The message has 20 kinds of reaction, and this is none of them"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn create_reaction(
    caller: Caller,
    Shared(state): Shared<State>,
    Path3(id, message, emoji): Path3<ConversationId, MessageId, String>,
) -> Result<StatusCode, Problem> {
    let emoji = Emoji::check(&emoji)?;
    let mut tx = state.begin().await?;
    let (outbox, user) = (&state.outbox, caller.user_id);
    commands::add_reaction(&mut tx, outbox, user, id, message, emoji).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a reaction back.
#[utoipa::path(
    delete, path = "/v1/conversations/{id}/messages/{message_id}/reactions/{emoji}", tag = "messages",
    params(
        ("id" = uuid::Uuid, Path, description = "The conversation"),
        ("message_id" = uuid::Uuid, Path, description = "The message"),
        ("emoji" = String, Path, description = "One emoji"),
    ),
    responses(
        (status = 204, description = "The caller has not reacted so"),
        (status = 400, description = "It is not one emoji"),
        (status = 403, description = "One of a `DIRECT` has blocked the other"),
        (status = 404, description = "There is no such message that the caller may see, or it is deleted"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn delete_reaction(
    caller: Caller,
    Shared(state): Shared<State>,
    Path3(id, message, emoji): Path3<ConversationId, MessageId, String>,
) -> Result<StatusCode, Problem> {
    let emoji = Emoji::check(&emoji)?;
    let mut tx = state.begin().await?;
    let (outbox, user) = (&state.outbox, caller.user_id);
    commands::remove_reaction(&mut tx, outbox, user, id, message, emoji).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
