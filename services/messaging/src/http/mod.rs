//! REST: handlers read the request, call one command or query, and map the answer.

mod conversations;
mod members;
mod messages;
mod own;
mod reactions;

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
        .routes(routes!(
            conversations::create_conversation,
            conversations::list_conversations
        ))
        .routes(routes!(
            conversations::get_conversation,
            conversations::update_conversation
        ))
        .routes(routes!(members::change_member, members::remove_member))
        .routes(routes!(messages::create_message, messages::list_messages))
        .routes(routes!(messages::list_found_messages))
        .routes(routes!(messages::update_message, messages::delete_message))
        .routes(routes!(
            reactions::create_reaction,
            reactions::delete_reaction
        ))
        .routes(routes!(own::update_read_mark))
        .routes(routes!(own::mute_conversation))
}
