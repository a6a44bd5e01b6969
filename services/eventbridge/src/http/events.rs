//! Streams, and what opens them for pages.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::response::Response;
use futures::FutureExt as _;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use nova_service::http::{ClientAddress, Json, Problem, Query};
use nova_service::tokens::{Caller, bearer};

use super::accept::{EVENT_STREAM, takes_streams};
use super::access::{COOKIE_NAME, Known};
use super::parameters::EventsQuery;
use super::tickets::{Claimed, Given, LIFETIME, Ticket, unix_seconds};
use super::transport::Flow;
use crate::domain::event_id::{self, Had, StreamTag};
use crate::domain::wanted::channels;
use crate::domain::{Asked, frame};
use crate::error::Error;
use crate::state::State;
use crate::state::stream::Whose;
use crate::state::stream_opening::{Asking, open};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Where streams are, and where the cookie is sent.
pub(crate) const PATH: &str = "/v1/events";

/// Follows events as they happen (server-sent events, WHATWG HTML section 9.2), for `EventSource`. It goes on where
/// `Last-Event-ID` says, on whichever node; what is missing is told as an event `gap`. Without a token only channels can be
/// followed that are open to everybody; a token is brought by `Authorization`, by the cookie `nova_events`, or by a ticket.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", operation_id = "follow_events",
    params(
        EventsQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that the client was told"),
    ),
    responses(
        (status = 200, description = "From here on events", content_type = "text/event-stream", body = String),
        (status = 406, description = "The `Accept` header excludes `text/event-stream`"),
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn follow(
    Shared(state): Shared<State>,
    method: Method,
    version: Version,
    address: ClientAddress,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Problem> {
    if !takes_streams(&headers) {
        let refused = Error::NotAcceptable;
        let detail = refused.to_string();
        return Err(Problem::new(
            StatusCode::NOT_ACCEPTABLE,
            "not_acceptable",
            detail,
        ));
    }
    let wanted = query.check()?;
    let last_event_id = last_event_id(&headers, &query);
    let (known, unused) = known(&state, &headers, &query, &wanted.channels)?;
    let user = known.map(|known| known.user);
    let channels = channels(&wanted.channels, user).ok_or(Error::Unauthenticated)?;
    if method == Method::HEAD {
        return Ok(answer(Body::empty()));
    }
    let whose = Whose {
        user,
        address: address.group(),
        until: known.map(|known| known.until),
        channels: channels.into(),
        slow: wanted.slow,
    };
    let seat = match state.hub.enter(whose) {
        Ok(seat) => seat,
        // Whoever comes back may be counted twice until the stream that they have lost is found to be dead.
        Err(_) if last_event_id.is_some() => return Ok(later(state.heartbeat)),
        Err(_) => return Err(Error::TooMany.into()),
    };
    let claimed = match unused {
        Some(ticket) => Some(Claimed::new(&state, ticket).await.ok_or(Error::BadTicket)?),
        None => None,
    };
    let asking = Asking {
        types: wanted.types,
        last_event_id,
    };
    let patience = 2 * state.heartbeat;
    let opening = open(state, seat.stream().clone(), asking).boxed();
    let flow = Flow::new(seat, opening, claimed);
    Ok(begin(version, flow, patience))
}

/// Whatever can take long is done behind the head: only what cannot pass is a status. A client that acknowledges nothing for
/// `patience` is gone.
fn begin(version: Version, flow: Flow, patience: Duration) -> Response {
    if version >= Version::HTTP_2 {
        return answer(flow.into_body());
    }
    let mut answer = answer(Body::empty());
    answer.extensions_mut().insert(flow.taking_over(patience));
    answer
}

/// A stream that ends at once, and says when to come back: `EventSource` gives up on any status that is not 200.
fn later(after: Duration) -> Response {
    let millis = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
    answer(frame::retry(millis).into())
}

fn answer(body: Body) -> Response {
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    answer
}

/// What the client brings to go on from; the header wins. An empty one is none: so `EventSource` has it before the first.
fn last_event_id(headers: &HeaderMap, query: &EventsQuery) -> Option<Box<[u8]>> {
    let header = headers.get(LAST_EVENT_ID).map(HeaderValue::as_bytes);
    let brought = header.or(query.last_event_id.as_deref().map(str::as_bytes));
    brought.filter(|id| !id.is_empty()).map(Into::into)
}

/// Who is asking: the first of header, ticket and cookie that is there says so, and must be good. Also the ticket, if it has still
/// to be used for that.
fn known(
    state: &State,
    headers: &HeaderMap,
    query: &EventsQuery,
    asked: &[Asked],
) -> Result<(Option<Known>, Option<Ticket>), Problem> {
    if let Some(known) = Known::by_header(headers, &state.verifier)? {
        return Ok((Some(known), None));
    }
    if let Some(text) = &query.ticket {
        let (ticket, is_unused) = by_ticket(state, text, asked, headers)?;
        return Ok((Some(ticket.known), Some(ticket).filter(|_| is_unused)));
    }
    Ok((Known::by_cookie(headers, &state.verifier)?, None))
}

/// A ticket, and whether it is to be used now: not if it is brought again with an id that its stream was given. Only the header says
/// that, for the address has nothing that whoever finds it could not repeat.
fn by_ticket(
    state: &State,
    text: &str,
    asked: &[Asked],
    headers: &HeaderMap,
) -> Result<(Ticket, bool), Error> {
    let ticket = Ticket::open(&state.key, text).ok_or(Error::BadTicket)?;
    let now = unix_seconds();
    let user = Some(ticket.known.user);
    if ticket.known.until <= now {
        return Err(Error::BadTicket);
    }
    let goes_on = || {
        let id = headers.get(LAST_EVENT_ID)?.as_bytes();
        let channels = channels(asked, user)?;
        let tag = StreamTag::new(&state.key, user, &channels);
        let had = event_id::read(&state.key, &tag, channels.len(), id);
        matches!(had, Had::Valid(_)).then_some(())
    };
    let goes_on = goes_on().is_some();
    if !goes_on && ticket.until < now {
        return Err(Error::BadTicket);
    }
    Ok((ticket, !goes_on))
}

/// Gives a page a cookie with which its `EventSource` opens streams, for as long as the token is good.
#[utoipa::path(
    post, path = "/v1/events/session", tag = "events", operation_id = "begin_events_session",
    responses((status = 204, description = "The cookie `nova_events` is set")),
    security(("bearer" = [])),
)]
pub(super) async fn begin_session(
    Shared(state): Shared<State>,
    _: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let token = bearer(&headers).ok_or(Error::Unauthenticated)?;
    let known = Known::by_token(token, &state.verifier)?;
    let seconds = known.until.saturating_sub(unix_seconds());
    let secure = if is_tls(&headers) { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE_NAME}={token}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    );
    let cookie = HeaderValue::try_from(cookie).map_err(|_| Error::Unauthenticated)?;
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer.headers_mut().insert(SET_COOKIE, cookie);
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// Whether the client speaks TLS, which proxies end. Whoever says so falsely deceives only themselves.
fn is_tls(headers: &HeaderMap) -> bool {
    let said = headers.get(X_FORWARDED_PROTO);
    said.is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// Gives a ticket that opens one stream, and then only goes on with that one: for pages that can bring neither header nor cookie.
#[utoipa::path(
    post, path = "/v1/events/tickets", tag = "events", operation_id = "give_events_ticket",
    responses((status = 201, description = "The ticket", body = Given)),
    security(("bearer" = [])),
)]
pub(super) async fn give_ticket(
    Shared(state): Shared<State>,
    _: Caller,
    headers: HeaderMap,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1], Json<Given>), Problem> {
    let token = bearer(&headers).ok_or(Error::Unauthenticated)?;
    let known = Known::by_token(token, &state.verifier)?;
    let given = Given {
        ticket: Ticket::new(known, unix_seconds()).seal(&state.key),
        expires_in: LIFETIME,
    };
    let unseen = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::CREATED, unseen, Json(given)))
}
