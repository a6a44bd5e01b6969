//! The sessions of a user, as the user sees them.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_ids::SessionId;
use nova_service::http::{Json, Page, PageQuery, Path, Problem};
use nova_service::tokens::Caller;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::commands;
use crate::domain::Session;
use crate::state::State;

/// A session of the caller's: where they are signed in.
// No `Debug`: it says where somebody is.
#[derive(Serialize, ToSchema)]
pub(super) struct ActiveSession {
    #[schema(value_type = uuid::Uuid)]
    id: SessionId,
    /// When it was signed in.
    #[serde(with = "nova_service::rfc3339")]
    created_at: OffsetDateTime,
    /// When it was signed in or last refreshed.
    #[serde(with = "nova_service::rfc3339")]
    last_used_at: OffsetDateTime,
    /// From which address that was; null where it was not kept.
    #[schema(required)]
    address: Option<String>,
    /// What the client called itself; null where it said nothing or it was not kept.
    #[schema(required, max_length = 256)]
    user_agent: Option<String>,
    /// Whether it is the one whose access token is asking.
    current: bool,
}

impl ActiveSession {
    fn seen_by(caller: Caller, session: Session) -> Self {
        Self {
            id: session.id,
            created_at: session.id.made_at(),
            last_used_at: session.last_used_at,
            address: session.device.address,
            user_agent: session.device.user_agent,
            current: session.id == caller.session_id,
        }
    }
}

/// Where the caller is signed in, newest sign-in first.
#[utoipa::path(
    get, path = "/v1/users/me/sessions", tag = "users",
    params(PageQuery),
    responses((status = 200, description = "A page of sessions", body = Page<ActiveSession>)),
    security(("bearer" = [])),
)]
pub(super) async fn list_sessions(
    caller: Caller,
    Shared(state): Shared<State>,
    page: PageQuery,
) -> Result<Json<Page<ActiveSession>>, Problem> {
    let Page { items, next_cursor } = state.page_of_sessions(caller.user_id, page).await?;
    let seen = |session| ActiveSession::seen_by(caller, session);
    let items = items.into_iter().map(seen).collect();
    Ok(Json(Page { items, next_cursor }))
}

/// Ends a session of the caller's. Its access token is good until it expires.
#[utoipa::path(
    delete, path = "/v1/users/me/sessions/{id}", tag = "users",
    params(("id" = uuid::Uuid, Path, description = "The session")),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 404, description = "The caller has no such session"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn end_session(
    caller: Caller,
    Shared(state): Shared<State>,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.begin().await?;
    commands::end_session(&mut tx, caller.user_id, id).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
