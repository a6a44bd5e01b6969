//! What every test here needs: the service, users, posts, follows.

use nova_content::commands;
use nova_content::domain::{Block, Follow};
use nova_ids::UserId;
use nova_proto::catalogue::Event;
use nova_proto::content::v1::content_service_client::ContentServiceClient;
use nova_testkit::{Answer, App, Published, Stack, eventually};
use serde_json::Value;
use sqlx::PgPool;
use tonic::Request;
use tonic::transport::Channel;

/// The service, running.
pub(crate) struct Content {
    pub(crate) stack: Stack,
    pub(crate) app: App,
    pub(crate) pool: PgPool,
}

/// Somebody with an access token.
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) token: String,
}

impl Content {
    pub(crate) async fn start() -> Self {
        Self::start_on(Stack::new().await).await
    }

    pub(crate) async fn start_on(stack: Stack) -> Self {
        let app = stack.start(nova_content::service).await;
        let pool = stack.database(nova_content::NAME).await;
        Self { stack, app, pool }
    }

    pub(crate) fn user(&self) -> User {
        let id = UserId::new();
        User {
            id,
            token: self.stack.token(id),
        }
    }

    /// `POST /v1/posts`
    pub(crate) async fn post(&self, author: &User, body: Value) -> Answer {
        self.app
            .post("/v1/posts")
            .bearer(&author.token)
            .json(body)
            .await
    }

    /// A post that is made, as it is answered.
    pub(crate) async fn posted(&self, author: &User, body: Value) -> Value {
        self.post(author, body).await.expect(201)
    }

    /// `GET`, with the viewer's token if there is a viewer.
    pub(crate) async fn get(&self, viewer: Option<&User>, path: &str) -> Answer {
        let request = self.app.get(path);
        match viewer {
            Some(viewer) => request.bearer(&viewer.token).await,
            None => request.await,
        }
    }

    /// What becomes of a follow event, without the event.
    pub(crate) async fn follow(
        &self,
        follower: &User,
        followee: &User,
        active: bool,
        revision: i64,
    ) {
        let follow = Follow {
            follower_id: follower.id,
            followee_id: followee.id,
            active,
            revision,
        };
        let mut tx = self.pool.begin().await.unwrap();
        commands::record_follow(&mut tx, follow).await.unwrap();
        tx.commit().await.unwrap();
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

    pub(crate) async fn grpc(&self) -> ContentServiceClient<Channel> {
        ContentServiceClient::connect(self.app.base_url.clone())
            .await
            .unwrap()
    }

    /// Everything of one type that was published, once nothing is left in the outbox.
    pub(crate) async fn published<E: Event>(&self) -> Vec<Published<E>> {
        eventually("the outbox is empty", async || {
            let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM outbox");
            left.fetch_one(&self.pool).await.unwrap() == 0
        })
        .await;
        self.stack.published().await
    }

    /// Waits until so many media of users are known.
    pub(crate) async fn has_media(&self, count: i64) {
        eventually("the media are known", async || {
            let known =
                sqlx::query_scalar::<_, i64>("SELECT count(*) FROM media WHERE revision > 0");
            let known = known.fetch_one(&self.pool).await.unwrap();
            if known == count { Ok(()) } else { Err(known) }
        })
        .await;
    }

    pub(crate) async fn finish(self) {
        self.stack.finish().await;
    }
}

/// A gRPC request, with the caller's token if there is a caller.
pub(crate) fn request<T>(caller: Option<&User>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(caller) = caller {
        let bearer = format!("Bearer {}", caller.token).parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
    }
    request
}

/// `GET` path of a post.
pub(crate) fn path_of(post: &Value) -> String {
    format!("/v1/posts/{}", post["id"].as_str().unwrap())
}
