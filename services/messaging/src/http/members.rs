//! Who is in a conversation.

use std::str::FromStr;

use axum::extract::{FromRequest, Request, State as Shared};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use nova_ids::{ConversationId, InvalidId, UserId};
use nova_service::http::{Json, Path2, Problem, present};
use nova_service::tokens::Caller;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::commands;
use crate::domain::Role;
use crate::state::State;

/// What a member is to be.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberBody {
    /// As it is for who is a member, `MEMBER` for who is not, if nothing is said.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    role: Option<Role>,
}

/// A body that may be left out.
pub(super) struct PerhapsBody(MemberBody);

impl<S: Sync + Send> FromRequest<S> for PerhapsBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers();
        let is_empty = !headers.contains_key(CONTENT_TYPE)
            && !headers.contains_key(TRANSFER_ENCODING)
            && headers
                .get(CONTENT_LENGTH)
                .is_none_or(|length| length == "0");
        if is_empty {
            return Ok(Self(MemberBody::default()));
        }
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// A user by their id, or the caller by `me`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Somebody {
    Me,
    User(UserId),
}

impl FromStr for Somebody {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "me" => Ok(Self::Me),
            id => id.parse().map(Self::User),
        }
    }
}

impl Somebody {
    fn as_seen_by(self, caller: Caller) -> UserId {
        match self {
            Self::Me => caller.user_id,
            Self::User(id) => id,
        }
    }
}

/// Adds a member, or gives one another role.
#[utoipa::path(
    put, path = "/v1/conversations/{id}/members/{user_id}", tag = "conversations",
    params(
        ("id" = uuid::Uuid, Path, description = "The conversation"),
        ("user_id" = String, Path, description = "The id of the user, or `me`"),
    ),
    request_body = MemberBody,
    responses(
        (status = 204, description = "They are a member with that role"),
        (status = 400, description = "The path or the body is not valid"),
        (status = 403, description = "The caller may not, or one of the two has blocked the other"),
        (status = 404, description = "There is no such conversation that the caller is in, or no such user"),
        (status = 413, description = "The body is too long"),
        (status = 415, description = "The body is not JSON"),
        (status = 422, description = "It is a `DIRECT`, it is full, or it is the caller's own role"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn change_member(
    caller: Caller,
    Shared(state): Shared<State>,
    Path2(id, user): Path2<ConversationId, Somebody>,
    PerhapsBody(body): PerhapsBody,
) -> Result<StatusCode, Problem> {
    let (actor, user) = (caller.user_id, user.as_seen_by(caller));
    let put = || async {
        let mut tx = state.begin().await?;
        commands::put_member(&mut tx, &state.outbox, actor, id, user, body.role).await?;
        state.commit(tx).await
    };
    state.once_known(&[user], put).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a member; `me` leaves.
#[utoipa::path(
    delete, path = "/v1/conversations/{id}/members/{user_id}", tag = "conversations",
    params(
        ("id" = uuid::Uuid, Path, description = "The conversation"),
        ("user_id" = String, Path, description = "The id of the user, or `me`"),
    ),
    responses(
        (status = 204, description = "They are no member any more"),
        (status = 400, description = "The path is not valid"),
        (status = 403, description = "The caller may not"),
        (status = 404, description = "There is no such conversation that the caller is in, or no such member"),
        (status = 422, description = "It is the other of a `DIRECT`"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn remove_member(
    caller: Caller,
    Shared(state): Shared<State>,
    Path2(id, user): Path2<ConversationId, Somebody>,
) -> Result<StatusCode, Problem> {
    let (actor, user) = (caller.user_id, user.as_seen_by(caller));
    let mut tx = state.begin().await?;
    commands::remove_member(&mut tx, &state.outbox, actor, id, user).await?;
    state.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
