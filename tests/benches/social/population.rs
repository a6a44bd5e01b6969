//! Who uses the platform: users, whom they follow, and what they have posted so far.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use image::{ImageFormat, Rgb, RgbImage};
use nova_tests::connection::{Connection, request, request_with};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use uuid::Uuid;

use crate::databases::Databases;
use crate::drill::Acknowledged;
use crate::graph::{self, Follows, Law};
use crate::pages::first_id;
use crate::target::Target;

/// Also for what a hundred thousand posts left to do.
const PATIENCE: Duration = Duration::from_secs(300);

/// Between two looks at the same feed: sixteen lanes that look all the time would be what the feeds wait for.
const PAUSE: Duration = Duration::from_millis(20);

/// What a population is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) users: usize,
    pub(crate) law: Law,
    /// Follows, or pairs who follow each other.
    pub(crate) follows: usize,
    pub(crate) posts_each: usize,
    pub(crate) characters: Characters,
    /// Pages of a home feed that are read one after the other, at most.
    pub(crate) pages: usize,
    /// Whether each post shows a picture of its author's.
    pub(crate) pictures: bool,
}

/// The shortest and the longest post.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Characters(pub(crate) usize, pub(crate) usize);

/// Posts that are all as long as each other.
pub(crate) const OF_ONE_LENGTH: Characters = Characters(256, 256);

/// Someone with an account.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) token: String,
    /// Asks for the newest post of the home feed.
    pub(crate) newest_of_home: Vec<u8>,
    /// What their posts show.
    picture: Option<String>,
    /// Whom they follow, by number; themselves too, as their own posts are in their feed.
    sees: BTreeSet<usize>,
}

/// Everyone.
pub(crate) struct Population {
    pub(crate) shape: Shape,
    pub(crate) users: Vec<User>,
    /// The newest post of each user, by number: ids sort by time.
    newest: Vec<String>,
}

impl Population {
    /// Registers everyone, lets them follow and post, and waits until all of that is in the feeds.
    pub(crate) async fn settle(
        target: Target,
        databases: &Databases,
        shape: Shape,
    ) -> anyhow::Result<Self> {
        let began = Instant::now();
        let registered = target.in_lanes(shape.users, async |connection, number| {
            User::register(connection, &format!("user_{number}")).await
        });
        let mut population = Self::of(shape, registered.await?);
        if shape.pictures {
            population.paint(target).await?;
        }
        let mut rng = StdRng::seed_from_u64(1);
        let follows = graph::draw(shape.law, shape.users, shape.follows, &mut rng);
        population.follow(target, &follows).await?;
        population.post(target).await?;
        population.wait_until_settled(target, databases).await?;
        let (most, median) = graph::most_and_median(shape.users, &follows);
        println!(
            "{} users, {} follows (followers: at most {most}, median {median}) and {} posts were there after {:.1} s",
            shape.users,
            follows.len(),
            shape.users * shape.posts_each,
            began.elapsed().as_secs_f64()
        );
        Ok(population)
    }

    /// As many who post as much, where there are neither accounts nor follows.
    pub(crate) async fn settle_bare(target: Target, shape: Shape) -> anyhow::Result<Self> {
        let users = (0..shape.users).map(|_| User::without_account());
        let mut population = Self::of(shape, users.collect());
        population.post(target).await?;
        Ok(population)
    }

    fn of(shape: Shape, mut users: Vec<User>) -> Self {
        for (number, user) in users.iter_mut().enumerate() {
            user.sees.insert(number);
        }
        let newest = vec![String::new(); users.len()];
        Self {
            shape,
            users,
            newest,
        }
    }

    /// Takes note of a post that was acknowledged.
    pub(crate) fn posted(&mut self, author: usize, id: String) {
        if let Some(newest) = self.newest.get_mut(author)
            && *newest < id
        {
            *newest = id;
        }
    }

    /// Takes note of all these posts.
    pub(crate) fn note(&mut self, posts: &[Acknowledged]) {
        for post in posts {
            self.posted(post.author, post.id.clone());
        }
    }

    /// Waits until everyone sees at the top of their feed the newest of all acknowledged posts that belong
    /// there; nobody may post meanwhile.
    pub(crate) async fn wait_until_seen(&self, target: Target) -> anyhow::Result<()> {
        let began = Instant::now();
        let seen = target.in_lanes(self.users.len(), async |connection, number| {
            let user = self.users.get(number).context("a user")?;
            let newest = self.newest_for(user);
            while newest
                != first_id(connection.ask(&user.newest_of_home).await?.body).unwrap_or_default()
            {
                ensure!(
                    began.elapsed() < PATIENCE,
                    "a post is not in a feed after {PATIENCE:?}"
                );
                tokio::time::sleep(PAUSE).await;
            }
            Ok(())
        });
        seen.await?;
        Ok(())
    }

