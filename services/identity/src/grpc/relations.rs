//! What is between the caller and other users, but for follows: the same commands and queries as REST.

use nova_ids::UserId;
use nova_proto::identity::v1::relation_service_server::{RelationService, RelationServiceServer};
use nova_proto::identity::v1::{
    AcceptFollowRequestRequest, AcceptFollowRequestResponse, BlockRequest, BlockResponse,
    ListBlocksRequest, ListBlocksResponse, ListFollowRequestsRequest, ListFollowRequestsResponse,
    ListMutesRequest, ListMutesResponse, MuteRequest, MuteResponse, RefuseFollowRequestRequest,
    RefuseFollowRequestResponse, RemoveFollowerRequest, RemoveFollowerResponse, UnblockRequest,
    UnblockResponse, UnmuteRequest, UnmuteResponse, User,
};
use nova_service::tokens::Caller;
use tonic::{Request, Response, Status};

use super::{Answer, id, page_query, refuse, writer};
use crate::commands;
use crate::domain::{Pair, UserList};
use crate::error::Error;
use crate::state::State;

/// The gRPC service.
pub(crate) fn server(state: &State) -> RelationServiceServer<Relations> {
    RelationServiceServer::new(Relations(state.clone()))
}

pub(crate) struct Relations(State);

#[tonic::async_trait]
impl RelationService for Relations {
    async fn list_follow_requests(
        &self,
        request: Request<ListFollowRequestsRequest>,
    ) -> Answer<ListFollowRequestsResponse> {
        let ListFollowRequestsRequest { cursor, limit } = request.get_ref();
        let list = UserList::FollowRequests;
        let (items, next_cursor) = self.page(&request, list, *limit, cursor).await?;
        Ok(Response::new(ListFollowRequestsResponse {
            items,
            next_cursor,
        }))
    }

    async fn accept_follow_request(
        &self,
        request: Request<AcceptFollowRequestRequest>,
    ) -> Answer<AcceptFollowRequestResponse> {
        let caller = writer(&self.0, &request).await?.user_id;
        let requester = id("user_id", &request.get_ref().user_id)?;
        let pair = Pair::new(requester, caller).ok_or(Error::NoSuchRequest)?;
        let state = &self.0;
        let mut tx = state.begin().await?;
        commands::accept_follow_request(&mut tx, &state.outbox, state.follow_limit, pair).await?;
        state.commit(tx).await?;
        Ok(Response::new(AcceptFollowRequestResponse {}))
    }

    async fn refuse_follow_request(
        &self,
        request: Request<RefuseFollowRequestRequest>,
    ) -> Answer<RefuseFollowRequestResponse> {
        let caller = writer(&self.0, &request).await?.user_id;
        let requester = id("user_id", &request.get_ref().user_id)?;
        let pair = Pair::new(requester, caller).ok_or(Error::NoSuchRequest)?;
        let mut tx = self.0.begin().await?;
        commands::refuse_follow_request(&mut tx, pair).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(RefuseFollowRequestResponse {}))
    }

    async fn remove_follower(
        &self,
        request: Request<RemoveFollowerRequest>,
    ) -> Answer<RemoveFollowerResponse> {
        let caller = writer(&self.0, &request).await?.user_id;
        let follower = id("user_id", &request.get_ref().user_id)?;
        let pair = Pair::new(follower, caller);
        let pair = pair.ok_or_else(|| Error::oneself("user_id", "self_follow"))?;
        let mut tx = self.0.begin().await?;
        commands::remove_follower(&mut tx, &self.0.outbox, pair).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(RemoveFollowerResponse {}))
    }

    async fn block(&self, request: Request<BlockRequest>) -> Answer<BlockResponse> {
        let caller = writer(&self.0, &request).await?.user_id;
        let pair = other(caller, &request.get_ref().user_id, "self_block")?;
        let mut tx = self.0.begin().await?;
        commands::block(&mut tx, &self.0.outbox, pair).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(BlockResponse {}))
    }

    async fn unblock(&self, request: Request<UnblockRequest>) -> Answer<UnblockResponse> {
        let caller = writer(&self.0, &request).await?.user_id;
        let pair = other(caller, &request.get_ref().user_id, "self_block")?;
        let mut tx = self.0.begin().await?;
        commands::unblock(&mut tx, &self.0.outbox, pair).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(UnblockResponse {}))
    }

    async fn mute(&self, request: Request<MuteRequest>) -> Answer<MuteResponse> {
        let caller = writer(&self.0, &request).await?.user_id;
        let pair = other(caller, &request.get_ref().user_id, "self_mute")?;
        let mut tx = self.0.begin().await?;
        commands::mute(&mut tx, &self.0.outbox, pair).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(MuteResponse {}))
    }

    async fn unmute(&self, request: Request<UnmuteRequest>) -> Answer<UnmuteResponse> {
        let caller = writer(&self.0, &request).await?.user_id;
        let pair = other(caller, &request.get_ref().user_id, "self_mute")?;
        let mut tx = self.0.begin().await?;
        commands::unmute(&mut tx, &self.0.outbox, pair).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(UnmuteResponse {}))
    }

    async fn list_blocks(&self, request: Request<ListBlocksRequest>) -> Answer<ListBlocksResponse> {
        let ListBlocksRequest { cursor, limit } = request.get_ref();
        let (items, next_cursor) = self
            .page(&request, UserList::Blocks, *limit, cursor)
            .await?;
        Ok(Response::new(ListBlocksResponse { items, next_cursor }))
    }

    async fn list_mutes(&self, request: Request<ListMutesRequest>) -> Answer<ListMutesResponse> {
        let ListMutesRequest { cursor, limit } = request.get_ref();
        let (items, next_cursor) = self.page(&request, UserList::Mutes, *limit, cursor).await?;
        Ok(Response::new(ListMutesResponse { items, next_cursor }))
    }
}

impl Relations {
    /// A page of a list of the one who is asking, and its `next_cursor`, if they may read once more now.
    async fn page<T: Sync>(
        &self,
        request: &Request<T>,
        list_of: impl FnOnce(UserId) -> UserList + Send,
        limit: i32,
        cursor: &str,
    ) -> Result<(Vec<User>, Option<String>), Status> {
        let reads = self.0.limits.reads.check(request.extensions());
        reads.await.map_err(refuse)?;
        let caller = Caller::of(request.extensions()).map_err(refuse)?;
        let (list, viewer) = (list_of(caller.user_id), Some(caller.user_id));
        let page = page_query(limit, cursor)?;
        let page = self.0.page_of_users(list, viewer, page).await?;
        let items = page.items.into_iter().map(Into::into).collect();
        Ok((items, page.next_cursor))
    }
}

fn other(caller: UserId, other: &str, oneself: &'static str) -> Result<Pair, Status> {
    let pair = Pair::new(caller, id("user_id", other)?);
    Ok(pair.ok_or_else(|| Error::oneself("user_id", oneself))?)
}
