//! Conversations.

use axum::extract::State as Shared;
use axum::response::IntoResponse;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use nova_ids::{ConversationId, UserId};
use nova_service::http::{Json, Page, PageQuery, Path, Problem, present};
use nova_service::idempotency::{IDEMPOTENCY_REPLAYED, IdempotencyKey};
use nova_service::tokens::Caller;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands;
use crate::domain::{Conversation, ConversationType, Opening, Title};
use crate::error::Error;
use crate::state::State;

/// A conversation to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConversationDraft {
    #[serde(rename = "type")]
    kind: ConversationType,
    /// The others, no two alike: one for a `DIRECT`.
    #[schema(max_items = 999, value_type = Vec<uuid::Uuid>)]
    member_ids: Vec<UserId>,
    /// Of a `GROUP` only.
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    title: Option<String>,
}

/// A change of a conversation. What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConversationEdit {
    /// Null takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 100, value_type = Option<String>)]
    title: Option<Option<String>>,
}

/// Opens a conversation with others. Two have one `DIRECT`, whoever opens it.
#[utoipa::path(
    post, path = "/v1/conversations", tag = "conversations",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send this again")),
    request_body = ConversationDraft,
    responses(
        (status = 201, description = "The new conversation", body = Conversation,
            headers(("Location" = String, description = "Where it is"))),
        (status = 200, description = "The one that the two have", body = Conversation,
            headers(("Location" = String, description = "Where it is"))),
        (status = 403, description = "One of the others and the caller has blocked the other"),
        (status = 404, description = "One of the others is not there"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn create_conversation(
    caller: Caller,
    Shared(state): Shared<State>,
    key: IdempotencyKey,
    Json(body): Json<ConversationDraft>,
) -> Result<impl IntoResponse, Problem> {
    let opener = caller.user_id;
    let opening = Opening::check(opener, body.kind, body.member_ids, body.title);
    let opening = opening.map_err(Error::from)?;
    let open = || async {
        let mut tx = state.begin().await?;
        let opening = opening.clone();
        let opened = commands::open_conversation(&mut tx, &state.outbox, opener, opening, &key);
        let opened = opened.await?;
        state.commit(tx).await.map(|()| opened)
    };
    let opened = state.once_known(&opening.others, open).await?;
    let conversation = state.conversation(opener, opened.id).await?;
    let status = if opened.existing {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let mut headers = HeaderMap::new();
    let location = format!("/v1/conversations/{}", opened.id);
    if let Ok(location) = HeaderValue::from_str(&location) {
        headers.insert(LOCATION, location);
    }
    if opened.replayed {
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok((status, headers, Json(conversation)))
}

/// The caller's conversations, that with the latest message first.
#[utoipa::path(
    get, path = "/v1/conversations", tag = "conversations",
    params(PageQuery),
    responses((status = 200, description = "A page of conversations", body = Page<Conversation>)),
    security(("bearer" = [])),
)]
pub(super) async fn list_conversations(
    caller: Caller,
    Shared(state): Shared<State>,
    page: PageQuery,
) -> Result<Json<Page<Conversation>>, Problem> {
    Ok(Json(
        state.page_of_conversations(caller.user_id, page).await?,
    ))
}

/// A conversation that the caller is in.
#[utoipa::path(
    get, path = "/v1/conversations/{id}", tag = "conversations",
    params(("id" = uuid::Uuid, Path, description = "The conversation")),
    responses(
        (status = 200, description = "The conversation", body = Conversation),
        (status = 404, description = "There is none that the caller is in"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn get_conversation(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<ConversationId>,
) -> Result<Json<Conversation>, Problem> {
    Ok(Json(state.conversation(caller.user_id, id).await?))
}

/// Changes the title of a `GROUP`.
#[utoipa::path(
    patch, path = "/v1/conversations/{id}", tag = "conversations",
    params(("id" = uuid::Uuid, Path, description = "The conversation")),
    request_body = ConversationEdit,
    responses(
        (status = 200, description = "The conversation after the change", body = Conversation),
        (status = 403, description = "The caller is neither owner nor admin"),
        (status = 404, description = "There is none that the caller is in"),
        (status = 422, description = "A `DIRECT` has no title"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn update_conversation(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<ConversationId>,
    Json(body): Json<ConversationEdit>,
) -> Result<Json<Conversation>, Problem> {
    if let Some(title) = body.title {
        let title = title.map(Title::check).transpose();
        let title = title.map_err(|wrong| Problem::invalid(vec![wrong]))?;
        let mut tx = state.begin().await?;
        let (outbox, actor) = (&state.outbox, caller.user_id);
        commands::rename_conversation(&mut tx, outbox, actor, id, title).await?;
        state.commit(tx).await?;
    }
    Ok(Json(state.conversation(caller.user_id, id).await?))
}
