//! The same frames over gRPC, and in protobuf over a WebSocket.

use nova_ids::UserId;
use nova_proto::realtime_chat::v1::connect_request::Frame as Said;
use nova_proto::realtime_chat::v1::connect_response::Frame as Told;
use nova_proto::realtime_chat::v1::realtime_chat_service_client::RealtimeChatServiceClient;
use nova_proto::realtime_chat::v1::{ConnectRequest, ConnectResponse, Ping, Resume};
use nova_testkit::WebSocket;
use nova_testkit::socket::first_byte;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::stage::{PATH, Room, Stage};

fn said(frame: Said) -> ConnectRequest {
    ConnectRequest { frame: Some(frame) }
}

fn resume(room: &Room, position: i64) -> ConnectRequest {
    said(Said::Resume(Resume {
        positions: [(room.id.to_string(), position)].into(),
        more: false,
    }))
}

#[tokio::test]
async fn a_stream_is_told_what_a_socket_is() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    room.say(&stage, ada, "before").await;
    stage.kept(&room).await;
    let channel = Channel::from_shared(stage.nodes[0].base_url.clone()).unwrap();
    let mut client = RealtimeChatServiceClient::new(channel.connect().await.unwrap());
    let (say, frames) = mpsc::channel(8);
    say.send(resume(&room, 1)).await.unwrap();
    let anonymous = client.connect(Request::new(tokio_stream::empty())).await;
    assert_eq!(anonymous.unwrap_err().code(), Code::Unauthenticated);
    let mut request = Request::new(ReceiverStream::new(frames));
    let token = format!("Bearer {}", stage.stack.token(bob));
    request
        .metadata_mut()
        .insert("authorization", token.parse().unwrap());
    let mut told = client.connect(request).await.unwrap().into_inner();
    let mut next = async || told.message().await.unwrap().unwrap().frame.unwrap();
    assert!(matches!(next().await, Told::Hello(hello) if hello.user_id == bob.to_string()));
    assert!(matches!(next().await, Told::Message(change) if change.position == 2));
    assert!(matches!(next().await, Told::Resumed(resumed) if resumed.conversations.len() == 1));
    room.say(&stage, ada, "now").await;
    let Told::Message(change) = next().await else {
        panic!("a message comes");
    };
    let message = change.message.unwrap();
    assert_eq!(message.content.as_deref(), Some("now"));
    assert_eq!(message.sender_id, ada.to_string());
    say.send(said(Said::Ping(Ping { id: "1".to_owned() })))
        .await
        .unwrap();
    assert!(matches!(next().await, Told::Pong(pong) if pong.id == "1"));
    say.send(ConnectRequest { frame: None }).await.unwrap();
    assert!(matches!(next().await, Told::Error(error) if error.code == "malformed_frame"));
    drop(say);
    assert!(told.message().await.unwrap().is_none());
    stage.finish().await;
}

#[tokio::test]
async fn a_socket_may_speak_protobuf() {
    let stage = Stage::new(1).await;
    let ada = UserId::new();
    let mut room = Room::begin(&stage, &[ada]).await;
    let bearer = format!("Bearer {}", stage.stack.token(ada));
    let headers = [
        ("Sec-WebSocket-Protocol", "nova.chat.v1.protobuf"),
        ("Authorization", bearer.as_str()),
    ];
    let opened = WebSocket::open(&stage.nodes[0].base_url, PATH, &headers).await;
    let mut socket = opened.unwrap();
    let next = async |socket: &mut WebSocket| {
        let frame = socket.frame().await.unwrap();
        assert_eq!(frame.first, first_byte::BINARY);
        ConnectResponse::decode(frame.payload.as_slice())
            .unwrap()
            .frame
            .unwrap()
    };
    assert!(matches!(next(&mut socket).await, Told::Hello(_)));
    socket
        .send(first_byte::BINARY, &resume(&room, 1).encode_to_vec())
        .await;
    assert!(matches!(next(&mut socket).await, Told::Resumed(_)));
    let mut message = room.say(&stage, ada, "hi").await;
    assert!(matches!(next(&mut socket).await, Told::Message(change) if !change.hidden));
    room.react(&stage, &mut message, ada).await;
    let Told::Reacted(change) = next(&mut socket).await else {
        panic!("a reaction comes");
    };
    let reactions = change.message.unwrap().reactions;
    assert_eq!((reactions[0].count, reactions[0].user_ids.len()), (1, 0));
    socket.send(first_byte::BINARY, b"\xFF").await;
    assert!(
        matches!(next(&mut socket).await, Told::Error(error) if error.code == "malformed_frame")
    );
    socket.send(first_byte::TEXT, b"{}").await;
    assert_eq!(socket.closed().await, Some(1003));
    stage.finish().await;
}
