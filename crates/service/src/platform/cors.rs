//! Which pages of other origins may ask (the Fetch standard's CORS).

use std::time::Duration;

use http::header::{
    AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RANGE,
    RETRY_AFTER,
};
use http::{HeaderName, HeaderValue, Method};
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
        let origins = text.split(',').map(|origin| parse_origin(origin.trim()));
        origins.collect::<Option<_>>().map(Self::These)
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
/// There are no cookies here, so `*` gives nobody's rights away.
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
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods(METHODS)
            .allow_headers(SENT)
            .expose_headers(READ)
            .max_age(REMEMBERED)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_taken_as_browsers_write_them_and_in_no_other_form() {
        assert_eq!(Origins::parse("*"), Some(Origins::All));
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
