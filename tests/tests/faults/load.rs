//! Users at work: they post, edit, delete, follow, unfollow, mute, block, leave, come back and read until they are told to
//! end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::{Answer, Client, Request};
use crate::leavers::Leaver;
use crate::oracle::Acknowledged;
use crate::reading::read_some;
use crate::users::User;

/// Some users write with two hands.
const WRITERS: usize = 9;
/// Milliseconds between two things that somebody does.
const PAUSE: std::ops::Range<u64> = 10..160;
/// Milliseconds between two times that somebody begins or ceases to follow.
const WAVER: std::ops::Range<u64> = 100..700;
/// Tells the random numbers of readers from those of writers.
const READERS: u64 = 1_000;
/// And those of users who waver.
const WAVERING: u64 = 2_000;

/// Milliseconds between two things that somebody does who leaves and comes back: more or less than the time they have.
const LEAVE: std::ops::Range<u64> = 100..3_000;
/// Tells their random numbers from those of others.
const LEAVERS: u64 = 4_000;

/// What somebody has done.
enum Done {
    /// Posts as they were acknowledged last.
    Wrote(Vec<Acknowledged>),
    Read,
    /// Whom they follow now.
    Wavered(User),
    Left(Box<Leaver>),
}

/// What all have done, when they have ended.
#[derive(Default)]
pub(crate) struct AllDone {
    /// As they were acknowledged last.
    pub(crate) posts: Vec<Acknowledged>,
    /// Users who follow others than before.
    pub(crate) wavered: Vec<User>,
    pub(crate) leavers: Vec<Leaver>,
}

/// Everyone's work. Dropping it ends it where it is.
pub(crate) struct Load {
    ending: Arc<AtomicBool>,
    workers: JoinSet<anyhow::Result<Done>>,
}

impl Load {
    pub(crate) fn begin(
        client: &Arc<Client>,
        users: &[User],
        leavers: Vec<Leaver>,
        seed: u64,
    ) -> Self {
        let ending = Arc::new(AtomicBool::new(false));
        let mut workers = JoinSet::new();
        for (number, author) in users.iter().cycle().take(WRITERS).enumerate() {
            let random = StdRng::seed_from_u64(seed.wrapping_add(number as u64 + 1));
            let (client, author) = (Arc::clone(client), author.clone());
            let writer = Writer {
                client,
                author,
                number,
                random,
                made: 0,
                posts: Vec::new(),
            };
            workers.spawn(writer.work(Arc::clone(&ending)));
        }
        for (number, reader) in users.iter().enumerate() {
            let random = StdRng::seed_from_u64(seed.wrapping_add(READERS + number as u64));
            // What is shown to somebody who wavers was for them at some time.
            let (client, reader) = (Arc::clone(client), reader.clone().at_most());
            workers.spawn(read(client, reader, random, Arc::clone(&ending)));
        }
        for (number, user) in users.iter().enumerate() {
            if !user.wavers_over.is_empty() {
                let random = StdRng::seed_from_u64(seed.wrapping_add(WAVERING + number as u64));
                // Whom one blocks follows them no more: those are blocked whose feed that does not change.
                let strangers = user.wavers_over.iter().filter(|author| {
                    let follows =
                        |other: &User| other.id == **author && other.follows.contains(&user.id);
                    !users.iter().any(follows)
                });
                let (client, user, strangers) = (
                    Arc::clone(client),
                    user.clone(),
                    strangers.cloned().collect(),
                );
                workers.spawn(waver(client, user, strangers, random, Arc::clone(&ending)));
            }
        }
        for (number, leaver) in leavers.into_iter().enumerate() {
            let random = StdRng::seed_from_u64(seed.wrapping_add(LEAVERS + number as u64));
            workers.spawn(leave(
                Arc::clone(client),
                leaver,
                random,
                Arc::clone(&ending),
            ));
        }
        Self { ending, workers }
    }

    /// What to call when it is enough: everyone finishes what they are at.
    pub(crate) fn ending(&self) -> impl Fn() + use<> {
        let ending = Arc::clone(&self.ending);
        move || ending.store(true, Ordering::Relaxed)
    }

    /// Waits until everyone has ended.
    ///
    /// # Errors
    /// The first thing that went otherwise than it must.
    pub(crate) async fn ended(mut self) -> anyhow::Result<AllDone> {
        let mut all = AllDone::default();
        while let Some(ended) = self.workers.join_next().await {
            match ended?? {
                Done::Wrote(some) => all.posts.extend(some),
                Done::Read => {}
                Done::Wavered(user) => all.wavered.push(user),
                Done::Left(leaver) => all.leavers.push(*leaver),
            }
        }
        Ok(all)
    }
}

/// Posts, leaves and comes back.
async fn leave(
    client: Arc<Client>,
    mut leaver: Leaver,
    mut random: StdRng,
    ending: Arc<AtomicBool>,
) -> anyhow::Result<Done> {
    while !ending.load(Ordering::Relaxed) {
        leaver.act(&client, &mut random).await?;
        sleep(Duration::from_millis(random.random_range(LEAVE))).await;
    }
    Ok(Done::Left(Box::new(leaver)))
}

