//! Something to see: users who follow each other, post and show pictures, one who is asked before and one who blocks another.

mod pictures;
mod script;

use std::collections::HashSet;
use std::fmt;

use anyhow::{Context, bail};
use serde_json::json;

pub(crate) use script::{PASSWORD, USERNAME};

use crate::api::{Api, text};
use crate::progress::Progress;
use script::{ASKS, BLOCKS, LOCKED, NAMES, follows, posts};

/// What was not there before.
#[derive(Default)]
pub(crate) struct Added {
    users: usize,
    follows: usize,
    posts: usize,
    pictures: usize,
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            users,
            follows,
            posts,
            pictures,
        } = self;
        write!(
            f,
            "added {users} users, {posts} posts and {pictures} pictures, with {follows} follows"
        )
    }
}

/// Someone who is signed in.
struct User {
    id: String,
    token: String,
}

/// Plays the script; what an earlier run did stays as it is.
pub(crate) async fn fill(api: &Api, progress: &Progress) -> anyhow::Result<Added> {
    let mut added = Added::default();
    let mut users = Vec::new();
    progress.say("demo", format_args!("signing in {} users", NAMES.len()));
    for name in NAMES {
        users.push(sign_in(api, name, &mut added).await?);
    }
    progress.say("demo", "following");
    for (follower, followed) in follows() {
        if let (Some(follower), Some(followed)) = (users.get(follower), users.get(followed)) {
            let path = format!("/v1/users/{}/follow", followed.id);
            api.call("PUT", &path, Some(&follower.token), None)
                .await?
                .expect(204)?;
            added.follows += 1;
        }
    }
    progress.say("demo", "locking and blocking");
    keep_apart(api, &users).await?;
    progress.say("demo", "posting");
    for (user, contents) in users.iter().zip(posts()) {
        added.posts += post(api, user, contents).await?;
    }
    progress.say("demo", "showing pictures");
    added.pictures = pictures::show(api, &users, progress).await?;
    Ok(added)
}

async fn sign_in(api: &Api, name: &str, added: &mut Added) -> anyhow::Result<User> {
    let username = script::username(name);
    let session = api.sign_in(&username, name, PASSWORD).await;
    let session = session.context("this platform may be used by others")?;
    added.users += usize::from(session.is_new);
    Ok(User {
        id: session.id,
        token: session.token,
    })
}

/// One is locked and asked, and one blocks another.
async fn keep_apart(api: &Api, users: &[User]) -> anyhow::Result<()> {
    let (blocker, blocked) = BLOCKS;
    let places = [LOCKED, ASKS, blocker, blocked].map(|place| users.get(place));
    let [Some(locked), Some(asks), Some(blocker), Some(blocked)] = places else {
        bail!("the script names somebody who is not there");
    };
    let lock = json!({ "locked": true });
    api.call("PATCH", "/v1/users/me", Some(&locked.token), Some(&lock))
        .await?
        .expect(200)?;
    for (user, what, other, status) in [
        (asks, "follow", locked, 202),
        (blocker, "block", blocked, 204),
    ] {
        let path = format!("/v1/users/{}/{what}", other.id);
        api.call("PUT", &path, Some(&user.token), None)
            .await?
            .expect(status)?;
    }
    Ok(())
}

/// Posts what the user has not posted yet; how many that were.
async fn post(api: &Api, user: &User, contents: Vec<String>) -> anyhow::Result<usize> {
    let there = said(api, user).await?;
    let missing: Vec<String> = contents
        .into_iter()
        .filter(|content| !there.contains(content))
        .collect();
    for content in &missing {
        let body = json!({ "content": content, "tags": ["demo"] });
        api.call("POST", "/v1/posts", Some(&user.token), Some(&body))
            .await?
            .expect(201)?;
    }
    Ok(missing.len())
}

/// What the user's latest posts say.
async fn said(api: &Api, user: &User) -> anyhow::Result<HashSet<String>> {
    let path = format!("/v1/users/{}/posts?limit=100", user.id);
    let page = api
        .call("GET", &path, Some(&user.token), None)
        .await?
        .expect(200)?;
    let posts = page["items"].as_array().context("a page without items")?;
    posts.iter().map(|post| text(&post["content"])).collect()
}
