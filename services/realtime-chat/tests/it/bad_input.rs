//! What nobody should send: each an error frame or a close code, and no harm to others.

use nova_ids::UserId;
use nova_testkit::socket::{first_byte, masked};
use serde_json::json;
use uuid::Uuid;

use crate::stage::{Room, Stage, pong};

#[tokio::test]
async fn frames_that_are_none_are_answered_and_the_socket_stays() {
    let stage = Stage::new(1).await;
    let (ada, eve) = (UserId::new(), UserId::new());
    let room = Room::begin(&stage, &[ada]).await;
    let mut socket = stage.socket(0, eve).await;
    let mut of_ada = stage.socket(0, ada).await;
    let deep = format!(r#"{{"type":"ping","id":{}}}"#, "[".repeat(20_000));
    let id = Uuid::now_v7();
    for (code, text) in [
        ("malformed_frame", String::new()),
        ("malformed_frame", "not json".to_owned()),
        ("malformed_frame", "null".to_owned()),
        ("malformed_frame", r#"["ping",{"id":"1"}]"#.to_owned()),
        ("malformed_frame", r#"{"type":"nothing"}"#.to_owned()),
        ("malformed_frame", r#"{"type":"ping","id":"1","more":1}"#.to_owned()),
        ("malformed_frame", r#"{"type":"ping","id":"1","id":"1"}"#.to_owned()),
        ("malformed_frame", r#"{"type":"ping"}"#.to_owned()),
        ("malformed_frame", deep),
        ("malformed_frame", "\0".to_owned()),
        (
            "not_found",
            json!({ "type": "typing", "conversation_id": room.id, "active": true }).to_string(),
        ),
        (
            "not_found",
            json!({ "type": "mark", "conversation_id": room.id, "read": i64::MAX }).to_string(),
        ),
        (
            "validation_failed",
            json!({ "type": "mark", "conversation_id": room.id, "read": -1 }).to_string(),
        ),
        (
            "validation_failed",
            json!({
                "type": "send", "client_message_id": id, "conversation_id": room.id, "content": "a\0b",
            })
            .to_string(),
        ),
        (
            "validation_failed",
            json!({
                "type": "send", "client_message_id": id, "conversation_id": room.id,
                "content": "x".repeat(4_001),
            })
            .to_string(),
        ),
    ] {
        socket.send(first_byte::TEXT, text.as_bytes()).await;
        let error = socket.json().await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!(code)), "{error}");
        pong(&mut socket).await;
    }
    pong(&mut of_ada).await;
    stage.finish().await;
}

#[tokio::test]
async fn what_breaks_the_protocol_closes_the_socket() {
    let stage = Stage::new(1).await;
    let mut of_ada = stage.socket(0, UserId::new()).await;
    let cases: Vec<(u16, Vec<u8>)> = vec![
        (1002, vec![0x81, 0x05, b'H', b'e', b'l', b'l', b'o']),
        (1002, masked(0xC1, b"{}")),
        (1002, masked(0x83, b"")),
        (1002, masked(0x09, b"ping in fragments")),
        (1002, masked(0x89, &[0; 126])),
        (1002, masked(0x80, b"a middle without a beginning")),
        (1002, masked(0x88, &[3])),
        (1003, masked(first_byte::BINARY, b"{}")),
        (1007, masked(first_byte::TEXT, b"\xFF")),
        (1007, masked(0x01, b"\xED\xA0\x80")),
        (1009, masked(first_byte::TEXT, &vec![b' '; 64 * 1024 + 1])),
        (
            1009,
            [masked(0x01, b"{"), masked(0x00, b"").repeat(5_000)].concat(),
        ),
        (1000, masked(first_byte::CLOSE, b"")),
        (4_567, masked(first_byte::CLOSE, &4_567_u16.to_be_bytes())),
    ];
    for (code, bytes) in cases {
        let mut socket = stage.socket(0, UserId::new()).await;
        socket.send_raw(&bytes).await;
        let head = &bytes[..bytes.len().min(20)];
        assert_eq!(socket.closed().await, Some(code), "{head:?}");
        assert_eq!(socket.frame().await, None, "{head:?}");
        pong(&mut of_ada).await;
    }
    // 64 KiB are none too many, and half a handshake harms nobody.
    let mut padded = br#"{"type":"ping","id":"1"}"#.to_vec();
    padded.resize(64 * 1024, b' ');
    of_ada.send(first_byte::TEXT, &padded).await;
    assert_eq!(of_ada.json().await, json!({ "type": "pong", "id": "1" }));
    let address = stage.nodes[0]
        .base_url
        .trim_start_matches("http://")
        .to_owned();
    let mut half = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut half, b"GET /v1/chat/ws HTTP/1.1\r\nUpgr")
        .await
        .unwrap();
    drop(half);
    pong(&mut of_ada).await;
    of_ada.send(first_byte::PING, b"are you there?").await;
    let answer = of_ada.frame().await.unwrap();
    assert_eq!(
        (answer.first, answer.payload.as_slice()),
        (first_byte::PONG, &b"are you there?"[..])
    );
    stage.finish().await;
}
