//! Users, whom they follow, and what was posted: as events would have made it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, ensure};
use nova_ids::{PostId, UserId};
use nova_proto::content::v1::{PostCreated, PostType, PostVisibility};
use nova_proto::timestamp;
use nova_testkit::{App, Stack};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::time::sleep;
use uuid::{NoContext, Timestamp, Uuid};

use crate::{Extent, PATIENCE};

pub(crate) const POSTS_EACH: usize = 100;
const USERS: usize = 100;
const USUAL_FOLLOWS: usize = 250;
const BATCH: usize = 10_000;
/// Posts for very many come so often.
const EVERY: Duration = Duration::from_millis(500);
const SECONDS_OF_A_MONTH: u64 = 30 * 86_400;

pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) app: Arc<App>,
    pub(crate) pool: PgPool,
    pub(crate) authors: Vec<UserId>,
    /// Who follow 250 of them.
    pub(crate) users: Vec<UserId>,
    /// Who also follow the author with very many followers.
    pub(crate) fans: Vec<UserId>,
    /// Who follows 250 and asks a lot.
    pub(crate) busy: UserId,
    pub(crate) follows_many: UserId,
    followed_by_many: UserId,
    load: Duration,
}

impl World {
    pub(crate) async fn make(extent: Extent) -> anyhow::Result<Self> {
        let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "off");
        let app = Arc::new(stack.start(nova_feed::service).await);
        let pool = stack.database("feed").await;
        let ids = |count: usize| -> Vec<UserId> { (0..count).map(|_| UserId::new()).collect() };
        let world = Self {
            stack,
            app,
            pool,
            authors: ids(extent.authors),
            users: ids(USERS),
            fans: ids(USERS),
            busy: UserId::new(),
            follows_many: UserId::new(),
            followed_by_many: UserId::new(),
            load: extent.load,
        };
        world.write_authors().await?;
        world.write_posts().await?;
        let usual = USUAL_FOLLOWS.min(extent.authors / 2);
        let readers = world.users.iter().chain(&world.fans).chain([&world.busy]);
        for (at, user) in readers.enumerate() {
            let from = at * 17 % (extent.authors - usual);
            world
                .follow(*user, &world.authors[from..from + usual])
                .await?;
        }
        let many = &world.authors[..extent.follows.min(extent.authors)];
        world.follow(world.follows_many, many).await?;
        world.write_followers(extent).await?;
        sqlx::raw_sql("VACUUM ANALYZE").execute(&world.pool).await?;
        Ok(world)
    }

    /// The same, with limits.
    pub(crate) async fn restart_with_limits(mut self) -> Self {
        self.app.stop().await;
        self.stack = self.stack.with("NOVA_RATE_LIMIT", "on");
        self.app = Arc::new(self.stack.start(nova_feed::service).await);
        self
    }

    async fn write_authors(&self) -> anyhow::Result<()> {
        let all = self.authors.iter().chain([&self.followed_by_many]);
        let ids: Vec<Uuid> = all.map(|author| author.uuid()).collect();
        sqlx::query(
            "INSERT INTO authors (id, username, display_name, revision)
             SELECT id, 'user_' || number, 'User ' || number, 1
             FROM UNNEST($1::uuid[]) WITH ORDINALITY AS author(id, number)",
        )
        .bind(ids)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn write_posts(&self) -> anyhow::Result<()> {
        let mut rng = StdRng::seed_from_u64(1);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let made = |rng: &mut StdRng| {
            let before = rng.random_range(0..SECONDS_OF_A_MONTH);
            let at = Timestamp::from_unix(NoContext, now.as_secs() - before, 0);
            Uuid::new_v7(at)
        };
        let mut posts = Vec::with_capacity(BATCH);
        for author in &self.authors {
            posts.extend((0..POSTS_EACH).map(|_| (made(&mut rng), author.uuid())));
            if posts.len() >= BATCH {
                self.insert_posts(std::mem::take(&mut posts)).await?;
            }
        }
        self.insert_posts(posts).await
    }

    async fn insert_posts(&self, posts: Vec<(Uuid, Uuid)>) -> anyhow::Result<()> {
        let (ids, authors): (Vec<Uuid>, Vec<Uuid>) = posts.into_iter().unzip();
        sqlx::query(
            "INSERT INTO posts (id, author_id, content, type, visibility, tags, revision, updated_at)
             SELECT id, author, repeat('words of the day ', 20), 'TEXT', 'PUBLIC', '{}', 1, now()
             FROM UNNEST($1::uuid[], $2::uuid[]) AS post(id, author)",
        )
        .bind(ids)
        .bind(authors)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn follow(&self, user: UserId, authors: &[UserId]) -> anyhow::Result<()> {
        let authors: Vec<Uuid> = authors.iter().map(|author| author.uuid()).collect();
        sqlx::query(
            "INSERT INTO follows (follower_id, followee_id, active, revision)
             SELECT $1, author, true, 1 FROM UNNEST($2::uuid[]) AS author",
        )
        .bind(user.uuid())
        .bind(authors)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The fans are among those whose feed is in use.
    async fn write_followers(&self, extent: Extent) -> anyhow::Result<()> {
        for fan in &self.fans {
            self.follow(*fan, &[self.followed_by_many]).await?;
        }
        sqlx::query(
            "INSERT INTO follows (follower_id, followee_id, active, revision)
             SELECT gen_random_uuid(), $1, true, 1 FROM generate_series(1, $2)",
        )
        .bind(self.followed_by_many.uuid())
        .bind(extent.followers - self.fans.len() as i64)
        .execute(&self.pool)
        .await?;
        let fans: Vec<Uuid> = self.fans.iter().map(|fan| fan.uuid()).collect();
        sqlx::query(
            "INSERT INTO readers (user_id, read_at)
             SELECT follower_id, now() FROM follows WHERE followee_id = $1
             ORDER BY follower_id = ANY($2) DESC LIMIT $3",
        )
        .bind(self.followed_by_many.uuid())
        .bind(fans)
        .bind(extent.active)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A new post of the author with very many followers: its id.
    pub(crate) async fn post_for_many(&self) -> String {
        let id = PostId::new().to_string();
        let event = PostCreated {
            post_id: id.clone(),
            user_id: self.followed_by_many.to_string(),
            content: "to all of you".to_owned(),
            r#type: PostType::Text.into(),
            visibility: PostVisibility::Public.into(),
            tags: Vec::new(),
            created_at: Some(timestamp(OffsetDateTime::now_utc())),
            revision: 1,
            media: Vec::new(),
        };
        self.stack.publish(&event).await;
        id
    }

    /// Whether all who are told of a post have been, and Kafka has it.
    pub(crate) async fn has_told(&self, post: &str) -> bool {
        let told: Result<bool, _> = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM posts WHERE id = $1::uuid)
                AND NOT EXISTS (SELECT FROM fanouts) AND NOT EXISTS (SELECT FROM outbox)",
        )
        .bind(post)
        .fetch_one(&self.pool)
        .await;
        told.unwrap_or(false)
    }

    /// Posts for very many as long as the load lasts; after how many milliseconds each is in the feed of some fan.
    pub(crate) async fn post_now_and_then(&self) -> anyhow::Result<Vec<f64>> {
        let app = self.app.reconnected();
        let end = Instant::now() + self.load;
        let mut visible = Vec::new();
        for fan in self.fans.iter().cycle() {
            if Instant::now() > end {
                break;
            }
            let token = self.stack.token(*fan);
            let began = Instant::now();
            let post = self.post_for_many().await;
            loop {
                let page = app.get("/v1/feed?limit=1").bearer(&token).await;
                let page: serde_json::Value = page.json();
                let newest = page["items"][0]["post"]["id"].as_str();
                if newest.context("an item")? == post {
                    break;
                }
                ensure!(began.elapsed() < PATIENCE, "a post is not in a feed");
                sleep(Duration::from_millis(2)).await;
            }
            visible.push(began.elapsed().as_secs_f64() * 1_000.0);
            sleep(EVERY).await;
        }
        Ok(visible)
    }
}
