//! Users who follow each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{Client, Request};
use crate::crowd::CROWD;

const USERS: usize = 6;
/// Users who are registered at a time.
const AT_ONCE: usize = 8;
/// How likely one follows another.
const FOLLOWS: f64 = 0.6;

/// The first so many are followed by the crowd as well.
const KNOWN: usize = 2;
/// The first of those is followed by everybody, for good, and so is above the push limit. The other one is followed by
/// all who do not waver: at the limit, and above it whenever one who wavers follows.
const MOST_KNOWN: usize = 0;
/// The last so many waver: they begin and cease to follow whom they follow by turns.
const WAVERING: usize = 2;

/// Posts of those with more followers are pulled.
pub(crate) const PUSH_LIMIT: usize = CROWD as usize + USERS - WAVERING - 1;

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    /// As feeds show them: id, username, display name, and that there is no picture.
    pub(crate) shown: Value,
    pub(crate) token: String,
    /// Ids of those they follow.
    pub(crate) follows: BTreeSet<String>,
    /// Ids of those whom they follow by turns, in a random half of the time.
    pub(crate) wavers_over: BTreeSet<String>,
    /// Ids of those they have muted.
    pub(crate) mutes: BTreeSet<String>,
    /// Ids of those of whom they see nothing and who see nothing of them, for a block.
    pub(crate) hidden: BTreeSet<String>,
    /// How often something has begun or ceased to be in their feed, whatever the posts.
    pub(crate) turns: usize,
    /// How many events tell of whom they follow and block.
    pub(crate) changes: usize,
    /// How many events tell of whom they mute.
    pub(crate) mutings: usize,
}

impl User {
    /// Whether a post is in their list of its author's posts.
    pub(crate) fn may_see(&self, post: &Value) -> bool {
        match post["visibility"].as_str() {
            _ if self.wrote(post) => true,
            _ if has_author(&self.hidden, post) => false,
            Some("PUBLIC") => true,
            Some("FOLLOWERS_ONLY") => has_author(&self.follows, post),
            _ => false,
        }
    }

    /// Whether a post is in their home feed.
    pub(crate) fn is_told(&self, post: &Value) -> bool {
        let follows = has_author(&self.follows, post) && !has_author(&self.mutes, post);
        self.wrote(post) || follows && self.may_see(post)
    }

    /// Whether they follow somebody of that id, and always will.
    pub(crate) fn follows_for_good(&self, author: &str) -> bool {
        self.follows.contains(author) && !self.wavers_over.contains(author)
    }

    /// This user, following everybody whom they follow by turns, and hiding from nobody.
    pub(crate) fn at_most(mut self) -> Self {
        self.follows.extend(self.wavers_over.iter().cloned());
        self.mutes.clear();
        self.hidden.clear();
        self
    }

    /// Begins to follow somebody, or ceases to.
    pub(crate) async fn turn(&mut self, client: &Client, author: &str) -> anyhow::Result<()> {
        let follows = self.follows.contains(author);
        self.ask(client, author, "follow", !follows).await?;
        if follows {
            self.follows.remove(author);
        } else {
            self.follows.insert(author.to_owned());
        }
        self.turns += 1;
        self.changes += 1;
        Ok(())
    }

    /// Mutes somebody, or ceases to.
    pub(crate) async fn mute_or_hear(
        &mut self,
        client: &Client,
        author: &str,
    ) -> anyhow::Result<()> {
        let mutes = self.mutes.contains(author);
        self.ask(client, author, "mute", !mutes).await?;
        if mutes {
            self.mutes.remove(author);
        } else {
            self.mutes.insert(author.to_owned());
        }
        self.mutings += 1;
        self.turns += usize::from(self.follows.contains(author));
        Ok(())
    }

    /// Blocks somebody, which ends that they follow them, or ceases to.
    pub(crate) async fn block_or_forgive(
        &mut self,
        client: &Client,
        author: &str,
    ) -> anyhow::Result<()> {
        let blocks = self.hidden.contains(author);
        self.ask(client, author, "block", !blocks).await?;
        self.changes += 1;
        if blocks {
            self.hidden.remove(author);
        } else {
            self.hidden.insert(author.to_owned());
            let ended = usize::from(self.follows.remove(author));
            self.turns += ended;
            self.changes += ended;
        }
        Ok(())
    }

