//! A WebSocket of the platform, as any client opens one.

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt as _, StreamExt as _};
use reqwest::Upgraded;
use reqwest::header::{CONNECTION, UPGRADE};
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::api::Api;

const PROTOCOL: &str = "nova.chat.v1.json";

/// A connection on which the server has not said anything yet.
pub(super) struct Socket(WebSocketStream<Upgraded>);

impl Socket {
    /// # Errors
    /// When nobody answers, and when the platform refuses.
    pub(super) async fn open(api: &Api, token: &str) -> anyhow::Result<Self> {
        let key = STANDARD.encode(rand::random::<[u8; 16]>());
        let response = api
            .request("GET", "/v1/chat/ws")?
            .bearer_auth(token)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", &key)
            .header("sec-websocket-protocol", PROTOCOL)
            .send()
            .await?;
        if response.status() != 101 {
            bail!("a socket was answered with {}", response.status());
        }
        let accepted = response.headers().get("sec-websocket-accept");
        let expected = derive_accept_key(key.as_bytes());
        ensure!(
            accepted.is_some_and(|accepted| accepted == expected.as_str()),
            "what answered speaks no WebSocket"
        );
        let stream = response.upgrade().await?;
        let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
        Ok(Self(socket))
    }

    pub(super) async fn send(&mut self, frame: &Value) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(frame.to_string())).await?)
    }

    /// What the server says next; `None` when it has closed. Pings are answered meanwhile.
    pub(super) async fn receive(&mut self) -> anyhow::Result<Option<Value>> {
        while let Some(message) = self.0.next().await {
            match message? {
                Message::Text(text) => {
                    return Ok(Some(serde_json::from_str(&text).context("not JSON")?));
                }
                Message::Close(_) => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }
}
