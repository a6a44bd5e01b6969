//! What of a conversation is the caller's own: how far they have read, and whether they want to be disturbed.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_ids::ConversationId;
use nova_service::http::{Json, Path, Problem};
use nova_service::tokens::Caller;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::commands;
use crate::domain::Marks;
use crate::state::State;

/// How far the caller has read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadMark {
    /// That of a message; 0 is none.
    #[schema(minimum = 0)]
    sequence: i64,
}

/// Until when the caller wants not to be disturbed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Muting {
    /// Null ends it.
    #[serde(with = "nova_service::rfc3339::option")]
    #[schema(required = true)]
    until: Option<OffsetDateTime>,
}

/// Says how far the caller has read. It never goes back.
#[utoipa::path(
    put, path = "/v1/conversations/{id}/read", tag = "conversations",
    params(("id" = uuid::Uuid, Path, description = "The conversation")),
    request_body = ReadMark,
    responses(
        (status = 204, description = "They have read that far, or further"),
        (status = 400, description = "The path or the body is not valid"),
        (status = 404, description = "There is no such conversation that the caller is in"),
        (status = 413, description = "The body is too long"),
        (status = 415, description = "The body is not JSON"),
        (status = 422, description = "There is no such message yet"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn update_read_mark(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<ConversationId>,
    Json(body): Json<ReadMark>,
) -> Result<StatusCode, Problem> {
    let marks = Marks::said(body.sequence)?;
    let mut tx = state.begin().await?;
    commands::mark_read(&mut tx, caller.user_id, id, marks).await?;
    state.commit(tx).await?;
    state.marks.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Says until when the caller wants not to be disturbed by a conversation.
#[utoipa::path(
    put, path = "/v1/conversations/{id}/mute", tag = "conversations",
    params(("id" = uuid::Uuid, Path, description = "The conversation")),
    request_body = Muting,
    responses(
        (status = 204, description = "So it is"),
        (status = 400, description = "The path or the body is not valid"),
        (status = 404, description = "There is no such conversation that the caller is in"),
        (status = 413, description = "The body is too long"),
        (status = 415, description = "The body is not JSON"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn mute_conversation(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<ConversationId>,
    Json(body): Json<Muting>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.begin().await?;
    commands::mute_conversation(&mut tx, caller.user_id, id, body.until).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
