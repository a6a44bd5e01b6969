//! `/live`: a page that shows events as they happen, by the same `EventSource` that any page has. It is for whoever develops, so
//! only `nova up` serves it.

use axum::response::IntoResponse;
use axum::routing::get;
use nova_proto::routing::ROUTES;
use nova_service::{Env, Platform, Service};
use utoipa_axum::router::OpenApiRouter;

use crate::platform;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
/// The page takes a password: nothing of elsewhere runs in it, or around it, and it asks nobody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'none'";

/// The platform as [`platform::assemble`] makes it, with the page.
///
/// # Errors
/// When a setting is missing or wrong, or a database cannot be had.
pub async fn assemble(env: &mut Env) -> anyhow::Result<Platform> {
    let mut platform = Box::pin(platform::assemble(env)).await?;
    platform.add(service());
    Ok(platform)
}

fn service() -> Service {
    let types: Vec<&str> = ROUTES.iter().map(|route| route.event_type).collect();
    let page = PAGE.replace("{types}", &types.join(" "));
    let page = async move || answer("text/html; charset=utf-8", page);
    let script = async || answer("text/javascript; charset=utf-8", SCRIPT);
    let router = OpenApiRouter::new()
        .route("/live", get(page))
        .route("/live/page.js", get(script));
    Service::new("live").rest(router)
}

fn answer(kind: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    let headers = [
        ("content-type", kind),
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-cache"),
    ];
    (headers, body)
}
