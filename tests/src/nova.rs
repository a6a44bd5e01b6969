//! A running platform: identity, content, feed and media behind one address.

use std::ops::Deref;
use std::sync::Arc;

use nova_testkit::{App, Proxy, Stack};
use serde_json::json;
use tokio::sync::OnceCell;

use crate::described;
use crate::keys::Key;
use crate::user::{User, unique};

/// Each service's share of the connections of the one Postgres that all platforms of this run use.
const POSTGRES_CONNECTIONS: &str = "6";

/// All services in one process, with databases, topics and Redis keys that nothing else uses.
/// Requests are made on it directly: `nova.get("/v1/feed")`.
pub struct Nova {
    app: App,
    stack: Arc<Stack>,
    key: Arc<Key>,
}

impl Nova {
    /// The platform that tests share: each keeps to users of its own. It is started by the first.
    pub async fn shared() -> Self {
        static SHARED: OnceCell<Nova> = OnceCell::const_new();
        let shared = SHARED.get_or_init(Self::start).await;
        Self {
            // Connections belong to the runtime of the test that opened them, and end with it.
            app: shared.app.reconnected(),
            stack: shared.stack.clone(),
            key: shared.key.clone(),
        }
    }

    /// One that only this test uses.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// One that only this test uses, with settings of its own.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let (mut stack, key) = stage().await;
        for (name, value) in settings {
            stack = stack.with(name, value);
        }
        Self {
            app: start_on(&stack).await,
            stack: Arc::new(stack),
            key: Arc::new(key),
        }
    }

    /// One that only this test uses, as `nova up` runs it: with what is for developers alone.
    pub async fn start_as_up() -> Self {
        let (stack, key) = stage().await;
        let app = stack.start_platform(nova_cli::live::assemble).await;
        Self {
            app: app.judged(described::is_listed),
            stack: Arc::new(stack),
            key: Arc::new(key),
        }
    }

    /// One that only this test uses, on databases as another release has left them: of each service what `pg_dump` has written.
    pub async fn start_on_dumps(dumps: impl IntoIterator<Item = (&str, &'static str)>) -> Self {
        let (stack, key) = stage().await;
        for (service, dump) in dumps {
            // A dump leaves a connection without a search path.
            stack.create_database(service, dump).await.close().await;
        }
        Self {
            app: start_on(&stack).await,
            stack: Arc::new(stack),
            key: Arc::new(key),
        }
    }

    /// Signs in who has an account already.
    ///
    /// # Panics
    /// When that fails.
    pub async fn sign_in(&self, username: &str, password: &str) -> User {
        let who = json!({ "username": username, "password": password });
        let session = self.post("/v1/auth/login").json(who).await.expect(200);
        User::new(self.app.clone(), password.to_owned(), session)
    }

    /// Two replicas that only this test uses. The second reaches Postgres through a proxy.
    pub async fn start_beside_proxy() -> (Self, Self, Proxy) {
        let (stack, key) = stage().await;
        let app = start_on(&stack).await;
        let proxy = stack.proxy_postgres().await;
        let through = stack.postgres_through(&proxy);
        let stack = stack.with("NOVA_POSTGRES", &through);
        let (one, other) = Self::beside(app, stack, key).await;
        (one, other, proxy)
    }

    /// Two replicas that only this test uses. Feed of the second asks the first for posts, through a proxy.
    pub async fn start_beside_caller() -> (Self, Self, Proxy) {
        let (stack, key) = stage().await;
        let app = start_on(&stack).await;
        let proxy = Proxy::to(app.base_url.trim_start_matches("http://")).await;
        let stack = stack
            .with("NOVA_FEED_DIRECT_CALL", "on")
            .with("NOVA_FEED_CONTENT", &format!("http://{}", proxy.address()));
        let (one, other) = Self::beside(app, stack, key).await;
        (one, other, proxy)
    }

    /// A replica that runs, and another of the settings that the stack has now.
    async fn beside(app: App, stack: Stack, key: Key) -> (Self, Self) {
        let other = start_on(&stack).await;
        let (stack, key) = (Arc::new(stack), Arc::new(key));
        let [one, other] = [app, other].map(|app| Self {
            app,
            stack: stack.clone(),
            key: key.clone(),
        });
        (one, other)
    }

    /// The databases, topics and Redis keys behind it.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The key that signs access tokens here.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The same platform as a client sees it.
    #[must_use]
    pub fn app(&self) -> App {
        self.app.clone()
    }

    /// `127.0.0.1:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.app.base_url.trim_start_matches("http://")
    }

    /// Registers someone whose username begins with `name`.
    ///
    /// # Panics
    /// When that fails.
    pub async fn user(&self, name: &str) -> User {
        let username = unique(name);
        let email = format!("{username}@example.org");
        let password = format!("the secret of {username}");
        let registration = json!({ "username": username, "email": email, "password": password });
        let session = self
            .post("/v1/auth/register")
            .json(registration)
            .await
            .expect(201);
        User::new(self.app.clone(), password, session)
    }

    /// Another process of the same platform, with the same databases, topics and Redis keys.
    pub async fn replica(&self) -> Self {
        Self {
            app: start_on(&self.stack).await,
            stack: self.stack.clone(),
            key: self.key.clone(),
        }
    }

    /// Starts it anew after a stop, on another port with the same data.
    pub async fn restart(&mut self) {
        self.app = start_on(&self.stack).await;
    }

    /// A user from before a restart, who asks the platform as it is now.
    #[must_use]
    pub fn known(&self, user: &User) -> User {
        user.clone().with_app(self.app.clone())
    }

    /// Waits until all that was done is published, then stops it in order and leaves nothing behind.
    ///
    /// # Panics
    /// When something stays in an outbox, does not stop in order, or if it is the shared one.
    pub async fn finish(self) {
        let stack = Arc::into_inner(self.stack).expect("a platform that only this test uses");
        stack.finish().await;
    }
}

/// A platform whose answers all have a status that its document lists.
async fn start_on(stack: &Stack) -> App {
    let app = stack.start_platform(nova_cli::platform::assemble).await;
    app.judged(described::is_listed)
}

async fn stage() -> (Stack, Key) {
    let key = Key::new("contract");
    let stack = Stack::new()
        .await
        .with("NOVA_POSTGRES_CONNECTIONS", POSTGRES_CONNECTIONS)
        .with("NOVA_TOKEN_SIGNING_KEY", &key.private_setting())
        .with("NOVA_TOKEN_KEYS", &key.public_setting());
    (stack, key)
}

impl Deref for Nova {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}
