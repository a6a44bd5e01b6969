//! gRPC: the same commands and queries as REST, under the same limits.

mod messages;
mod server;

use nova_ids::UserId;
use nova_proto::messaging::v1::messaging_service_server::MessagingServiceServer;
use nova_resilience::Fault;
use nova_service::grpc::status;
use nova_service::tokens::Caller;
use tonic::{Request, Response, Status};

use crate::error::Error;
use crate::state::State;

/// The gRPC service.
pub(crate) fn server(state: &State) -> MessagingServiceServer<Messaging> {
    MessagingServiceServer::new(Messaging(state.clone()))
}

pub(crate) struct Messaging(State);

type Answer<T> = Result<Response<T>, Status>;

impl Messaging {
    /// Who is asking to write, if they may ask once more now.
    async fn writer<T: Sync>(&self, request: &Request<T>) -> Result<UserId, Status> {
        let extensions = request.extensions();
        self.0.writes.check(extensions).await.map_err(refuse)?;
        let caller = Caller::of(extensions).map_err(refuse)?;
        Ok(caller.user_id)
    }

    /// Who is asking to read, if they may ask once more now.
    async fn reader<T: Sync>(&self, request: &Request<T>) -> Result<UserId, Status> {
        let extensions = request.extensions();
        self.0.reads.check(extensions).await.map_err(refuse)?;
        let caller = Caller::of(extensions).map_err(refuse)?;
        Ok(caller.user_id)
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        status(&error)
    }
}

fn refuse(fault: impl Fault) -> Status {
    status(&fault)
}
