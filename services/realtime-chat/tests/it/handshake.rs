//! Who may come in, and how.

use nova_ids::UserId;
use nova_testkit::{Stack, WebSocket};
use serde_json::json;

use crate::stage::{JSON, PATH, Stage, pong};

#[tokio::test]
async fn hello_says_what_is_to_be_known() {
    let stage = Stage::new(1).await;
    let ada = UserId::new();
    let token = stage.stack.token(ada);
    let protocols = format!("nova.chat.v1.json, bearer.{token}");
    let headers = [("Sec-WebSocket-Protocol", protocols.as_str())];
    let opened = WebSocket::open(&stage.nodes[0].base_url, PATH, &headers).await;
    let mut socket = opened.expect("a browser comes in");
    let hello = socket.json().await;
    assert_eq!(
        hello,
        json!({
            "type": "hello", "connection_id": hello["connection_id"], "user_id": ada,
            "heartbeat_seconds": 30, "retention_seconds": 604_800, "max_frame_bytes": 65_536,
        })
    );
    pong(&mut socket).await;
    stage.finish().await;
}

#[tokio::test]
async fn whoever_may_not_come_in_is_told_before_the_upgrade() {
    let stack = Stack::new()
        .await
        .with("NOVA_CHAT_ORIGINS", "https://app.example");
    let stage = Stage::on(stack, 1).await;
    let good = format!("Bearer {}", stage.stack.token(UserId::new()));
    let auth = ("Authorization", good.as_str());
    let base = stage.nodes[0].base_url.clone();
    let own = base.clone();
    let evil = ("Origin", "https://evil.example");
    let none = ("Sec-WebSocket-Protocol", "");
    let table: Vec<(u16, Vec<(&str, &str)>)> = vec![
        (401, vec![JSON]),
        (401, vec![JSON, ("Authorization", "Bearer x")]),
        (
            401,
            vec![("Sec-WebSocket-Protocol", "nova.chat.v1.json, bearer.x")],
        ),
        (401, vec![JSON, ("Upgrade", ""), evil]),
        (426, vec![JSON, auth, ("Upgrade", "")]),
        (426, vec![JSON, auth, ("Upgrade", "h2c")]),
        (426, vec![JSON, auth, ("Connection", "keep-alive")]),
        (426, vec![JSON, auth, ("Sec-WebSocket-Version", "8")]),
        (426, vec![auth, ("Upgrade", ""), evil]),
        (403, vec![JSON, auth, evil]),
        (403, vec![none, auth, ("Origin", "null")]),
        (400, vec![none, auth]),
        (400, vec![("Sec-WebSocket-Protocol", "graphql-ws"), auth]),
        (400, vec![JSON, auth, ("Sec-WebSocket-Key", "short")]),
        (400, vec![JSON, auth, ("Sec-WebSocket-Key", "")]),
    ];
    for (status, headers) in table {
        let refused = WebSocket::open(&base, PATH, &headers).await.unwrap_err();
        assert_eq!(refused.status, status, "{headers:?}: {}", refused.text);
        assert!(
            refused.text.contains("application/problem+json"),
            "{headers:?}"
        );
    }
    for origin in ["https://app.example", own.as_str()] {
        let headers = [JSON, auth, ("Origin", origin)];
        let mut socket = WebSocket::open(&base, PATH, &headers).await.unwrap();
        assert_eq!(socket.json().await["type"], "hello");
    }
    stage.nodes[0]
        .get(PATH)
        .bearer(stage.stack.token(UserId::new()))
        .await
        .expect(426);
    stage.finish().await;
}
