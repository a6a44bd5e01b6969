//! Requests to follow, blocks and mutes, as over HTTP.

use nova_ids::UserId;
use nova_proto::identity::v1::identity_service_client::IdentityServiceClient;
use nova_proto::identity::v1::relation_service_client::RelationServiceClient;
use nova_proto::identity::v1::{
    AcceptFollowRequestRequest, BlockRequest, FollowRequest, GetUserByUsernameRequest,
    GetUserRequest, ListBlocksRequest, ListFollowRequestsRequest, ListFollowersRequest,
    ListFollowingRequest, ListMutesRequest, MuteRequest, RefuseFollowRequestRequest,
    RemoveFollowerRequest, UnblockRequest, UnfollowRequest, UnmuteRequest, UpdateMeRequest,
};
use nova_testkit::{App, Stack};
use tonic::transport::Channel;
use tonic::{Code, Response, Status};

use super::{as_user, refusal, refused};
use crate::people::{followers, lock, requests};
use crate::{Person, register, start};

async fn connect(app: &App) -> RelationServiceClient<Channel> {
    RelationServiceClient::connect(app.base_url.clone())
        .await
        .expect("a connection")
}

async fn identity(app: &App) -> IdentityServiceClient<Channel> {
    super::connect(app).await
}

/// Calls an operation as somebody: `call!(client.block(&ada, BlockRequest, ben.id))`.
macro_rules! call {
    ($client:ident . $method:ident ( $person:expr, $request:ident, $id:expr )) => {
        $client
            .$method(as_user(
                $person,
                $request {
                    user_id: $id.to_string(),
                },
            ))
            .await
    };
}

/// Calls an operation, one time for each user's id, and gives back how each was refused.
macro_rules! refusals {
    ($client:ident . $method:ident ( $person:expr, $request:ident ), $ids:expr) => {{
        let mut refusals = Vec::new();
        for id in $ids {
            refusals.push(of(call!($client.$method($person, $request, id))));
        }
        refusals
    }};
}

fn of<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> (Code, String, Vec<String>) {
    refusal(&answer.expect_err("a refusal"))
}

async fn ask(app: &App, one: &Person, other: &Person) -> bool {
    let mut client = identity(app).await;
    let answer = call!(client.follow(one, FollowRequest, other.id));
    answer.expect("an answer").into_inner().requested
}

