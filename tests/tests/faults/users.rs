//! Users who follow each other.

use std::collections::BTreeSet;

use anyhow::Context;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::client::{Client, Request};

const USERS: usize = 6;
/// How likely one follows another.
const FOLLOWS: f64 = 0.6;

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    /// As feeds show them: id, username, display name.
    pub(crate) shown: Value,
    pub(crate) token: String,
    /// Ids of those they follow.
    pub(crate) follows: BTreeSet<String>,
}

impl User {
    /// Whether a post is in their list of its author's posts.
    pub(crate) fn may_see(&self, post: &Value) -> bool {
        match post["visibility"].as_str() {
            _ if self.wrote(post) => true,
            Some("PUBLIC") => true,
            Some("FOLLOWERS_ONLY") => self.follows_author_of(post),
            _ => false,
        }
    }

    /// Whether a post is in their home feed.
    pub(crate) fn is_told(&self, post: &Value) -> bool {
        self.wrote(post) || self.follows_author_of(post) && self.may_see(post)
    }

    fn wrote(&self, post: &Value) -> bool {
        post["author_id"] == self.id.as_str()
    }

    fn follows_author_of(&self, post: &Value) -> bool {
        post["author_id"]
            .as_str()
            .is_some_and(|author| self.follows.contains(author))
    }
}

/// Registers users and lets them follow each other in a random graph.
pub(crate) async fn register(client: &Client, seed: u64) -> anyhow::Result<Vec<User>> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut users = Vec::with_capacity(USERS);
    for number in 0..USERS {
        users.push(register_one(client, number).await?);
    }
    let ids: Vec<String> = users.iter().map(|user| user.id.clone()).collect();
    for user in &mut users {
        for id in ids.iter().filter(|id| **id != user.id) {
            if random.random_bool(FOLLOWS) {
                let path = format!("/v1/users/{id}/follow");
                client
                    .persist(&Request::new("PUT", &path).by(&user.token), &[204], &[])
                    .await?;
                user.follows.insert(id.clone());
            }
        }
    }
    Ok(users)
}

async fn register_one(client: &Client, number: usize) -> anyhow::Result<User> {
    let username = format!("user_{number}");
    let registration = json!({
        "username": username,
        "display_name": format!("User {number}"),
        "email": format!("{username}@example.org"),
        "password": format!("the secret of {username}"),
    });
    let request = Request::new("POST", "/v1/auth/register").json(registration);
    let session = client.persist(&request, &[201], &[]).await?.json()?;
    let text = |value: &Value| {
        value
            .as_str()
            .map(str::to_owned)
            .context("a session without text")
    };
    let user = &session["user"];
    Ok(User {
        id: text(&user["id"])?,
        shown: json!({
            "id": user["id"], "username": user["username"], "display_name": user["display_name"],
        }),
        token: text(&session["access_token"])?,
        follows: BTreeSet::new(),
    })
}
