//! gRPC: the same commands and queries as REST, under the same limits.

mod messages;

use nova_ids::UserId;
use nova_proto::content::v1::content_service_server::{ContentService, ContentServiceServer};
use nova_proto::content::v1::{
    CreatePostRequest, CreatePostResponse, DeletePostRequest, DeletePostResponse, GetPostRequest,
    GetPostResponse, GetPostsRequest, GetPostsResponse, ListUserPostsRequest,
    ListUserPostsResponse, UpdatePostRequest, UpdatePostResponse,
};
use nova_resilience::Fault;
use nova_service::grpc::status;
use nova_service::http::IfMatch;
use nova_service::idempotency::IdempotencyKey;
use nova_service::tokens::Caller;
use tonic::{Request, Response, Status};

use crate::domain::Post;
use crate::error::Error;
use crate::state::State;
use crate::{commands, store};

/// The gRPC service.
pub(crate) fn server(state: &State) -> ContentServiceServer<Content> {
    ContentServiceServer::new(Content(state.clone()))
}

pub(crate) struct Content(State);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ContentService for Content {
    async fn create_post(&self, request: Request<CreatePostRequest>) -> Answer<CreatePostResponse> {
        let author = self.writer(&request).await?;
        let key = IdempotencyKey::from_metadata(request.metadata()).map_err(refuse)?;
        let draft = messages::draft(request.into_inner()).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        let answer = commands::create_post(&mut tx, &self.0.outbox, author, draft, &key).await?;
        self.0.commit(tx).await?;
        let post: Post = answer.value().map_err(refuse)?;
        Ok(Response::new(CreatePostResponse {
            post: Some(self.0.shown(post).into()),
        }))
    }

    async fn get_post(&self, request: Request<GetPostRequest>) -> Answer<GetPostResponse> {
        let viewer = self.viewer(&request).await?;
        let id = messages::id("id", &request.get_ref().id).map_err(refuse)?;
        let seen = store::posts::find(&self.0.database.pool, viewer, id).await;
        let post = seen.map_err(Error::from)?.ok_or(Error::NoSuchPost)?;
        Ok(Response::new(GetPostResponse {
            post: Some(self.0.shown(post).into()),
        }))
    }

    async fn get_posts(&self, request: Request<GetPostsRequest>) -> Answer<GetPostsResponse> {
        let viewer = self.viewer(&request).await?;
        let ids = messages::post_ids(&request.get_ref().ids).map_err(refuse)?;
        let seen = store::posts::find_all(&self.0.database.pool, viewer, &ids).await;
        let posts = seen.map_err(Error::from)?.into_iter();
        Ok(Response::new(GetPostsResponse {
            posts: posts.map(|post| self.0.shown(post).into()).collect(),
        }))
    }

    async fn update_post(&self, request: Request<UpdatePostRequest>) -> Answer<UpdatePostResponse> {
        let editor = self.writer(&request).await?;
        let meant = IfMatch::from_metadata(request.metadata()).map_err(refuse)?;
        let (id, edit) = messages::edit(request.into_inner()).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        let post = commands::update_post(&mut tx, &self.0.outbox, editor, id, edit, &meant).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(UpdatePostResponse {
            post: Some(self.0.shown(post).into()),
        }))
    }

    async fn delete_post(&self, request: Request<DeletePostRequest>) -> Answer<DeletePostResponse> {
        let remover = self.writer(&request).await?;
        let meant = IfMatch::from_metadata(request.metadata()).map_err(refuse)?;
        let id = messages::id("id", &request.get_ref().id).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        commands::delete_post(&mut tx, &self.0.outbox, remover, id, &meant).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(DeletePostResponse {}))
    }

    async fn list_user_posts(
        &self,
        request: Request<ListUserPostsRequest>,
    ) -> Answer<ListUserPostsResponse> {
        let viewer = self.viewer(&request).await?;
        let (author, wanted) = messages::page_of_posts(request.get_ref()).map_err(refuse)?;
        let page = self.0.page_of_posts(viewer, author, wanted).await?;
        let items = page
            .items
            .into_iter()
            .map(|post| self.0.shown(post).into())
            .collect();
        Ok(Response::new(ListUserPostsResponse {
            items,
            next_cursor: page.next_cursor,
        }))
    }
}

impl Content {
    /// Who is asking to write, if they may ask once more now.
    async fn writer<T: Sync>(&self, request: &Request<T>) -> Result<UserId, Status> {
        let extensions = request.extensions();
        self.0.writes.check(extensions).await.map_err(refuse)?;
        let caller = Caller::of(request.extensions()).map_err(refuse)?;
        Ok(caller.user_id)
    }

    /// Who is asking to read, if anybody, and if they may ask once more now.
    async fn viewer<T: Sync>(&self, request: &Request<T>) -> Result<Option<UserId>, Status> {
        let extensions = request.extensions();
        self.0.reads.check(extensions).await.map_err(refuse)?;
        Ok(Caller::of(extensions).ok().map(|caller| caller.user_id))
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        status(&error)
    }
}

fn refuse(fault: impl Fault) -> Status {
    status(&fault)
}
