//! REST: handlers read the request, call one command or query, and map the answer.

mod files;
mod form;
mod media;
mod range;
mod tus;
mod uploads;

use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use http::Method;
use nova_service::platform::{Allowance, Pace, Service};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// What a form has besides the file.
const AROUND_A_FILE: u64 = 64 << 10;

/// Every route of this service.
pub(crate) fn router(state: &State) -> OpenApiRouter {
    routes()
        .layer(state.writes.clone())
        .layer(state.reads.clone())
        // Each route has its own.
        .layer(DefaultBodyLimit::disable())
        .with_state(state.clone())
}

/// What a route that takes files allows.
pub(crate) fn allowance(state: &State) -> Allowance {
    let longest = state.longest() + AROUND_A_FILE;
    Allowance {
        body_limit: usize::try_from(longest).unwrap_or(usize::MAX),
        pace: Pace::default(),
    }
}

/// Lets files come, however long that takes.
pub(crate) fn allow(service: Service, allowance: Allowance) -> Service {
    service
        .allow(Method::POST, "/v1/media", allowance)
        .allow(Method::POST, "/v1/media/uploads", allowance)
        .allow(Method::PATCH, "/v1/media/uploads/{id}", allowance)
}

/// What the OpenAPI document says of them.
pub(crate) fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<State> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(uploads::get_upload_options, uploads::create_upload))
        .routes(routes!(
            uploads::get_upload,
            uploads::update_upload,
            uploads::end_upload
        ))
        .layer(map_response(tus::speaks_tus));
    OpenApiRouter::new()
        .routes(routes!(media::create_media, media::list_media))
        .routes(routes!(media::get_media, media::delete_media))
        .routes(routes!(files::get_media_content))
        .routes(routes!(files::get_media_thumbnail))
        .routes(routes!(files::get_media_avatar))
        .merge(uploads)
}
