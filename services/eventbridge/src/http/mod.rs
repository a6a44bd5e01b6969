//! HTTP: translate, call one command or query, map the answer.

mod accept;
mod access;
mod events;
mod health;
mod parameters;
mod tickets;
mod transport;

use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use crate::metrics::Totals;
pub(crate) use events::PATH;
pub use health::{Components, health};
pub(crate) use health::{Watched, health_router};
pub use parameters::EventsQuery;

use crate::state::State;

/// Every route of this service.
pub(crate) fn router(state: &State) -> OpenApiRouter {
    routes().with_state(state.clone())
}

/// What the OpenAPI document says of them.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut openapi = routes().into_openapi();
    openapi.merge(health::routes().into_openapi());
    openapi
}

fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(events::follow))
        .routes(routes!(events::begin_session))
        .routes(routes!(events::give_ticket))
}
