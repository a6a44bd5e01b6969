//! gRPC: the same frames over a stream of it.

mod stream;

use std::pin::Pin;

use futures::Stream;
use nova_proto::realtime_chat::v1::realtime_chat_service_server::{
    RealtimeChatService, RealtimeChatServiceServer,
};
use nova_proto::realtime_chat::v1::{ConnectRequest, ConnectResponse};
use nova_service::grpc::status;
use nova_service::tokens::InvalidToken;
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

use crate::error::Error;
use crate::state::{Format, Session, State};
use stream::{Received, Stretched};

/// Frames on their way: what waits beyond them waits in the socket's own backlog.
const ON_THE_WAY: usize = 16;

/// Answers `RealtimeChatService`.
pub(crate) struct Chat(State);

/// The gRPC service.
pub(crate) fn server(state: &State) -> RealtimeChatServiceServer<Chat> {
    RealtimeChatServiceServer::new(Chat(state.clone()))
}

#[tonic::async_trait]
impl RealtimeChatService for Chat {
    type ConnectStream = Pin<Box<dyn Stream<Item = Result<ConnectResponse, Status>> + Send>>;

    async fn connect(
        &self,
        request: Request<Streaming<ConnectRequest>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        let state = self.0.clone();
        let reads = state.reads.check(request.extensions());
        reads.await.map_err(|error| status(&error))?;
        let token = request
            .metadata()
            .get("authorization")
            .and_then(|header| header.to_str().ok())
            .and_then(|header| header.split_once(' '))
            .map(|(_, token)| token.trim_matches(' ').to_owned());
        let token = token.ok_or_else(|| status(&Error::Unauthenticated))?;
        let verified = state.verifier.verify_until(&token);
        let (caller, until) = verified.map_err(|error: InvalidToken| status(&error))?;
        let (sender, receiver) = mpsc::channel(ON_THE_WAY);
        let transport = Stretched::new(request.into_inner(), sender);
        let session = Session::new(
            state.clone(),
            caller.user_id,
            until,
            Format::Protobuf,
            transport,
        );
        state.sessions.spawn(session.run());
        Ok(Response::new(Box::pin(Received(receiver))))
    }
}