#[tokio::test]
async fn locked_accounts_are_asked_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    let (mut client, mut users) = (connect(&app).await, identity(&app).await);
    assert!(!ask(&app, &ben, &cas).await);
    let change = |locked| UpdateMeRequest {
        locked: Some(locked),
        ..Default::default()
    };
    let account = users.update_me(as_user(&ada, change(true))).await.unwrap();
    assert!(account.into_inner().account.unwrap().user.unwrap().locked);
    for asker in [&ben, &ben, &cas] {
        assert!(ask(&app, asker, &ada).await);
    }
    let mut wanted = ListFollowRequestsRequest {
        cursor: String::new(),
        limit: 1,
    };
    let page = client
        .list_follow_requests(as_user(&ada, wanted.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.items[0].id, cas.id);
    // A cursor goes from one protocol to the other.
    wanted.cursor = page.next_cursor.unwrap();
    let path = format!("/v1/users/me/follow-requests?cursor={}", wanted.cursor);
    let over_http = app.get(&path).bearer(&ada.access_token).await.expect(200);
    assert_eq!(over_http["items"][0]["id"], ben.id);
    let last = client
        .list_follow_requests(as_user(&ada, wanted.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (last.items[0].id.as_str(), last.next_cursor),
        (&*ben.id, None)
    );
    wanted.limit = 101;
    let too_many = client.list_follow_requests(as_user(&ada, wanted)).await;
    assert_eq!(
        of(too_many),
        refused(Code::InvalidArgument, "validation_failed", &["limit"])
    );

    call!(client.accept_follow_request(&ada, AcceptFollowRequestRequest, ben.id)).unwrap();
    call!(client.refuse_follow_request(&ada, RefuseFollowRequestRequest, cas.id)).unwrap();
    let nobody = UserId::new().to_string();
    let expected = [
        refused(Code::NotFound, "not_found", &[]),
        refused(Code::NotFound, "not_found", &[]),
        refused(Code::NotFound, "not_found", &[]),
        refused(Code::InvalidArgument, "validation_failed", &["user_id"]),
    ];
    let ids = [&*cas.id, &*ada.id, &*nobody, "7"];
    let again = refusals!(
        client.accept_follow_request(&ada, AcceptFollowRequestRequest),
        ids
    );
    assert_eq!(again, expected);
    let again = refusals!(
        client.refuse_follow_request(&ada, RefuseFollowRequestRequest),
        ids
    );
    assert_eq!(again, expected);
    assert_eq!(followers(&app, &ada, &ada).await, ["ben"]);

    for _ in 0..2 {
        call!(client.remove_follower(&ada, RemoveFollowerRequest, ben.id)).unwrap();
    }
    assert_eq!(
        refusals!(
            client.remove_follower(&ada, RemoveFollowerRequest),
            [&*ada.id, &*nobody, ""]
        ),
        [
            refused(Code::InvalidArgument, "oneself", &["user_id"]),
            refused(Code::NotFound, "not_found", &[]),
            refused(Code::InvalidArgument, "validation_failed", &["user_id"]),
        ]
    );
    assert!(ask(&app, &cas, &ada).await);
    call!(users.unfollow(&cas, UnfollowRequest, ada.id)).unwrap();
    assert_eq!(requests(&app, &ada).await, [""; 0]);
    assert!(ask(&app, &ben, &ada).await);
    users.update_me(as_user(&ada, change(false))).await.unwrap();
    assert_eq!(followers(&app, &ada, &ada).await, ["ben"]);
    stack.finish().await;
}

#[tokio::test]
async fn requests_count_with_follows_over_grpc_too() {
    let stack = Stack::new().await.with("NOVA_FOLLOW_LIMIT", "1");
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    lock(&app, &ada, true).await;
    assert!(ask(&app, &ben, &ada).await);
    let mut users = identity(&app).await;
    assert_eq!(
        of(call!(users.follow(&ben, FollowRequest, cas.id))),
        refused(Code::InvalidArgument, "too_many", &["id"])
    );
    stack.finish().await;
}

#[tokio::test]
async fn blocks_hide_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    let (mut client, mut users) = (connect(&app).await, identity(&app).await);
    for follower in [&ada, &ben] {
        ask(&app, follower, &cas).await;
    }
    ask(&app, &ben, &ada).await;
    for _ in 0..2 {
        call!(client.block(&ada, BlockRequest, ben.id)).unwrap();
    }
    let absent = refused(Code::NotFound, "not_found", &[]);
    for (one, other) in [(&ada, &ben), (&ben, &ada)] {
        let by_id = GetUserRequest {
            id: other.id.clone(),
        };
        let by_name = GetUserByUsernameRequest {
            username: other.username.clone(),
        };
        let lists = (
            ListFollowersRequest {
                user_id: other.id.clone(),
                ..Default::default()
            },
            ListFollowingRequest {
                user_id: other.id.clone(),
                ..Default::default()
            },
        );
        assert_eq!(of(users.get_user(as_user(one, by_id)).await), absent);
        let named = users.get_user_by_username(as_user(one, by_name)).await;
        assert_eq!(of(named), absent);
        let list = users.list_followers(as_user(one, lists.0)).await;
        assert_eq!(of(list), absent);
        let list = users.list_following(as_user(one, lists.1)).await;
        assert_eq!(of(list), absent);
        assert_eq!(
            of(call!(users.follow(one, FollowRequest, other.id))),
            absent
        );
        assert_eq!(
            of(call!(users.unfollow(one, UnfollowRequest, other.id))),
            absent
        );
        let removed = call!(client.remove_follower(one, RemoveFollowerRequest, other.id));
        assert_eq!(of(removed), absent);
        assert_eq!(
            followers(&app, one, &cas).await,
            std::slice::from_ref(&one.username)
        );
    }
    let seen = GetUserRequest { id: ben.id.clone() };
    users.get_user(seen.clone()).await.unwrap();
    users.get_user(as_user(&cas, seen)).await.unwrap();
    assert_eq!(followers(&app, &cas, &cas).await, ["ben", "ada"]);

    let list = ListBlocksRequest::default();
    let blocks = client
        .list_blocks(as_user(&ada, list.clone()))
        .await
        .unwrap();
    assert_eq!(blocks.into_inner().items[0].id, ben.id);
    for _ in 0..2 {
        call!(client.unblock(&ada, UnblockRequest, ben.id)).unwrap();
    }
    let blocks = client.list_blocks(as_user(&ada, list)).await.unwrap();
    assert_eq!(blocks.into_inner().items, []);
    assert_eq!(followers(&app, &ada, &ada).await, [""; 0]);
    stack.finish().await;
}

#[tokio::test]
async fn mutes_work_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let mut client = connect(&app).await;
    let list = ListMutesRequest::default();
    for _ in 0..2 {
        call!(client.mute(&ada, MuteRequest, ben.id)).unwrap();
    }
    let mutes = client
        .list_mutes(as_user(&ada, list.clone()))
        .await
        .unwrap();
    assert_eq!(mutes.into_inner().items[0].id, ben.id);
    for _ in 0..2 {
        call!(client.unmute(&ada, UnmuteRequest, ben.id)).unwrap();
    }
    let mutes = client.list_mutes(as_user(&ada, list)).await.unwrap();
    assert_eq!(mutes.into_inner().items, []);
    stack.finish().await;
}

#[tokio::test]
async fn blocks_and_mutes_are_refused_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let mut client = connect(&app).await;
    let nobody = UserId::new().to_string();
    let ids = [&*ada.id, &*nobody, "7"];
    let expected = [
        refused(Code::InvalidArgument, "oneself", &["user_id"]),
        refused(Code::NotFound, "not_found", &[]),
        refused(Code::InvalidArgument, "validation_failed", &["user_id"]),
    ];
    assert_eq!(refusals!(client.block(&ada, BlockRequest), ids), expected);
    assert_eq!(
        refusals!(client.unblock(&ada, UnblockRequest), ids),
        expected
    );
    assert_eq!(refusals!(client.mute(&ada, MuteRequest), ids), expected);
    assert_eq!(refusals!(client.unmute(&ada, UnmuteRequest), ids), expected);
    let anonymous = refused(Code::Unauthenticated, "unauthenticated", &[]);
    let of_ada = ada.id.clone();
    let request = BlockRequest { user_id: of_ada };
    assert_eq!(of(client.block(request).await), anonymous);
    let list = client.list_blocks(ListBlocksRequest::default()).await;
    assert_eq!(of(list), anonymous);
    let list = client.list_mutes(ListMutesRequest::default()).await;
    assert_eq!(of(list), anonymous);
    let list = client
        .list_follow_requests(ListFollowRequestsRequest::default())
        .await;
    assert_eq!(of(list), anonymous);
    stack.finish().await;
}
