//! REST: handlers read the request, call one command or query, and map the answer.

mod posts;

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
    OpenApiRouter::new()
        .routes(routes!(posts::create_post))
        .routes(routes!(
            posts::get_post,
            posts::update_post,
            posts::delete_post
        ))
        .routes(routes!(posts::list_user_posts))
}
