//! The opening handshake (RFC 6455, section 4.2): who may come in, and how it goes on.

use aws_lc_rs::digest;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use nova_ids::UserId;
use nova_service::http::Problem;
use nova_service::tokens::{Anonymous, InvalidToken, Verifier, bearer};

use crate::state::Format;

const JSON: &str = "nova.chat.v1.json";
const PROTOBUF: &str = "nova.chat.v1.protobuf";
/// A subprotocol that brings the access token: browsers can set no header.
const BEARER: &str = "bearer.";
/// What the key is hashed with (RFC 6455, section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A handshake that was accepted.
#[derive(Debug)]
pub(super) struct Handshake {
    pub(super) user_id: UserId,
    /// When the token ends, in seconds since the Unix epoch.
    pub(super) until: u64,
    pub(super) format: Format,
    accept: String,
}

impl Handshake {
    /// The request's, if nothing speaks against it, in this order: 401, 426, 403, 400.
    pub(super) fn of(
        request: &Request,
        verifier: &Verifier,
        origins: &[String],
        can_upgrade: bool,
    ) -> Result<Self, Problem> {
        let headers = request.headers();
        let protocols = list(headers, &SEC_WEBSOCKET_PROTOCOL);
        let (user_id, until) = caller(headers, &protocols, verifier)?;
        if !can_upgrade || !is_upgrade(request) {
            return Err(no_upgrade());
        }
        if !is_from_here(headers, origins) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "pages of this origin may not connect",
            ));
        }
        let format = format_of(&protocols).ok_or_else(|| {
            bad(
                "unknown_subprotocol",
                "a subprotocol is needed, nova.chat.v1.json or nova.chat.v1.protobuf",
            )
        })?;
        let key = key(headers).ok_or_else(|| {
            bad(
                "bad_handshake",
                "Sec-WebSocket-Key is needed once, 16 bytes in base64",
            )
        })?;
        Ok(Self {
            user_id,
            until,
            format,
            accept: accept(&key),
        })
    }

    /// 101: from here on both speak WebSocket.
    pub(super) fn answer(&self) -> http::Result<Response> {
        let protocol = match self.format {
            Format::Json => JSON,
            Format::Protobuf => PROTOBUF,
        };
        Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_ACCEPT, &self.accept)
            .header(SEC_WEBSOCKET_PROTOCOL, protocol)
            .body(Body::empty())
    }
}

/// 426: this is not the way.
pub(super) fn no_upgrade() -> Problem {
    Problem::new(
        StatusCode::UPGRADE_REQUIRED,
        "upgrade_required",
        "this address speaks WebSocket, version 13",
    )
}

fn bad(code: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail)
}

/// Whose token there is: that of `Authorization`, which came in if it was good, or the subprotocol's.
fn caller(
    headers: &HeaderMap,
    protocols: &[String],
    verifier: &Verifier,
) -> Result<(UserId, u64), Problem> {
    let mut of_protocol = protocols
        .iter()
        .filter_map(|protocol| protocol.strip_prefix(BEARER));
    let token = match (bearer(headers), of_protocol.next(), of_protocol.next()) {
        (Some(token), _, _) | (None, Some(token), None) => token,
        (None, Some(_), Some(_)) => return Err(InvalidToken.into()),
        (None, None, _) => return Err(Anonymous.into()),
    };
    let (caller, until) = verifier.verify_until(token)?;
    Ok((caller.user_id, until))
}

fn is_upgrade(request: &Request) -> bool {
    let headers = request.headers();
    let names = |header: &HeaderName, word: &str| {
        list(headers, header)
            .iter()
            .any(|given| given.eq_ignore_ascii_case(word))
    };
    request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && names(&UPGRADE, "websocket")
        && names(&CONNECTION, "upgrade")
        && headers
            .get(SEC_WEBSOCKET_VERSION)
            .is_some_and(|version| version == "13")
}

/// Whether this is no page, or one of the server's own or of a known origin.
fn is_from_here(headers: &HeaderMap, origins: &[String]) -> bool {
    let mut given = headers.get_all(ORIGIN).iter();
    let origin = match (given.next(), given.next()) {
        (None, _) => return true,
        (Some(origin), None) => origin,
        (Some(_), Some(_)) => return false,
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let origin = origin.to_ascii_lowercase();
    if origins.contains(&origin) {
        return true;
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let own = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    own.is_some_and(|own| host.is_some_and(|host| host.eq_ignore_ascii_case(own)))
}

fn format_of(protocols: &[String]) -> Option<Format> {
    protocols
        .iter()
        .find_map(|protocol| match protocol.as_str() {
            JSON => Some(Format::Json),
            PROTOBUF => Some(Format::Protobuf),
            _ => None,
        })
}

fn key(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return None;
    };
    let bytes = STANDARD.decode(key.as_bytes()).ok()?;
    (bytes.len() == 16).then(|| key.clone())
}

fn accept(key: &HeaderValue) -> String {
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    context.update(key.as_bytes());
    context.update(GUID.as_bytes());
    STANDARD.encode(context.finish())
}

/// The words of a header that may come several times, with commas between.
fn list(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_answered_as_the_rfc_does() {
        let key = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept(&key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_key_is_16_bytes_and_one() {
        let keys = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(SEC_WEBSOCKET_KEY, HeaderValue::from_static(value));
            }
            key(&headers).is_some()
        };
        assert!(keys(&["dGhlIHNhbXBsZSBub25jZQ=="]));
        for wrong in [
            &[][..],
            &["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="],
            &["dGhlIHNhbXBsZSA="],
            &["not base64"],
        ] {
            assert!(!keys(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn origins_are_the_servers_own_none_or_known() {
        let allowed = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("Chat.example:8080"));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_static(origin));
            }
            is_from_here(&headers, &["https://app.example".to_owned()])
        };
        assert!(allowed(None));
        assert!(allowed(Some("http://chat.example:8080")));
        assert!(allowed(Some("https://APP.example")));
        for foreign in [
            "https://evil.example",
            "null",
            "http://chat.example",
            "chat.example:8080",
        ] {
            assert!(!allowed(Some(foreign)), "{foreign}");
        }
    }
}
