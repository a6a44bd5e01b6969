//! `/openapi.json` and `/docs`.

use axum::Router;
use axum::body::Bytes;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use utoipa::OpenApi as _;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::edge::nothing_here;
use crate::http::ProblemBody;

mod errors;

/// The name of the security scheme that operations refer to: `security(("bearer" = []))`.
const BEARER: &str = "bearer";

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(ProblemBody<'static>)))]
struct Base;

/// What is in the document before any route is.
pub(super) fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Nova")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "JSON in snake_case; errors are problem details (RFC 9457) with a stable `code`. \
             The same operations are served as gRPC on the same address, with reflection.",
        ))
        .build();
    let mut base = OpenApiBuilder::from(Base::openapi()).info(info).build();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    base.components
        .get_or_insert_default()
        .add_security_scheme(BEARER, SecurityScheme::Http(token));
    base
}

/// The document when every operation is in it: each lists its errors.
pub(super) fn complete(mut openapi: OpenApi) -> OpenApi {
    for path in openapi.paths.paths.values_mut() {
        list_errors(path);
    }
    openapi
}

fn list_errors(path: &mut PathItem) {
    let methods = [
        &mut path.get,
        &mut path.put,
        &mut path.post,
        &mut path.delete,
        &mut path.patch,
        &mut path.head,
        &mut path.options,
    ];
    for operation in methods.into_iter().flatten() {
        errors::list(operation);
    }
}

/// Serves the document and the page that shows it, with assets that are in this binary.
pub(super) fn routes(openapi: &OpenApi) -> Result<Router, serde_json::Error> {
    let json = Bytes::from(serde_json::to_vec(openapi)?);
    let document = move || {
        std::future::ready(([(CONTENT_TYPE, "application/json")], json.clone()).into_response())
    };
    let page: Router = SwaggerUi::new("/docs")
        .config(Config::from("/openapi.json"))
        .into();
    // An asset that is not there, or whose name cannot be one, is a problem like any other.
    let page = page.layer(map_response(|response: Response| {
        std::future::ready(match response.status() {
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => nothing_here().into_response(),
            _ => response,
        })
    }));
    Ok(Router::new()
        .route("/openapi.json", get(document))
        .merge(page))
}
