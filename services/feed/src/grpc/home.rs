//! The home feed.

use http::header::AUTHORIZATION;
use nova_proto::content::v1 as content;
use nova_proto::feed::v1 as proto;
use nova_proto::feed::v1::feed_service_server::FeedService;
use nova_proto::timestamp;
use nova_service::grpc::status;
use nova_service::http::PageQuery;
use nova_service::tokens::Caller;
use tonic::{Request, Response, Status};

use crate::domain::{Author, Item, Post, PostType, Visibility};
use crate::error::Error;
use crate::state::State;

/// Answers `FeedService`.
pub(crate) struct Home {
    state: State,
}

impl Home {
    pub(super) const fn new(state: State) -> Self {
        Self { state }
    }
}

#[tonic::async_trait]
impl FeedService for Home {
    async fn get_home_feed(
        &self,
        request: Request<proto::GetHomeFeedRequest>,
    ) -> Result<Response<proto::GetHomeFeedResponse>, Status> {
        let caller = Caller::of(request.extensions()).map_err(|error| status(&error))?;
        let reads = &self.state.reads;
        reads
            .check(request.extensions())
            .await
            .map_err(|error| status(&error))?;
        let (metadata, _, wanted) = request.into_parts();
        let authorization = metadata.as_ref().get(AUTHORIZATION);
        let page = PageQuery::of_message(wanted.limit.into(), &wanted.cursor)
            .map_err(|field| status(&Error::Invalid(field)))?;
        let page = self
            .state
            .page_of_home(caller.user_id, authorization, page)
            .await
            .map_err(|error| status(&error))?;
        Ok(Response::new(proto::GetHomeFeedResponse {
            items: page.items.into_iter().map(proto::FeedItem::from).collect(),
            next_cursor: page.next_cursor,
        }))
    }
}

impl From<Item> for proto::FeedItem {
    fn from(item: Item) -> Self {
        Self {
            post: Some(message(item.post)),
            author: Some(item.author.into()),
        }
    }
}

impl From<Author> for proto::Author {
    fn from(author: Author) -> Self {
        Self {
            id: author.id.to_string(),
            username: author.username,
            display_name: author.display_name,
            avatar_url: author.avatar_url,
        }
    }
}

fn message(post: Post) -> content::Post {
    content::Post {
        id: post.id.to_string(),
        author_id: post.author_id.to_string(),
        content: post.content,
        r#type: match post.kind {
            PostType::Text => content::PostType::Text,
            PostType::Image => content::PostType::Image,
            PostType::Video => content::PostType::Video,
            PostType::Reel => content::PostType::Reel,
        }
        .into(),
        visibility: match post.visibility {
            Visibility::Public => content::PostVisibility::Public,
            Visibility::Private => content::PostVisibility::Private,
            Visibility::FollowersOnly => content::PostVisibility::FollowersOnly,
        }
        .into(),
        tags: post.tags,
        media: post.media.into_iter().map(Into::into).collect(),
        revision: post.revision,
        created_at: Some(timestamp(post.created_at)),
        updated_at: Some(timestamp(post.updated_at)),
    }
}
