//! REST: handlers read the request, call one command or query, and map the answer.

mod greetings;

use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// Every route of this service.
pub(crate) fn router(state: &State) -> OpenApiRouter {
    routes()
        .layer(state.writes.clone())
        .layer(state.reads.clone())
        .with_state(state.clone())
}

/// What the OpenAPI document says of them.
pub(crate) fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(
        greetings::create_greeting,
        greetings::list_greetings
    ))
}
