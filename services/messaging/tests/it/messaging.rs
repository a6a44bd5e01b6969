//! What every test here needs: the service, users, conversations, blocks.

use nova_ids::UserId;
use nova_messaging::commands;
use nova_messaging::domain::{AccountState, Block};
use nova_proto::catalogue::Event;
use nova_testkit::{Answer, App, Published, Stack, eventually};
use serde_json::{Value, json};
use sqlx::PgPool;

/// The service, running.
pub(crate) struct Messaging {
    pub(crate) stack: Stack,
    pub(crate) app: App,
    pub(crate) pool: PgPool,
}

/// Somebody with an access token.
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) token: String,
}

impl Messaging {
    pub(crate) async fn start() -> Self {
        Self::start_on(Stack::new().await).await
    }

    pub(crate) async fn start_on(stack: Stack) -> Self {
        let app = stack.start(nova_messaging::service).await;
        let pool = stack.database(nova_messaging::NAME).await;
        Self { stack, app, pool }
    }

    /// A user whom the service has heard of.
    pub(crate) async fn user(&self) -> User {
        let user = self.stranger();
        let mut tx = self.pool.begin().await.unwrap();
        commands::greet_user(&mut tx, user.id).await.unwrap();
        tx.commit().await.unwrap();
        user
    }

    /// A user whom it has not.
    pub(crate) fn stranger(&self) -> User {
        let id = UserId::new();
        User {
            id,
            token: self.stack.token(id),
        }
    }

    /// What becomes of a block event, without the event.
    pub(crate) async fn block(&self, user: &User, blocked: &User, active: bool, revision: i64) {
        let block = Block {
            user_id: user.id,
            blocked_id: blocked.id,
            active,
            revision,
        };
        let mut tx = self.pool.begin().await.unwrap();
        commands::record_block(&mut tx, block).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What becomes of the event that an account is there no more, or again.
    pub(crate) async fn hide(&self, user: &User, hidden: bool, revision: i64) {
        let state = AccountState {
            user_id: user.id,
            hidden,
            erased: false,
            revision,
        };
        let mut tx = self.pool.begin().await.unwrap();
        commands::record_account(&mut tx, state).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn get(&self, user: &User, path: &str) -> Answer {
        self.app.get(path).bearer(&user.token).await
    }

    pub(crate) async fn post(&self, user: &User, path: &str, body: Value) -> Answer {
        self.app.post(path).bearer(&user.token).json(body).await
    }

    pub(crate) async fn put(&self, user: &User, path: &str, body: Value) -> Answer {
        self.app.put(path).bearer(&user.token).json(body).await
    }

    pub(crate) async fn patch(&self, user: &User, path: &str, body: Value) -> Answer {
        self.app.patch(path).bearer(&user.token).json(body).await
    }

    pub(crate) async fn delete(&self, user: &User, path: &str) -> Answer {
        self.app.delete(path).bearer(&user.token).await
    }

    /// `POST /v1/conversations`
    pub(crate) async fn open(&self, opener: &User, body: Value) -> Answer {
        self.post(opener, "/v1/conversations", body).await
    }

    /// The path of a DIRECT of the two.
    pub(crate) async fn direct(&self, one: &User, other: &User) -> String {
        let body = json!({ "type": "DIRECT", "member_ids": [other.id] });
        path_of(&self.open(one, body).await.expect(201))
    }

    /// The path of a GROUP of the owner's.
    pub(crate) async fn group(&self, owner: &User, others: &[&User]) -> String {
        let ids: Vec<UserId> = others.iter().map(|user| user.id).collect();
        let body = json!({ "type": "GROUP", "member_ids": ids, "title": "a group" });
        path_of(&self.open(owner, body).await.expect(201))
    }

    /// A message that is sent, as it is answered.
    pub(crate) async fn say(&self, sender: &User, conversation: &str, text: &str) -> Value {
        let path = format!("{conversation}/messages");
        self.post(sender, &path, json!({ "content": text }))
            .await
            .expect(201)
    }

    /// The newest messages, as somebody sees them.
    pub(crate) async fn messages(&self, viewer: &User, conversation: &str) -> Vec<Value> {
        let path = format!("{conversation}/messages?limit=100");
        let stretch = self.get(viewer, &path).await.expect(200);
        stretch["items"].as_array().unwrap().clone()
    }

    /// What somebody reads there; null is what was deleted.
    pub(crate) async fn texts(&self, viewer: &User, conversation: &str) -> Vec<Value> {
        let messages = self.messages(viewer, conversation).await.into_iter();
        messages.map(|message| message["content"].clone()).collect()
    }

    /// Everything of one type that was published, once nothing is left in the outbox.
    pub(crate) async fn published<E: Event>(&self) -> Vec<Published<E>> {
        eventually("the outbox is empty", async || {
            let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM outbox");
            left.fetch_one(&self.pool).await.unwrap() == 0
        })
        .await;
        let mut published: Vec<Published<E>> = self.stack.published().await;
        // The relay may send one twice, under one id.
        let mut seen = std::collections::HashSet::new();
        published.retain(|event| seen.insert(event.id.clone()));
        published
    }

    /// No event of a client's ended among the dead letters.
    pub(crate) async fn has_no_dead_letters(&self) {
        let letters = nova_event_bus::list_dead_letters(&self.pool, 10).await;
        assert_eq!(letters.unwrap().len(), 0);
    }

    pub(crate) async fn finish(self) {
        self.stack.finish().await;
    }
}

/// The path of a conversation.
pub(crate) fn path_of(conversation: &Value) -> String {
    format!("/v1/conversations/{}", id_of(conversation))
}

/// The path of a message.
pub(crate) fn message_path(message: &Value) -> String {
    let conversation = message["conversation_id"].as_str().unwrap();
    format!(
        "/v1/conversations/{conversation}/messages/{}",
        id_of(message)
    )
}

pub(crate) fn id_of(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

/// The id in the path of a conversation.
pub(crate) fn last_of(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}
