//! A stream on its way to a client of gRPC.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use nova_proto::eventbridge::v1::SubscribeResponse;
use tokio::sync::mpsc;
use tonic::Status;

use super::message::messages;
use crate::state::State;
use crate::state::hub::Seat;
use crate::state::stream::{Stream, Turn};
use crate::state::stream_opening::{Asking, open};

/// What goes to the client.
pub(super) type Sender = mpsc::Sender<Result<SubscribeResponse, Status>>;

/// What the client is sent.
pub(super) struct Received(pub(super) mpsc::Receiver<Result<SubscribeResponse, Status>>);

impl futures::Stream for Received {
    type Item = Result<SubscribeResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// Opens a stream and hands over what it is told, until it is over or the client has gone. A task of its own: of a client that
/// takes nothing nobody asks for more, and its place must be free all the same.
pub(super) async fn flow(state: State, seat: Seat, asking: Asking, sender: Sender) {
    let opening = async {
        // In a box that is let go when it is done: streams live long after that.
        open(state.clone(), seat.stream().clone(), asking)
            .boxed()
            .await;
        pending::<()>().await;
    };
    tokio::select! {
        () = opening => {}
        () = hand_over(&seat, &sender) => {}
        () = sender.closed() => {}
        () = state.stopping.cancelled() => {}
    }
}

async fn hand_over(seat: &Seat, sender: &Sender) {
    let stream = seat.stream();
    loop {
        let mut out = Vec::new();
        let turn = poll_fn(|context| stream.poll_fill(context, seat.key(), &mut out)).await;
        if turn == Turn::Cut {
            return;
        }
        for message in messages(&out) {
            let place = tokio::select! {
                biased;
                place = sender.reserve() => place,
                () = over(stream) => return,
            };
            let Ok(place) = place else { return };
            place.send(Ok(message));
            stream.progressed();
        }
        if turn == Turn::Last {
            return;
        }
    }
}

/// Waits until the stream is over while what was made ready cannot be handed over.
async fn over(stream: &Stream) {
    poll_fn(|context| match stream.poll_over(context) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}
