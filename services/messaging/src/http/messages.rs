//! Messages.

use axum::extract::State as Shared;
use axum::response::IntoResponse;
use http::{HeaderMap, HeaderValue, StatusCode};
use nova_ids::{ConversationId, MediaId, MessageId};
use nova_service::http::{Json, Page, PageQuery, Path, Path2, Problem, Query, present};
use nova_service::idempotency::{IDEMPOTENCY_REPLAYED, IdempotencyKey};
use nova_service::tokens::Caller;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::commands::{self, Sent};
use crate::domain::{self, Draft, Edit, Message, MessageType, Said, Window};
use crate::state::{State, Stretch};

/// A message to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageDraft {
    /// Not only white space unless there are media, and no control characters but tabs and line ends.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 4_000, nullable = false)]
    content: Option<String>,
    /// That of the first medium if nothing is said, `TEXT` without one.
    #[serde(default, rename = "type", deserialize_with = "present")]
    #[schema(nullable = false)]
    kind: Option<MessageType>,
    /// No two alike, in the order in which they are shown. Only the caller's own ever are.
    #[serde(default)]
    #[schema(max_items = 10, value_type = Vec<uuid::Uuid>)]
    media_ids: Vec<MediaId>,
    /// The message of the same conversation that this one answers.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    reply_to: Option<MessageId>,
    /// Made up by the client for this message: the same again is sent once, for ever.
    #[serde(default)]
    client_message_id: Option<Uuid>,
}

/// Other words for a message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageEdit {
    /// As it was when the message was sent.
    #[schema(max_length = 4_000)]
    content: String,
}

/// Where messages are asked for: at most one of the three, each a sequence.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowQuery {
    /// Those right before it, without it.
    #[param(minimum = 0)]
    before: Option<i64>,
    /// Those right after it, without it.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Those on both sides of it, with it.
    #[param(minimum = 0)]
    around: Option<i64>,
    /// How many at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
}

/// What is searched for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchQuery {
    /// Words, all of which a message has; `"…"` holds some together, `or` is either, `-` is without.
    #[param(min_length = 1, max_length = 200)]
    q: String,
    /// `next_cursor` of the page before; absent for the first page.
    cursor: Option<String>,
    /// How many at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
}

/// Says something.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/messages", tag = "messages",
    params(
        ("id" = uuid::Uuid, Path, description = "The conversation"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send this again, for ever"),
    ),
    request_body = MessageDraft,
    responses(
        (status = 201, description = "The new message", body = Message),
        (status = 403, description = "One of a `DIRECT` has blocked the other"),
        (status = 404, description = "There is no such conversation that the caller is in"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn create_message(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<ConversationId>,
    key: IdempotencyKey,
    Json(body): Json<MessageDraft>,
) -> Result<impl IntoResponse, Problem> {
    let said = Said {
        content: body.content,
        kind: body.kind,
        media_ids: body.media_ids,
        reply_to: body.reply_to,
        client_message_id: body.client_message_id,
    };
    let draft = Draft::check(id, said)?;
    let mut tx = state.begin().await?;
    let sent = commands::send_message(&mut tx, &state.outbox, caller.user_id, draft, &key).await?;
    state.commit(tx).await?;
    let mut headers = HeaderMap::new();
    let message = match sent {
        Sent::Now(message) => message,
        Sent::Before(message) => {
            headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
            message.answered()
        }
    };
    Ok((StatusCode::CREATED, headers, Json(state.shown(message))))
}

/// A stretch of a conversation, ascending: the newest if nothing is asked.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/messages", tag = "messages",
    params(("id" = uuid::Uuid, Path, description = "The conversation"), WindowQuery),
    responses(
        (status = 200, description = "Messages that the caller may see", body = Stretch),
        (status = 404, description = "There is no such conversation that the caller is in"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn list_messages(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<ConversationId>,
    Query(query): Query<WindowQuery>,
) -> Result<Json<Stretch>, Problem> {
    let window = Window::check(query.before, query.after, query.around, query.limit)?;
    Ok(Json(state.stretch(caller.user_id, id, window).await?))
}

/// Messages of a conversation that have certain words, the newest first.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/messages/search", tag = "messages",
    params(("id" = uuid::Uuid, Path, description = "The conversation"), SearchQuery),
    responses(
        (status = 200, description = "A page of messages that the caller may see", body = Page<Message>),
        (status = 404, description = "There is no such conversation that the caller is in"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn list_found_messages(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<ConversationId>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Page<Message>>, Problem> {
    let words = domain::Query::check("q", query.q)?;
    // Nothing is asked when it is absent; 0 is asked for in vain.
    let limit = query
        .limit
        .map_or(0, |limit| if limit == 0 { -1 } else { limit });
    let page = PageQuery::of_message(limit, query.cursor.as_deref().unwrap_or_default());
    let page = page.map_err(|wrong| Problem::invalid(vec![wrong]))?;
    Ok(Json(state.found(caller.user_id, id, &words, page).await?))
}

/// Gives one of the caller's messages other words.
#[utoipa::path(
    patch, path = "/v1/conversations/{id}/messages/{message_id}", tag = "messages",
    params(
        ("id" = uuid::Uuid, Path, description = "The conversation"),
        ("message_id" = uuid::Uuid, Path, description = "The message"),
    ),
    request_body = MessageEdit,
    responses(
        (status = 200, description = "The message after the edit", body = Message),
        (status = 403, description = "It is somebody else's, or one of a `DIRECT` has blocked the other"),
        (status = 404, description = "There is no such message that the caller may see, or it is deleted"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn update_message(
    caller: Caller,
    Shared(state): Shared<State>,
    Path2(id, message): Path2<ConversationId, MessageId>,
    Json(body): Json<MessageEdit>,
) -> Result<Json<Message>, Problem> {
    let edit = Edit::check(body.content)?;
    let mut tx = state.begin().await?;
    let (outbox, editor) = (&state.outbox, caller.user_id);
    let edited = commands::edit_message(&mut tx, outbox, editor, id, message, edit).await?;
    state.commit(tx).await?;
    Ok(Json(state.shown(edited)))
}

/// Deletes a message for all; its place stays.
#[utoipa::path(
    delete, path = "/v1/conversations/{id}/messages/{message_id}", tag = "messages",
    params(
        ("id" = uuid::Uuid, Path, description = "The conversation"),
        ("message_id" = uuid::Uuid, Path, description = "The message"),
    ),
    responses(
        (status = 204, description = "It is deleted"),
        (status = 403, description = "It is somebody else's, and the caller does not lead a `GROUP`"),
        (status = 404, description = "There is no such message that the caller may see"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn delete_message(
    caller: Caller,
    Shared(state): Shared<State>,
    Path2(id, message): Path2<ConversationId, MessageId>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.begin().await?;
    commands::delete_message(&mut tx, &state.outbox, caller.user_id, id, message).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
