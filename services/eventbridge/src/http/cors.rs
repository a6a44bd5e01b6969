//! Which pages of other origins may read streams. Unlike the platform's own setting (`NOVA_CORS_ORIGINS`), which lets no cookie
//! through, it is for an `EventSource` with credentials; so no origin is allowed that was not named.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember what it was allowed.
const REMEMBERED: Duration = Duration::from_secs(3_600);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// Lets pages of these origins ask, and read the answers.
pub(super) fn layer(origins: &[String]) -> CorsLayer {
    let origins = origins
        .iter()
        .filter_map(|origin| HeaderValue::try_from(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.collect::<Vec<_>>()))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, LAST_EVENT_ID])
        .expose_headers([RETRY_AFTER, X_TRACE_ID])
        .max_age(REMEMBERED)
}
