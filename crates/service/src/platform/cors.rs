//! Which pages of other origins may ask (the Fetch standard's CORS).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, ORIGIN,
    RANGE, RETRY_AFTER,
};
use http::{HeaderName, HeaderValue, Method};
use tower::{Layer as _, Service as _};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

use super::edge::X_TRACE_ID;
use crate::config::{ConfigError, Env, Setting};
use crate::idempotency::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED};
use crate::rate_limit::{RATELIMIT, RATELIMIT_POLICY};

/// How long a browser may remember what it was allowed. Chrome remembers for at most two hours.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// What pages of other origins may send.
const SENT: [HeaderName; 14] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    RANGE,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    // Uploads that can be resumed: tus 1.0.0.
    HeaderName::from_static("tus-resumable"),
    HeaderName::from_static("upload-checksum"),
    HeaderName::from_static("upload-length"),
    HeaderName::from_static("upload-metadata"),
    HeaderName::from_static("upload-offset"),
];

/// What they may read of an answer besides what everybody may.
const READ: [HeaderName; 16] = [
    CONTENT_RANGE,
    ETAG,
    IDEMPOTENCY_REPLAYED,
    LOCATION,
    RATELIMIT,
    RATELIMIT_POLICY,
    RETRY_AFTER,
    X_TRACE_ID,
    HeaderName::from_static("tus-extension"),
    HeaderName::from_static("tus-max-size"),
    HeaderName::from_static("tus-resumable"),
    HeaderName::from_static("tus-version"),
    HeaderName::from_static("upload-expires"),
    HeaderName::from_static("upload-length"),
    HeaderName::from_static("upload-metadata"),
    HeaderName::from_static("upload-offset"),
];

const METHODS: [Method; 6] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// A setting: origins of pages by name, as browsers write them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageOrigins(Vec<HeaderValue>);

impl Setting for PageOrigins {
    const EXPECTS: &'static str =
        "a list of origins as browsers write them, such as https://a.example,http://localhost:3000";

    fn parse(text: &str) -> Option<Self> {
        let origins = text.split(',').map(|origin| parse_origin(origin.trim()));
        origins.collect::<Option<_>>().map(Self)
    }
}

/// The origins whose pages may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origins {
    All,
    These(Vec<HeaderValue>),
}

impl Setting for Origins {
    const EXPECTS: &'static str = "* or a list of origins as browsers write them, such as https://a.example,http://localhost:3000";

    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        PageOrigins::parse(text).map(|PageOrigins(origins)| Self::These(origins))
    }
}

/// An origin exactly as a browser sends it: anything else would never be equal to one.
fn parse_origin(text: &str) -> Option<HeaderValue> {
    let url = Url::parse(text).ok()?;
    let (scheme, host) = (url.scheme(), url.host_str()?);
    let written = match url.port() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    };
    (written == text)
        .then(|| HeaderValue::try_from(text).ok())
        .flatten()
}

/// Answers preflight requests and lets the pages of `NOVA_CORS_ORIGINS` read answers. None when that is not set.
/// Cookies are not let through, so `*` gives nobody's rights away.
pub(super) fn read(env: &mut Env) -> Result<Option<CorsLayer>, ConfigError> {
    let origins: Option<Origins> = env.optional(
        "NOVA_CORS_ORIGINS",
        "origins whose pages may ask, or * for all: https://a.example,http://localhost:3000",
    )?;
    Ok(origins.map(|origins| {
        let origins = match origins {
            Origins::All => AllowOrigin::any(),
            Origins::These(origins) => AllowOrigin::list(origins),
        };
        allowing(origins)
    }))
}

fn allowing(origins: AllowOrigin) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(METHODS)
        .allow_headers(SENT)
        .expose_headers(READ)
        .max_age(REMEMBERED)
}

/// Paths of a service that pages of some origins may ask with cookies.
pub(super) struct Trusting {
    path: &'static str,
    origins: Vec<HeaderValue>,
    cors: CorsLayer,
}

impl Trusting {
    pub(super) fn new(path: &'static str, PageOrigins(origins): PageOrigins) -> Self {
        let cors = allowing(AllowOrigin::list(origins.clone())).allow_credentials(true);
        Self {
            path,
            origins,
            cors,
        }
    }

    /// Whether this is about one of its paths, by one of its pages.
    fn holds(&self, path: &str, origin: &HeaderValue) -> bool {
        let rest = path.strip_prefix(self.path);
        let is_under = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is_under && self.origins.contains(origin)
    }
}

/// What pages of other origins are let do.
pub(super) struct Pages {
    /// By `NOVA_CORS_ORIGINS`.
    pub(super) all: Option<CorsLayer>,
    /// By services.
    pub(super) trusting: Vec<Trusting>,
}

impl Pages {
    /// Whether nothing is let through at all.
    pub(super) fn are_none(&self) -> bool {
        self.all.is_none() && self.trusting.is_empty()
    }

    /// One says what holds, so that no answer has the headers of two.
    fn cors(&self, request: &Request) -> Option<&CorsLayer> {
        let path = request.uri().path();
        let origin = request.headers().get(ORIGIN);
        let trusting = origin.and_then(|origin| {
            let mut trusting = self.trusting.iter();
            trusting.find(|trusting| trusting.holds(path, origin))
        });
        trusting
            .map(|trusting| &trusting.cors)
            .or(self.all.as_ref())
    }
}

/// The middleware.
pub(super) async fn pass(
    State(pages): State<Arc<Pages>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(cors) = pages.cors(&request) else {
        return next.run(request).await;
    };
    let Ok(answer) = cors.layer(next).call(request).await;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_taken_as_browsers_write_them_and_in_no_other_form() {
        assert_eq!(Origins::parse("*"), Some(Origins::All));
        assert_eq!(PageOrigins::parse("*"), None);
        let two = Origins::parse("https://a.example, http://localhost:3000");
        let Some(Origins::These(two)) = two else {
            panic!("{two:?}")
        };
        assert_eq!(two, ["https://a.example", "http://localhost:3000"]);
        assert!(Origins::parse("capacitor://localhost").is_some());
        for wrong in [
            "",
            "a.example",
            "https://a.example/",
            "https://A.example",
            "https://a.example:443",
            "https://a.example/path",
            "https://me@a.example",
            "https://a.example,",
            "https://a.example,*",
            "null",
            "data:text/plain,x",
        ] {
            assert_eq!(Origins::parse(wrong), None, "{wrong}");
        }
    }
}
