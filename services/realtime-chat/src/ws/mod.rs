//! WebSockets: RFC 6455, written for sockets that are idle most of the time. What is read lies on the stack until it is part
//! of a message, and what is written is let go when it was.

mod codec;
mod handshake;
mod transport;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use nova_service::http::Problem;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::{Session, State};
use handshake::Handshake;
use transport::WebSocket;

/// Every route of this service.
pub(crate) fn router(state: &State) -> OpenApiRouter {
    routes()
        .layer(state.reads.clone())
        .with_state(state.clone())
}

/// What the OpenAPI document says of them.
pub(crate) fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(connect))
}

/// Opens a WebSocket for chat: frames of the subprotocol `nova.chat.v1.json` or `nova.chat.v1.protobuf`, described in the
/// README of realtime-chat. Browsers bring the access token as a second subprotocol, `bearer.<token>`.
#[utoipa::path(
    get, path = "/v1/chat/ws", tag = "chat", operation_id = "connect_chat",
    responses(
        (status = 101, description = "From here on frames of the subprotocol"),
        (status = 400, description = "No subprotocol that is known, or half a handshake"),
        (status = 403, description = "A page of a foreign origin"),
        (status = 426, description = "No upgrade to WebSocket"),
    ),
    security(("bearer" = [])),
)]
async fn connect(Shared(state): Shared<State>, mut request: Request) -> Result<Response, Problem> {
    let upgrade = request
        .extensions_mut()
        .remove::<hyper::upgrade::OnUpgrade>();
    let handshake = Handshake::of(&request, &state.verifier, &state.origins, upgrade.is_some())?;
    let Some(upgrade) = upgrade else {
        return Err(handshake::no_upgrade());
    };
    let answer = handshake.answer();
    let sessions = state.sessions.clone();
    sessions.spawn(async move {
        match upgrade.await {
            Ok(upgraded) => {
                let (user, until) = (handshake.user_id, handshake.until);
                let transport = WebSocket::new(upgraded, handshake.format);
                Session::new(state, user, until, handshake.format, transport)
                    .run()
                    .await;
            }
            Err(error) => tracing::debug!(%error, "a client left before the upgrade"),
        }
    });
    answer.map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad_handshake",
            "this is no handshake",
        )
    })
}
