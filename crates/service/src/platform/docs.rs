//! `/openapi.json` and `/docs`.

use axum::Router;
use axum::body::Bytes;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::edge::nothing_here;
use crate::http::ProblemBody;

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

/// Serves the document and the page that shows it, with assets that are in this binary.
pub(super) fn routes(mut openapi: OpenApi) -> Result<Router, serde_json::Error> {
    openapi
        .paths
        .paths
        .values_mut()
        .flat_map(operations)
        .for_each(document_problems);
    let json = Bytes::from(serde_json::to_vec(&openapi)?);
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

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut path.get,
        &mut path.put,
        &mut path.post,
        &mut path.delete,
        &mut path.patch,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

/// Every operation answers errors in one form.
fn document_problems(operation: &mut Operation) {
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemBody::name())))
        .build();
    let response = ResponseBuilder::new()
        .description("What went wrong")
        .content("application/problem+json", body)
        .build();
    operation
        .responses
        .responses
        .entry("default".to_owned())
        .or_insert(RefOr::T(response));
}
