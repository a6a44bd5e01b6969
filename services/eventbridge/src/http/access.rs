//! Who opens a stream: by `Authorization`, by a ticket, by the cookie, or nobody.

use http::HeaderMap;
use http::header::COOKIE;
use nova_ids::UserId;
use nova_service::tokens::{InvalidToken, Verifier, bearer};

/// The cookie that has the access token for pages, whose `EventSource` sends no header of theirs.
pub(super) const COOKIE_NAME: &str = "nova_events";

/// Who is asking, and when their token ends, in seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) user: UserId,
    pub(super) until: u64,
}

impl Known {
    /// Whom a token names.
    ///
    /// # Errors
    /// When it is not good, or no longer.
    pub(super) fn by_token(token: &str, verifier: &Verifier) -> Result<Self, InvalidToken> {
        let (caller, until) = verifier.verify_until(token)?;
        Ok(Self {
            user: caller.user_id,
            until,
        })
    }

    /// Whom the `Authorization` header names; none without one.
    ///
    /// # Errors
    /// When its token is not good, which the edge has refused before.
    pub(super) fn by_header(
        headers: &HeaderMap,
        verifier: &Verifier,
    ) -> Result<Option<Self>, InvalidToken> {
        let token = bearer(headers);
        token
            .map(|token| Self::by_token(token, verifier))
            .transpose()
    }

    /// Whom the cookie names; none without one.
    ///
    /// # Errors
    /// When its token is not good, or no longer.
    pub(super) fn by_cookie(
        headers: &HeaderMap,
        verifier: &Verifier,
    ) -> Result<Option<Self>, InvalidToken> {
        let token = cookie(headers);
        token
            .map(|token| Self::by_token(token, verifier))
            .transpose()
    }
}

/// The first cookie of ours: browsers send the one with the longest path first (RFC 6265, section 5.4).
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter();
    let mut cookies = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    cookies.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE_NAME).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(cookie(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("a=1; nova_event=2"));
        assert_eq!(cookie(&headers), None);
        headers.append(
            COOKIE,
            HeaderValue::from_static("b=3;nova_events=x.y-z; nova_events=4"),
        );
        assert_eq!(cookie(&headers), Some("x.y-z"));
    }
}
