//! gRPC: the same operations as REST, by the same queries and the same rules.

mod home;

use nova_proto::feed::v1::feed_service_server::FeedServiceServer;

use crate::state::State;

/// The gRPC service.
pub(crate) fn server(state: &State) -> FeedServiceServer<home::Home> {
    FeedServiceServer::new(home::Home::new(state.clone()))
}
