//! Who uses the platform: users, whom they follow, and what they have posted so far.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use crate::Extent;
use crate::connection::{Connection, first_id, request, request_with};
use crate::platform::Platform;

/// Characters of a post.
const LENGTH: usize = 256;
const PATIENCE: Duration = Duration::from_secs(120);

/// Someone with an account.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) token: String,
    /// Asks for the newest post of the home feed.
    pub(crate) newest_of_home: Vec<u8>,
    /// Whom they follow, by number; themselves too, as their own posts are in their feed.
    sees: BTreeSet<usize>,
}

/// Everyone.
pub(crate) struct Population {
    pub(crate) users: Vec<User>,
    /// The newest post of each user, by number: ids sort by time.
    newest: Vec<String>,
}

impl Population {
    /// Registers everyone, lets them follow and post, and waits until all of that is in the feeds.
    pub(crate) async fn settle(platform: &Platform, extent: Extent) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut connection = platform.connect().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let mut users = Vec::with_capacity(extent.users);
        for number in 0..extent.users {
            let mut user = User::register(&mut connection, &format!("user_{number}")).await?;
            user.sees.insert(number);
            users.push(user);
        }
        let newest = vec![String::new(); users.len()];
        let mut population = Self { users, newest };
        for (follower, followee) in power_law(extent, &mut rng) {
            population
                .follow(&mut connection, follower, followee)
                .await?;
        }
        for _ in 0..extent.posts_each {
            for author in 0..extent.users {
                let post = population
                    .users
                    .get(author)
                    .context("a user")?
                    .new_post(&mut rng);
                let answer = connection.ask(&post).await?;
                ensure!(
                    answer.status == 201,
                    "a post was answered with {}",
                    answer.status
                );
                let id = first_id(answer.body)
                    .context("a post without id")?
                    .to_owned();
                population.posted(author, id);
            }
        }
        population.wait_until_settled(platform).await?;
        println!(
            "{} users, {} follows and {} posts were there after {:.1} s",
            extent.users,
            extent.follows,
            extent.users * extent.posts_each,
            began.elapsed().as_secs_f64()
        );
        Ok(population)
    }

    /// Takes note of a post that was acknowledged.
    pub(crate) fn posted(&mut self, author: usize, id: String) {
        if let Some(newest) = self.newest.get_mut(author)
            && *newest < id
        {
            *newest = id;
        }
    }

    /// Waits until everyone sees at the top of their feed the newest of all acknowledged posts that belong
    /// there; nobody may post meanwhile.
    pub(crate) async fn wait_until_seen(&self, connection: &mut Connection) -> anyhow::Result<()> {
        let began = Instant::now();
        for user in &self.users {
            let seen = user
                .sees
                .iter()
                .filter_map(|author| self.newest.get(*author));
            let newest = seen.max().map(String::as_str).unwrap_or_default();
            while newest
                != first_id(connection.ask(&user.newest_of_home).await?.body).unwrap_or_default()
            {
                ensure!(
                    began.elapsed() < PATIENCE,
                    "a post is not in a feed after {PATIENCE:?}"
                );
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        Ok(())
    }

    /// Waits until nothing is on its way any more.
    pub(crate) async fn wait_until_settled(&self, platform: &Platform) -> anyhow::Result<()> {
        self.wait_until_seen(&mut platform.connect().await?).await?;
        let began = Instant::now();
        while platform.outbox_rows().await? > 0 {
            ensure!(
                began.elapsed() < PATIENCE,
                "the outboxes are not empty after {PATIENCE:?}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    async fn follow(
        &mut self,
        connection: &mut Connection,
        follower: usize,
        followee: usize,
    ) -> anyhow::Result<()> {
        let to = self.users.get(followee).context("a user")?.id.clone();
        let follower = self.users.get_mut(follower).context("a user")?;
        let follow = request(
            "PUT",
            &format!("/v1/users/{to}/follow"),
            Some(&follower.token),
        );
        connection.expect(204, &follow).await?;
        follower.sees.insert(followee);
        Ok(())
    }
}

impl User {
    pub(crate) async fn register(connection: &mut Connection, name: &str) -> anyhow::Result<Self> {
        let account = json!({
            "username": name,
            "email": format!("{name}@example.org"),
            "password": format!("the secret of {name}"),
        });
        let register = request_with("POST", "/v1/auth/register", None, &account.to_string());
        let session = connection.expect(201, &register).await?;
        let id = session["user"]["id"]
            .as_str()
            .context("a user without id")?
            .to_owned();
        let token = session["access_token"]
            .as_str()
            .context("a session without token")?
            .to_owned();
        let newest_of_home = request("GET", "/v1/feed?limit=1", Some(&token));
        Ok(Self {
            id,
            token,
            newest_of_home,
            sees: BTreeSet::new(),
        })
    }

    /// A request for a new post of 256 characters that nobody has posted yet.
    pub(crate) fn new_post(&self, rng: &mut StdRng) -> Vec<u8> {
        let number = rng.random::<u64>();
        let content = format!("{number:016x}{}", " and so on".repeat(LENGTH / 10));
        let content = content.get(..LENGTH).unwrap_or_default();
        let body = format!("{{\"content\":\"{content}\"}}");
        request_with("POST", "/v1/posts", Some(&self.token), &body)
    }
}

/// That many different follows, of the n-th user n times as rarely as of the first (Zipf's law).
fn power_law(extent: Extent, rng: &mut StdRng) -> BTreeSet<(usize, usize)> {
    let mut follows = BTreeSet::new();
    let weights: Vec<f64> = (1..=extent.users).map(|rank| 1.0 / rank as f64).collect();
    let sum: f64 = weights.iter().sum();
    while follows.len() < extent.follows {
        let follower = rng.random_range(0..extent.users);
        let mut left = rng.random_range(0.0..sum);
        let followee = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        if let Some(followee) = followee.filter(|followee| *followee != follower) {
            follows.insert((follower, followee));
        }
    }
    follows
}
