//! Greetings.

use axum::extract::State as Shared;
use http::StatusCode;
use nova_service::http::{Json, Problem};
use nova_service::tokens::Caller;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::Greeting;
use crate::error::Error;
use crate::state::State;
use crate::{commands, store};

/// Most greetings of a list.
const LATEST: i64 = 20;

/// A greeting to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GreetingBody {
    #[schema(min_length = 1, max_length = 100)]
    text: String,
}

/// Greets the caller.
#[utoipa::path(
    post, path = "/v1/greetings", tag = "greetings",
    request_body = GreetingBody,
    responses((status = 201, description = "The new greeting", body = Greeting)),
    security(("bearer" = [])),
)]
pub(super) async fn create_greeting(
    caller: Caller,
    Shared(state): Shared<State>,
    Json(body): Json<GreetingBody>,
) -> Result<(StatusCode, Json<Greeting>), Problem> {
    let greeting = Greeting::check(Uuid::now_v7(), caller.user_id, body.text)?;
    let mut tx = state.begin().await?;
    commands::greet(&mut tx, &state.outbox, &greeting).await?;
    state.commit(tx).await?;
    Ok((StatusCode::CREATED, Json(greeting)))
}

/// The caller's latest greetings, newest first.
#[utoipa::path(
    get, path = "/v1/greetings", tag = "greetings",
    responses((status = 200, description = "The greetings", body = Vec<Greeting>)),
    security(("bearer" = [])),
)]
pub(super) async fn list_greetings(
    caller: Caller,
    Shared(state): Shared<State>,
) -> Result<Json<Vec<Greeting>>, Problem> {
    let greetings = store::greetings::latest(&state.database.pool, caller.user_id, LATEST).await;
    Ok(Json(greetings.map_err(Error::from)?))
}
