//! REST: handlers read the request, call one command or query, and map the answer.

mod auth;
mod follows;
mod keys;
mod users;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// Every route of this service.
pub(crate) fn router(state: &State) -> OpenApiRouter {
    let limits = &state.limits;
    let registration = OpenApiRouter::new()
        .routes(routes!(auth::register))
        .layer(limits.registrations.clone());
    let sign_in = OpenApiRouter::new()
        .routes(routes!(auth::login))
        .layer(limits.sign_ins_by_address.clone());
    let others = OpenApiRouter::new()
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(users::me, users::update_me))
        .routes(routes!(users::user))
        .routes(routes!(users::user_by_username))
        .routes(routes!(follows::follow, follows::unfollow))
        .routes(routes!(follows::followers))
        .routes(routes!(follows::following))
        .routes(routes!(keys::jwks))
        .layer(limits.writes.clone());
    registration
        .merge(sign_in)
        .merge(others)
        .with_state(state.clone())
}
