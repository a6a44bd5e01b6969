//! Nodes, and conversations as messaging would tell of them.

use nova_ids::UserId;
use nova_proto::messaging::v1::{
    Conversation, ConversationCreated, ConversationType, ConversationUpdated, Member, MemberRole,
    Message, MessageDeleted, MessageEdited, MessageReacted, MessageSent, MessageType, Reaction,
};
use nova_proto::timestamp;
use nova_testkit::{App, Stack, WebSocket, eventually};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) const PATH: &str = "/v1/chat/ws";
pub(crate) const JSON: (&str, &str) = ("Sec-WebSocket-Protocol", "nova.chat.v1.json");

/// Everything that a test needs.
pub(crate) struct Stage {
    pub(crate) stack: Stack,
    pub(crate) nodes: Vec<App>,
}

impl Stage {
    pub(crate) async fn new(nodes: usize) -> Self {
        Self::on(Stack::new().await, nodes).await
    }

    pub(crate) async fn on(stack: Stack, count: usize) -> Self {
        let mut nodes = Vec::new();
        for _ in 0..count {
            nodes.push(stack.start(nova_realtime_chat::service).await);
        }
        Self { stack, nodes }
    }

    /// A socket that was greeted and has said nothing.
    pub(crate) async fn greeted(&self, node: usize, user: UserId) -> WebSocket {
        let token = self.stack.token(user);
        self.greeted_with(node, user, &token).await
    }

    pub(crate) async fn greeted_with(&self, node: usize, user: UserId, token: &str) -> WebSocket {
        let bearer = format!("Bearer {token}");
        let headers = [JSON, ("Authorization", bearer.as_str())];
        let opened = WebSocket::open(&self.nodes[node].base_url, PATH, &headers).await;
        let mut socket = opened.expect("it opens");
        let hello = socket.json().await;
        assert_eq!(hello["type"], "hello", "{hello}");
        assert_eq!(hello["user_id"], user.to_string());
        socket
    }

    /// A socket that is live from its hello on.
    pub(crate) async fn socket(&self, node: usize, user: UserId) -> WebSocket {
        let mut socket = self.greeted(node, user).await;
        pong(&mut socket).await;
        socket
    }

    /// A socket that has resumed from these positions; what it was told until then, `resumed` at the end.
    pub(crate) async fn resumed(
        &self,
        node: usize,
        user: UserId,
        positions: Value,
    ) -> (WebSocket, Vec<Value>) {
        let mut socket = self.greeted(node, user).await;
        let resume = json!({ "type": "resume", "positions": positions });
        socket.send_json(&resume).await;
        let mut told = Vec::new();
        loop {
            told.push(socket.json().await);
            if told.last().unwrap()["type"] == "resumed" {
                return (socket, told);
            }
        }
    }

    /// Waits until this position of the conversation is kept.
    pub(crate) async fn kept(&self, room: &Room) {
        let pool = self.stack.database("realtime-chat").await;
        let (id, expected) = (room.id, room.position);
        eventually("the last change is kept", async || {
            let found: Option<i64> =
                sqlx::query_scalar("SELECT position FROM conversations WHERE id = $1")
                    .bind(id)
                    .fetch_optional(&pool)
                    .await
                    .unwrap();
            (found == Some(expected)).then_some(()).ok_or(found)
        })
        .await;
        pool.close().await;
    }

    pub(crate) async fn finish(self) {
        self.stack.finish().await;
    }
}

/// Asks, and waits for the answer: what was said before has been heard then.
pub(crate) async fn pong(socket: &mut WebSocket) {
    let id = Uuid::now_v7().to_string();
    socket.send_json(&json!({ "type": "ping", "id": id })).await;
    let answer = socket.json().await;
    assert_eq!(answer, json!({ "type": "pong", "id": id }));
}

/// What a send looks like.
pub(crate) fn send(room: &Room, content: &str) -> (Uuid, Value) {
    let id = Uuid::now_v7();
    let frame = json!({
        "type": "send", "client_message_id": id, "conversation_id": room.id, "content": content,
    });
    (id, frame)
}

/// A conversation, as messaging knows it.
pub(crate) struct Room {
    pub(crate) id: Uuid,
    pub(crate) members: Vec<(UserId, i64)>,
    pub(crate) position: i64,
    pub(crate) sequence: i64,
}

impl Room {
    /// One of these members begins, and is told of.
    pub(crate) async fn begin(stage: &Stage, members: &[UserId]) -> Self {
        let room = Self {
            id: Uuid::now_v7(),
            members: members.iter().map(|user| (*user, 1)).collect(),
            position: 1,
            sequence: 0,
        };
        let now = timestamp(OffsetDateTime::now_utc());
        stage
            .stack
            .publish(&ConversationCreated {
                conversation_id: room.id.to_string(),
                conversation: Some(room.conversation()),
                created_at: Some(now),
            })
            .await;
        stage.kept(&room).await;
        room
    }