    async fn ask(
        &self,
        client: &Client,
        author: &str,
        what: &str,
        begins: bool,
    ) -> anyhow::Result<()> {
        let method = if begins { "PUT" } else { "DELETE" };
        let request = Request::new(method, &format!("/v1/users/{author}/{what}"));
        client
            .persist(&request.by(&self.token), &[204], &[])
            .await?;
        Ok(())
    }

    fn wrote(&self, post: &Value) -> bool {
        post["author_id"] == self.id.as_str()
    }
}

fn has_author(users: &BTreeSet<String>, post: &Value) -> bool {
    let author = post["author_id"].as_str();
    author.is_some_and(|author| users.contains(author))
}

/// Who is hidden from whom for a block of the one is hidden for the other as well.
pub(crate) fn hide_both_ways(users: &mut [User]) {
    let pairs: Vec<(String, String)> = users
        .iter()
        .flat_map(|user| {
            user.hidden
                .iter()
                .map(|other| (user.id.clone(), other.clone()))
        })
        .collect();
    for (user, other) in pairs {
        for hidden in users.iter_mut().filter(|one| one.id == other) {
            hidden.hidden.insert(user.clone());
        }
    }
}

/// Registers users and lets them follow each other in a random graph.
pub(crate) async fn register(client: &Client, seed: u64) -> anyhow::Result<Vec<User>> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut users = Vec::with_capacity(USERS);
    for number in 0..USERS {
        users.push(register_one(client, &format!("user_{number}")).await?);
    }
    let ids: Vec<String> = users.iter().map(|user| user.id.clone()).collect();
    for (number, user) in users.iter_mut().enumerate() {
        let wavers = number >= USERS - WAVERING;
        for (author, id) in ids.iter().enumerate().filter(|(at, _)| *at != number) {
            let is_known = author < KNOWN && (author == MOST_KNOWN || !wavers);
            if random.random_bool(FOLLOWS) || is_known {
                user.turn(client, id).await?;
            }
            if wavers && author != MOST_KNOWN && author < USERS - WAVERING {
                user.wavers_over.insert(id.clone());
            }
        }
    }
    Ok(users)
}

/// Those whom the crowd follows.
pub(crate) fn known(users: &[User]) -> Vec<&User> {
    users.iter().take(KNOWN).collect()
}

/// What somebody signs in with.
pub(crate) fn password(username: &str) -> String {
    format!("the secret of {username}")
}

/// Registers so many whose names begin like that, and signs them in: by their numbers.
pub(crate) async fn register_many(
    url: &str,
    prefix: &'static str,
    count: usize,
) -> anyhow::Result<Vec<User>> {
    let client = Arc::new(Client::of(url)?);
    let mut registering = JoinSet::new();
    for worker in 0..AT_ONCE {
        let client = Arc::clone(&client);
        registering.spawn(async move {
            let mut users = BTreeMap::new();
            for number in (worker..count).step_by(AT_ONCE) {
                let user = register_one(&client, &format!("{prefix}_{number}")).await?;
                users.insert(number, user);
            }
            anyhow::Ok(users)
        });
    }
    let mut users = BTreeMap::new();
    while let Some(registered) = registering.join_next().await {
        users.extend(registered??);
    }
    Ok(users.into_values().collect())
}

/// Registers somebody whose name nobody else has, and signs them in.
pub(crate) async fn register_one(client: &Client, username: &str) -> anyhow::Result<User> {
    let password = password(username);
    let registration = json!({
        "username": username,
        "display_name": format!("A {username}"),
        "email": format!("{username}@example.org"),
        "password": password,
    });
    let request = Request::new("POST", "/v1/auth/register").json(registration);
    let mut answer = client.persist(&request, &[201], &[409]).await?;
    if answer.status == 409 {
        let login = json!({ "username": username, "password": password });
        let request = Request::new("POST", "/v1/auth/login").json(login);
        answer = client.persist(&request, &[200], &[]).await?;
    }
    let session = answer.json()?;
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
            "avatar_url": null,
        }),
        token: text(&session["access_token"])?,
        follows: BTreeSet::new(),
        wavers_over: BTreeSet::new(),
        mutes: BTreeSet::new(),
        hidden: BTreeSet::new(),
        turns: 0,
        changes: 0,
        mutings: 0,
    })
}