    /// Waits until nothing is on its way any more.
    pub(crate) async fn wait_until_settled(
        &self,
        target: Target,
        databases: &Databases,
    ) -> anyhow::Result<()> {
        self.wait_until_seen(target).await?;
        let began = Instant::now();
        // In this order: what is told of goes from there to the outbox.
        while databases.untold().await? + databases.outbox_rows().await? > 0 {
            ensure!(
                began.elapsed() < PATIENCE,
                "after {PATIENCE:?} not everything is told"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    fn newest_for(&self, user: &User) -> &str {
        let seen = user
            .sees
            .iter()
            .filter_map(|author| self.newest.get(*author));
        seen.max().map(String::as_str).unwrap_or_default()
    }

    /// Everyone uploads a picture, and waits until it can be shown.
    async fn paint(&mut self, target: Target) -> anyhow::Result<()> {
        let painted = target.in_lanes(self.users.len(), async |connection, number| {
            let user = self.users.get(number).context("a user")?;
            let colour = [u8::try_from(number % 251)?, 90, 160];
            let medium = connection
                .expect(201, &upload(&user.token, colour)?)
                .await?;
            let id = medium["id"].as_str().context("a medium without id")?;
            let look = request("GET", &format!("/v1/media/{id}"), Some(&user.token));
            let began = Instant::now();
            while connection.expect(200, &look).await?["state"] != "ready" {
                ensure!(began.elapsed() < PATIENCE, "a picture is not there yet");
                tokio::time::sleep(PAUSE).await;
            }
            Ok(id.to_owned())
        });
        let painted = painted.await?;
        for (user, picture) in self.users.iter_mut().zip(painted) {
            user.picture = Some(picture);
        }
        Ok(())
    }

    async fn follow(&mut self, target: Target, follows: &Follows) -> anyhow::Result<()> {
        let list: Vec<(usize, usize)> = follows.iter().copied().collect();
        let followed = target.in_lanes(list.len(), async |connection, number| {
            let (follower, followee) = *list.get(number).context("a follow")?;
            let follower = self.users.get(follower).context("a user")?;
            let path = format!(
                "/v1/users/{}/follow",
                self.users.get(followee).context("a user")?.id
            );
            let follow = request("PUT", &path, Some(&follower.token));
            connection.expect(204, &follow).await
        });
        followed.await?;
        for (follower, followee) in list {
            let follower = self.users.get_mut(follower).context("a user")?;
            follower.sees.insert(followee);
        }
        Ok(())
    }

    /// Everyone posts as often as everyone else, in turns.
    async fn post(&mut self, target: Target) -> anyhow::Result<()> {
        let users = self.users.len();
        let posts = users * self.shape.posts_each;
        let posted = target.in_lanes(posts, async |connection, number| {
            let author = self.users.get(number % users).context("a user")?;
            let mut rng = StdRng::seed_from_u64(number as u64);
            let post = author.new_post(&mut rng, self.shape.characters);
            let answer = connection.ask(&post).await?;
            ensure!(
                answer.status == 201,
                "a post was answered with {}",
                answer.status
            );
            Ok(first_id(answer.body)
                .context("a post without id")?
                .to_owned())
        });
        for (number, id) in posted.await?.into_iter().enumerate() {
            self.posted(number % users, id);
        }
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
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let id = text(&session["user"]["id"]).context("a user without id")?;
        let token = text(&session["access_token"]).context("a session without token")?;
        Ok(Self::new(id, token))
    }

    /// Whoever says who they are is taken at their word.
    fn without_account() -> Self {
        let id = Uuid::now_v7().to_string();
        Self::new(id.clone(), id)
    }

    fn new(id: String, token: String) -> Self {
        let newest_of_home = request("GET", "/v1/feed?limit=1", Some(&token));
        Self {
            id,
            token,
            newest_of_home,
            picture: None,
            sees: BTreeSet::new(),
        }
    }

    /// A request for a new post that nobody has posted yet.
    pub(crate) fn new_post(&self, rng: &mut StdRng, characters: Characters) -> Vec<u8> {
        let number = rng.random::<u64>();
        let length = rng.random_range(characters.0..=characters.1);
        let content = format!("{number:016x}{}", " and so on".repeat(length / 10));
        let content = content.get(..length).unwrap_or_default();
        let media = self.picture.as_ref();
        let media = media.map(|id| format!(",\"media_ids\":[\"{id}\"]"));
        let media = media.unwrap_or_default();
        let body = format!("{{\"content\":\"{content}\"{media}}}");
        request_with("POST", "/v1/posts", Some(&self.token), &body)
    }
}

/// A request that uploads a picture of one colour, as large as a telephone's screen.
fn upload(token: &str, colour: [u8; 3]) -> anyhow::Result<Vec<u8>> {
    const BOUNDARY: &str = "a-boundary";
    let mut picture = Cursor::new(Vec::new());
    RgbImage::from_pixel(720, 1_280, Rgb(colour)).write_to(&mut picture, ImageFormat::Png)?;
    let mut form = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n"
    )
    .into_bytes();
    form.extend(picture.into_inner());
    form.extend(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let head = format!(
        "POST /v1/media HTTP/1.1\r\nhost: nova\r\nauthorization: Bearer {token}\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\ncontent-length: {}\r\n\r\n",
        form.len()
    );
    Ok([head.into_bytes(), form].concat())
}
