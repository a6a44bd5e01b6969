//! Someone with an account, signed in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nova_testkit::{App, Request, eventually};
use serde_json::{Value, json};
use uuid::Uuid;

/// `name` and a few characters that no other name of this run has.
#[must_use]
pub fn unique(name: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{name}{}", &random[..10])
}

/// Someone with an account, signed in.
#[derive(Clone)]
pub struct User {
    app: App,
    /// Their id.
    pub id: String,
    /// Their username.
    pub username: String,
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// Good for the life of an access token, which is 15 minutes by default.
    pub access_token: String,
    /// Good for one refresh.
    pub refresh_token: String,
}

impl User {
    pub(crate) fn new(app: App, password: String, session: Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        Self {
            app,
            id: text(&session["user"]["id"]),
            username: text(&session["user"]["username"]),
            email: text(&session["user"]["email"]),
            password,
            access_token: text(&session["access_token"]),
            refresh_token: text(&session["refresh_token"]),
        }
    }

    pub(crate) fn with_app(self, app: App) -> Self {
        Self { app, ..self }
    }

    /// The id of the session that the access token was given to, as it says.
    ///
    /// # Panics
    /// When it is no token of identity's.
    #[must_use]
    pub fn session_id(&self) -> String {
        let claims = self.access_token.split('.').nth(1).expect("claims");
        let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        claims["sid"].as_str().expect("a session").to_owned()
    }

    /// A GET request as this user.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A POST request as this user.
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// A PUT request as this user.
    pub fn put(&self, path: &str) -> Request {
        self.request("PUT", path)
    }

    /// A PATCH request as this user.
    pub fn patch(&self, path: &str) -> Request {
        self.request("PATCH", path)
    }

    /// A DELETE request as this user.
    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }

    /// A request of any method as this user.
    pub fn request(&self, method: &str, path: &str) -> Request {
        self.app.request(method, path).bearer(&self.access_token)
    }

    /// Makes a post and gives it back.
    pub async fn publish(&self, post: Value) -> Value {
        self.post("/v1/posts").json(post).await.expect(201)
    }

    /// Makes a public post and gives back its id.
    pub async fn say(&self, content: &str) -> String {
        let post = self.publish(json!({ "content": content })).await;
        id_of(&post)
    }

    /// Makes a post of this visibility and gives back its id.
    pub async fn say_to(&self, visibility: &str, content: &str) -> String {
        let post = self
            .publish(json!({ "content": content, "visibility": visibility }))
            .await;
        id_of(&post)
    }

    /// Follows someone.
    pub async fn follow(&self, other: &Self) {
        self.put(&format!("/v1/users/{}/follow", other.id))
            .await
            .expect(204);
    }

    /// No longer follows someone.
    pub async fn unfollow(&self, other: &Self) {
        self.delete(&format!("/v1/users/{}/follow", other.id))
            .await
            .expect(204);
    }

    /// The whole home feed, page by page.
    pub async fn feed(&self) -> Vec<Value> {
        self.list("/v1/feed", 100).await
    }

    /// The ids of the posts in the home feed, in its order.
    pub async fn feed_ids(&self) -> Vec<String> {
        self.feed()
            .await
            .iter()
            .map(|item| id_of(&item["post"]))
            .collect()
    }

    /// Waits until the home feed holds exactly these posts in this order.
    pub async fn feed_becomes(&self, posts: &[&String]) {
        let what = format!("the feed of {} is {posts:?}", self.username);
        eventually(&what, async || {
            let seen = self.feed_ids().await;
            if seen.iter().eq(posts.iter().copied()) {
                Ok(())
            } else {
                Err(seen)
            }
        })
        .await;
    }

    /// Every item of a list, read in pages of `limit`.
    pub async fn list(&self, path: &str, limit: usize) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.page(path, limit, cursor.as_deref()).await;
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return items,
            }
        }
    }

    /// One page of a list.
    pub async fn page(&self, path: &str, limit: usize, cursor: Option<&str>) -> Value {
        let cursor = cursor
            .map(|cursor| format!("&cursor={cursor}"))
            .unwrap_or_default();
        self.get(&format!("{path}?limit={limit}{cursor}"))
            .await
            .expect(200)
    }
}

/// The `id` of a user or post.
#[must_use]
pub fn id_of(entity: &Value) -> String {
    entity["id"].as_str().expect("an id").to_owned()
}