async fn read(
    client: Arc<Client>,
    reader: User,
    mut random: StdRng,
    ending: Arc<AtomicBool>,
) -> anyhow::Result<Done> {
    while !ending.load(Ordering::Relaxed) {
        let (limit, pages) = (random.random_range(1..=40), random.random_range(1..=4));
        read_some(&client, &reader, limit, pages).await?;
        sleep(Duration::from_millis(random.random_range(PAUSE))).await;
    }
    Ok(Done::Read)
}

/// Begins and ceases to follow and to mute, and to block those of these.
async fn waver(
    client: Arc<Client>,
    mut user: User,
    blocked: BTreeSet<String>,
    mut random: StdRng,
    ending: Arc<AtomicBool>,
) -> anyhow::Result<Done> {
    let authors: Vec<String> = user.wavers_over.iter().cloned().collect();
    while !ending.load(Ordering::Relaxed) {
        if let Some(author) = authors.choose(&mut random) {
            match random.random_range(0..10) {
                0..2 => user.mute_or_hear(&client, author).await?,
                2..4 if blocked.contains(author) => user.block_or_forgive(&client, author).await?,
                // To follow is not to be had before.
                _ if user.hidden.contains(author) => user.block_or_forgive(&client, author).await?,
                _ => user.turn(&client, author).await?,
            }
        }
        sleep(Duration::from_millis(random.random_range(WAVER))).await;
    }
    Ok(Done::Wavered(user))
}

/// Someone who writes, one thing after the other.
struct Writer {
    client: Arc<Client>,
    author: User,
    number: usize,
    random: StdRng,
    made: usize,
    posts: Vec<Acknowledged>,
}

impl Writer {
    async fn work(mut self, ending: Arc<AtomicBool>) -> anyhow::Result<Done> {
        while !ending.load(Ordering::Relaxed) {
            let chosen = self.random.random_range(0..self.posts.len().max(1));
            let is_there = self.posts.get(chosen).is_some_and(|entry| !entry.deleted);
            match self.random.random_range(0..100) {
                0..15 if is_there => self.edit(chosen).await?,
                15..25 if is_there => self.delete(chosen).await?,
                _ => self.post().await?,
            }
            sleep(Duration::from_millis(self.random.random_range(PAUSE))).await;
        }
        Ok(Done::Wrote(self.posts))
    }

    /// Makes a post, in a third of all cases with a second request that says the same.
    async fn post(&mut self) -> anyhow::Result<()> {
        self.made += 1;
        let mark = format!("w{}-{}", self.number, self.made);
        let draft = json!({
            "content": format!("{mark} as it was made"),
            "visibility": self.visibility(),
            "tags": [mark],
        });
        let request = Request::new("POST", "/v1/posts")
            .by(&self.author.token)
            .key(&mark);
        let request = request.json(draft.clone());
        let send = || self.client.persist(&request, &[201], &[]);
        let (answer, same) = match self.random.random_range(0..6) {
            0 => tokio::try_join!(send(), send())?,
            1 => (send().await?, send().await?),
            _ => {
                let answer = send().await?;
                (answer.clone(), answer)
            }
        };
        ensure!(answer == same, "{request} was answered {answer} and {same}");
        self.posts.push(Acknowledged {
            post: self.is_draft(&answer, &draft)?,
            deleted: false,
        });
        Ok(())
    }

    /// The post in an answer, if it is the one that was asked for.
    fn is_draft(&self, answer: &Answer, draft: &Value) -> anyhow::Result<Value> {
        let post = answer.json()?;
        let is_it = post["author_id"] == self.author.id.as_str()
            && post["revision"] == 1
            && ["content", "visibility", "tags"]
                .iter()
                .all(|member| post[member] == draft[member]);
        ensure!(is_it, "{draft} was answered with {post}");
        Ok(post)
    }

    async fn edit(&mut self, chosen: usize) -> anyhow::Result<()> {
        let visibility = self.random.random_bool(0.3).then(|| self.visibility());
        let Some(entry) = self.posts.get_mut(chosen) else {
            return Ok(());
        };
        let revision = entry.post["revision"].as_i64().context("no revision")? + 1;
        // Each edit says something new: a try that took effect unseen and the next are one change.
        let mut edit =
            json!({ "content": format!("{} in revision {revision}", entry.post["tags"][0]) });
        if let Some(visibility) = visibility {
            edit["visibility"] = visibility.into();
        }
        let request = request("PATCH", &entry.post, &self.author).json(edit.clone());
        let post = self.client.persist(&request, &[200], &[]).await?.json()?;
        let is_it = post["revision"] == revision && post["content"] == edit["content"];
        ensure!(is_it, "{request} to {edit} was answered with {post}");
        entry.post = post;
        Ok(())
    }

    async fn delete(&mut self, chosen: usize) -> anyhow::Result<()> {
        let Some(entry) = self.posts.get_mut(chosen) else {
            return Ok(());
        };
        let request = request("DELETE", &entry.post, &self.author);
        self.client.persist(&request, &[204], &[404]).await?;
        entry.deleted = true;
        Ok(())
    }

    fn visibility(&mut self) -> &'static str {
        match self.random.random_range(0..10) {
            0..6 => "PUBLIC",
            6..9 => "FOLLOWERS_ONLY",
            _ => "PRIVATE",
        }
    }
}

fn request(method: &'static str, post: &Value, author: &User) -> Request {
    let path = format!("/v1/posts/{}", post["id"].as_str().unwrap_or_default());
    Request::new(method, &path).by(&author.token)
}
