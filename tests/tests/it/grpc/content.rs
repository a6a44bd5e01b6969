//! Posts over gRPC.

use nova_proto::content::v1::{
    CreatePostRequest, DeletePostRequest, GetPostRequest, ListUserPostsRequest, PostType,
    PostVisibility, Tags, UpdatePostRequest,
};
use nova_tests::{Nova, unique};
use serde_json::Value;
use tonic::{Code, IntoRequest};
use uuid::Uuid;

use super::{Clients, by, code, shown};

#[tokio::test]
async fn a_post_is_the_same_over_grpc_and_rest() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.content;
    let author = nova.user("author").await;
    let request = CreatePostRequest {
        content: "over gRPC 🦀".to_owned(),
        r#type: PostType::Video.into(),
        visibility: PostVisibility::FollowersOnly.into(),
        tags: vec!["one".to_owned(), "two".to_owned()],
        media_ids: Vec::new(),
    };
    let made = grpc
        .create_post(by(&author, request))
        .await
        .expect("a post")
        .into_inner()
        .post
        .expect("a post");
    let path = format!("/v1/posts/{}", made.id);
    let id = made.id.clone();
    assert_eq!(shown(made), author.get(&path).await.expect(200));

    let edit = UpdatePostRequest {
        id: id.clone(),
        content: None,
        visibility: Some(PostVisibility::Public.into()),
        tags: Some(Tags { tags: Vec::new() }),
        media_ids: None,
    };
    let edited = grpc
        .update_post(by(&author, edit))
        .await
        .expect("an edit")
        .into_inner()
        .post
        .expect("a post");
    assert_eq!(shown(edited), nova.get(&path).await.expect(200));
    let read = grpc
        .get_post(GetPostRequest { id: id.clone() })
        .await
        .expect("a post")
        .into_inner();
    assert_eq!(
        shown(read.post.expect("a post")),
        nova.get(&path).await.expect(200)
    );
    let list = ListUserPostsRequest {
        user_id: author.id.clone(),
        ..Default::default()
    };
    let page = grpc
        .list_user_posts(list)
        .await
        .expect("a page")
        .into_inner();
    let listed: Vec<Value> = page.items.into_iter().map(shown).collect();
    assert_eq!(
        listed,
        author
            .list(&format!("/v1/users/{}/posts", author.id), 100)
            .await
    );

    grpc.delete_post(by(&author, DeletePostRequest { id: id.clone() }))
        .await
        .expect("a deletion");
    assert_eq!(nova.get(&path).await.status, 404);
    assert_eq!(
        code(grpc.get_post(GetPostRequest { id }).await),
        Code::NotFound
    );
}

#[tokio::test]
async fn what_is_left_out_of_a_post_has_the_same_defaults() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.content;
    let author = nova.user("author").await;
    let request = CreatePostRequest {
        content: "plain".to_owned(),
        ..Default::default()
    };
    let made = grpc
        .create_post(by(&author, request))
        .await
        .expect("a post")
        .into_inner()
        .post
        .expect("a post");
    assert_eq!(
        (made.r#type(), made.visibility()),
        (PostType::Text, PostVisibility::Public)
    );
    assert_eq!(made.revision, 1);
}

