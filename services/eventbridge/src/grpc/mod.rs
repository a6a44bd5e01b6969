//! gRPC: the same streams, each frame a message.

mod flow;
mod message;

use std::pin::Pin;

use futures::Stream;
use nova_proto::eventbridge::v1 as proto;
use nova_proto::eventbridge::v1::event_bridge_service_server::{
    EventBridgeService, EventBridgeServiceServer,
};
use nova_resilience::{FieldError, Invalid};
use nova_service::grpc::status;
use nova_service::http::ClientAddress;
use nova_service::tokens::{InvalidToken, bearer};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status};

use self::flow::{Received, flow};
use crate::domain::wanted::channels;
use crate::domain::{Slow, Wanted};
use crate::error::Error;
use crate::state::State;
use crate::state::stream::Whose;
use crate::state::stream_opening::Asking;

/// Messages on their way: what waits beyond them waits in the stream's own backlog, by its policy.
const ON_THE_WAY: usize = 16;

/// Answers `EventBridgeService`.
pub(crate) struct Bridge(State);

/// The gRPC service.
pub(crate) fn server(state: &State) -> EventBridgeServiceServer<Bridge> {
    EventBridgeServiceServer::new(Bridge(state.clone()))
}

#[tonic::async_trait]
impl EventBridgeService for Bridge {
    type SubscribeStream =
        Pin<Box<dyn Stream<Item = Result<proto::SubscribeResponse, Status>> + Send>>;

    async fn subscribe(
        &self,
        request: Request<proto::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let state = &self.0;
        let token = bearer(request.metadata().as_ref());
        let known = token
            .map(|token| state.verifier.verify_until(token))
            .transpose()
            .map_err(|error: InvalidToken| status(&error))?;
        let address = ClientAddress::of(request.extensions()).group();
        let asked = request.into_inner();
        let wanted = wanted(&asked).map_err(|wrong| status(&wrong))?;
        let user = known.as_ref().map(|(caller, _)| caller.user_id);
        let channels = channels(&wanted.channels, user);
        let channels = channels.ok_or_else(|| status(&Error::Unauthenticated))?;
        let whose = Whose {
            user,
            address,
            until: known.map(|(_, until)| until),
            channels: channels.into(),
            slow: wanted.slow,
        };
        let seat = state
            .hub
            .enter(whose)
            .map_err(|_| status(&Error::TooMany))?;
        let last_event_id = Some(asked.last_event_id).filter(|id| !id.is_empty());
        let asking = Asking {
            types: wanted.types,
            last_event_id: last_event_id.map(|id| id.into_bytes().into()),
        };
        let (sender, receiver) = mpsc::channel(ON_THE_WAY);
        let flow = flow(state.clone(), seat, asking, sender);
        state.sessions.spawn(flow);
        Ok(Response::new(Box::pin(Received(receiver))))
    }
}

fn wanted(asked: &proto::SubscribeRequest) -> Result<Wanted, Invalid> {
    let slow = match proto::Slow::try_from(asked.slow) {
        Ok(proto::Slow::Unspecified | proto::Slow::Disconnect) => Slow::Disconnect,
        Ok(proto::Slow::Drop) => Slow::Drop,
        Ok(proto::Slow::Conflate) => Slow::Conflate,
        Err(_) => {
            let message = "must be DISCONNECT, DROP or CONFLATE";
            return Err(FieldError::new("slow", "invalid_value", message).into());
        }
    };
    let [channels, types] = [&asked.channels, &asked.types]
        .map(|texts| Some(texts.iter().map(String::as_str).collect()));
    Wanted::read(channels, types, slow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Asked;

    #[test]
    fn what_is_asked_for_is_read_as_over_http() {
        let read = |channels: &[&str], types: &[&str], slow: i32| {
            let texts = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
            let asked = proto::SubscribeRequest {
                channels: texts(channels),
                types: texts(types),
                slow,
                last_event_id: String::new(),
            };
            wanted(&asked).map_err(|Invalid(wrong)| wrong[0].field.clone())
        };
        let nothing = read(&[], &[], 0).unwrap();
        assert_eq!(nothing.channels, [Asked::Me]);
        assert_eq!(
            (nothing.types, nothing.slow),
            (Vec::new(), Slow::Disconnect)
        );
        let all = read(&["tag:b", "me", "tag:B"], &["nova.feed.*"], 3).unwrap();
        assert_eq!((all.channels.len(), all.slow), (2, Slow::Conflate));
        let node = format!("node:{}", uuid::Uuid::now_v7());
        for channel in ["", "tag:a,tag:b", "me:1", &node] {
            assert_eq!(read(&[channel], &[], 0), Err("channels".to_owned()));
        }
        assert_eq!(read(&["tag:a"; 21], &[], 0), Err("channels".to_owned()));
        assert_eq!(read(&[], &["a,b"], 0), Err("types".to_owned()));
        assert_eq!(read(&[], &[], 9), Err("slow".to_owned()));
    }
}