    pub(crate) fn conversation(&self) -> Conversation {
        let now = timestamp(OffsetDateTime::now_utc());
        let members = self.members.iter().map(|(user, joined)| Member {
            user_id: user.to_string(),
            role: MemberRole::Member.into(),
            joined_at: Some(now),
            joined_position: *joined,
            ..Member::default()
        });
        Conversation {
            id: self.id.to_string(),
            r#type: ConversationType::Group.into(),
            title: Some("a room".to_owned()),
            members: members.collect(),
            sequence: self.sequence,
            position: self.position,
            created_at: Some(now),
            updated_at: Some(now),
            ..Conversation::default()
        }
    }

    fn next(&mut self) -> i64 {
        self.position += 1;
        self.position
    }

    /// Somebody says something.
    pub(crate) async fn say(&mut self, stage: &Stage, sender: UserId, content: &str) -> Message {
        self.say_as(stage, sender, content, "").await
    }

    /// The same, as a client has named it.
    pub(crate) async fn say_as(
        &mut self,
        stage: &Stage,
        sender: UserId,
        content: &str,
        client_message_id: &str,
    ) -> Message {
        self.sequence += 1;
        let position = self.next();
        let now = timestamp(OffsetDateTime::now_utc());
        let message = Message {
            id: Uuid::now_v7().to_string(),
            conversation_id: self.id.to_string(),
            sequence: self.sequence,
            position,
            sender_id: sender.to_string(),
            r#type: MessageType::Text.into(),
            content: Some(content.to_owned()),
            client_message_id: client_message_id.to_owned(),
            revision: 1,
            sent_at: Some(now),
            ..Message::default()
        };
        let others = self.members.iter().map(|(user, _)| *user);
        let recipients = others.filter(|user| *user != sender);
        stage
            .stack
            .publish(&MessageSent {
                message_id: message.id.clone(),
                conversation_id: message.conversation_id.clone(),
                sender_id: message.sender_id.clone(),
                recipient_ids: recipients.map(|user| user.to_string()).collect(),
                content: content.to_owned(),
                r#type: message.r#type,
                sent_at: message.sent_at,
                sequence: message.sequence,
                position,
                client_message_id: client_message_id.to_owned(),
                revision: 1,
                ..MessageSent::default()
            })
            .await;
        message
    }

    pub(crate) async fn edit(&mut self, stage: &Stage, message: &mut Message, content: &str) {
        let now = timestamp(OffsetDateTime::now_utc());
        message.position = self.next();
        message.content = Some(content.to_owned());
        message.revision += 1;
        message.edited_at = Some(now);
        stage
            .stack
            .publish(&MessageEdited {
                message_id: message.id.clone(),
                conversation_id: message.conversation_id.clone(),
                position: message.position,
                message: Some(message.clone()),
                edited_at: Some(now),
            })
            .await;
    }

    pub(crate) async fn delete(&mut self, stage: &Stage, message: &mut Message) {
        let now = timestamp(OffsetDateTime::now_utc());
        message.position = self.next();
        message.content = None;
        message.deleted_at = Some(now);
        stage
            .stack
            .publish(&MessageDeleted {
                message_id: message.id.clone(),
                conversation_id: message.conversation_id.clone(),
                position: message.position,
                message: Some(message.clone()),
                deleted_at: Some(now),
                deleted_by: message.sender_id.clone(),
            })
            .await;
    }

    pub(crate) async fn react(&mut self, stage: &Stage, message: &mut Message, user: UserId) {
        let now = timestamp(OffsetDateTime::now_utc());
        message.position = self.next();
        message.reactions = vec![Reaction {
            emoji: "👍".to_owned(),
            count: 1,
            user_ids: vec![user.to_string()],
            ..Reaction::default()
        }];
        stage
            .stack
            .publish(&MessageReacted {
                message_id: message.id.clone(),
                conversation_id: message.conversation_id.clone(),
                position: message.position,
                message: Some(message.clone()),
                user_id: user.to_string(),
                emoji: "👍".to_owned(),
                removed: false,
                reacted_at: Some(now),
            })
            .await;
    }

    pub(crate) async fn add(&mut self, stage: &Stage, user: UserId) {
        let position = self.next();
        self.members.push((user, position));
        self.updated(stage, vec![], vec![user.to_string()]).await;
    }

    pub(crate) async fn remove(&mut self, stage: &Stage, user: UserId) {
        self.next();
        self.members.retain(|(member, _)| *member != user);
        self.updated(stage, vec![user.to_string()], vec![]).await;
    }

    async fn updated(&self, stage: &Stage, removed: Vec<String>, added: Vec<String>) {
        let now = timestamp(OffsetDateTime::now_utc());
        stage
            .stack
            .publish(&ConversationUpdated {
                conversation_id: self.id.to_string(),
                position: self.position,
                conversation: Some(self.conversation()),
                removed_user_ids: removed,
                updated_at: Some(now),
                added_user_ids: added,
            })
            .await;
    }
}