#[tokio::test]
async fn posts_are_seen_and_changed_by_the_same_people() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.content;
    let (author, stranger) = (nova.user("author").await, nova.user("stranger").await);
    let public = author.say_to("PUBLIC", "for all").await;
    let never_was = Uuid::now_v7().to_string();
    for hidden in [
        author.say_to("PRIVATE", "for me").await,
        author.say_to("FOLLOWERS_ONLY", "for friends").await,
    ] {
        for request in [
            GetPostRequest { id: hidden.clone() }.into_request(),
            by(&stranger, GetPostRequest { id: hidden.clone() }),
        ] {
            let refusal = grpc.get_post(request).await.expect_err("a refusal");
            let unknown = grpc
                .get_post(GetPostRequest {
                    id: never_was.clone(),
                })
                .await
                .expect_err("a refusal");
            assert_eq!(
                (refusal.code(), refusal.message()),
                (Code::NotFound, unknown.message())
            );
        }
        let edit = UpdatePostRequest {
            id: hidden.clone(),
            content: Some("x".to_owned()),
            ..Default::default()
        };
        assert_eq!(
            code(grpc.update_post(by(&stranger, edit)).await),
            Code::NotFound
        );
        assert_eq!(
            code(
                grpc.delete_post(by(&stranger, DeletePostRequest { id: hidden }))
                    .await
            ),
            Code::NotFound
        );
    }
    let edit = UpdatePostRequest {
        id: public.clone(),
        content: Some("x".to_owned()),
        ..Default::default()
    };
    assert_eq!(
        code(grpc.update_post(by(&stranger, edit)).await),
        Code::PermissionDenied
    );
    assert_eq!(
        code(
            grpc.delete_post(by(&stranger, DeletePostRequest { id: public.clone() }))
                .await
        ),
        Code::PermissionDenied
    );
    assert_eq!(
        code(grpc.delete_post(DeletePostRequest { id: public }).await),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn bad_input_is_an_invalid_argument() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.content;
    let author = nova.user("author").await;
    let post = |content: &str| CreatePostRequest {
        content: content.to_owned(),
        ..Default::default()
    };
    for request in [
        post(""),
        post(" \n"),
        post("nul\0"),
        post(&"a".repeat(5_001)),
        CreatePostRequest {
            r#type: 99,
            ..post("x")
        },
        CreatePostRequest {
            visibility: -1,
            ..post("x")
        },
        CreatePostRequest {
            tags: vec!["not ok".to_owned()],
            ..post("x")
        },
        CreatePostRequest {
            tags: vec!["x".to_owned(); 11],
            ..post("x")
        },
    ] {
        assert_eq!(
            code(grpc.create_post(by(&author, request)).await),
            Code::InvalidArgument
        );
    }
    for limit in [-1, 101, i32::MAX, i32::MIN] {
        let list = ListUserPostsRequest {
            user_id: author.id.clone(),
            cursor: String::new(),
            limit,
        };
        assert_eq!(
            code(grpc.list_user_posts(list).await),
            Code::InvalidArgument
        );
    }
    for cursor in ["x", "null", "AAAA"] {
        let list = ListUserPostsRequest {
            user_id: author.id.clone(),
            cursor: cursor.to_owned(),
            limit: 1,
        };
        assert_eq!(
            code(grpc.list_user_posts(list).await),
            Code::InvalidArgument
        );
    }
    assert_eq!(
        code(
            grpc.get_post(GetPostRequest {
                id: "no id".to_owned()
            })
            .await
        ),
        Code::InvalidArgument
    );
    let id = author.say("x").await;
    let edit = UpdatePostRequest {
        id,
        visibility: Some(77),
        ..Default::default()
    };
    assert_eq!(
        code(grpc.update_post(by(&author, edit)).await),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn an_idempotency_key_holds_over_grpc() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.content;
    let author = nova.user("author").await;
    let key = unique("key");
    let send = |content: &str, key: &str| {
        let message = CreatePostRequest {
            content: content.to_owned(),
            ..Default::default()
        };
        let mut request = by(&author, message);
        request
            .metadata_mut()
            .insert("idempotency-key", key.parse().expect("a header"));
        request
    };
    let (mut one, mut other) = (grpc.clone(), grpc.clone());
    let (first, second) = tokio::join!(
        one.create_post(send("once", &key)),
        other.create_post(send("once", &key))
    );
    let (first, second) = (
        first.expect("a post").into_inner(),
        second.expect("a post").into_inner(),
    );
    assert_eq!(first, second);
    assert_eq!(
        author
            .list(&format!("/v1/users/{}/posts", author.id), 100)
            .await
            .len(),
        1
    );
    assert!(grpc.create_post(send("other", &key)).await.is_err());
    assert_eq!(
        code(grpc.create_post(send("x", &"k".repeat(256))).await),
        Code::InvalidArgument
    );
    assert_eq!(
        author
            .list(&format!("/v1/users/{}/posts", author.id), 100)
            .await
            .len(),
        1
    );
}
