//! REST: handlers read the request, call one command or query, and map the answer.

use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::state::State;

/// Every route of this service.
pub(crate) fn router(state: &State) -> OpenApiRouter {
    routes().with_state(state.clone())
}

/// What the OpenAPI document says of them.
pub(crate) fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
}
