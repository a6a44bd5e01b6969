//! REST: handlers read the request, call one command or query, and map the answer.

mod home;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// Every route of this service.
pub(crate) fn router(state: &State) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(home::read))
        .with_state(state.clone())
}
