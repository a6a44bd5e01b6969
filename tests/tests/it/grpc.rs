//! The same operations over gRPC, on the same address, with reflection and health.

use std::collections::BTreeSet;

use nova_proto::content::v1::content_service_client::ContentServiceClient;
use nova_proto::content::v1::{
    CreatePostRequest, DeletePostRequest, GetPostRequest, ListUserPostsRequest, Post, PostType,
    PostVisibility, Tags, UpdatePostRequest,
};
use nova_proto::feed::v1::GetHomeFeedRequest;
use nova_proto::feed::v1::feed_service_client::FeedServiceClient;
use nova_proto::identity::v1::identity_service_client::IdentityServiceClient;
use nova_proto::identity::v1::login_request::Login;
use nova_proto::identity::v1::{
    FollowRequest, GetMeRequest, GetUserByUsernameRequest, GetUserRequest, ListFollowersRequest,
    ListFollowingRequest, LoginRequest, LogoutRequest, RefreshRequest, RegisterRequest,
    UnfollowRequest, UpdateMeRequest,
};
use nova_testkit::eventually;
use nova_tests::keys::{claims, claims_but, unix_seconds, unsigned};
use nova_tests::{Nova, User, id_of, unique};
use prost_types::Timestamp;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, IntoRequest, Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use uuid::Uuid;

const SERVICES: [&str; 3] = [
    "nova.identity.v1.IdentityService",
    "nova.content.v1.ContentService",
    "nova.feed.v1.FeedService",
];

/// Clients of every service on one connection.
struct Clients {
    identity: IdentityServiceClient<Channel>,
    content: ContentServiceClient<Channel>,
    feed: FeedServiceClient<Channel>,
    channel: Channel,
}

impl Clients {
    async fn connect(nova: &Nova) -> Self {
        let endpoint = Channel::from_shared(nova.base_url.clone()).expect("an address");
        let channel = endpoint.connect().await.expect("a connection");
        Self {
            identity: IdentityServiceClient::new(channel.clone()),
            content: ContentServiceClient::new(channel.clone()),
            feed: FeedServiceClient::new(channel.clone()),
            channel,
        }
    }
}

fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = message.into_request();
    let token = MetadataValue::try_from(format!("Bearer {token}")).expect("a header");
    request.metadata_mut().insert("authorization", token);
    request
}

fn by<T>(user: &User, message: T) -> Request<T> {
    with_token(message, &user.access_token)
}

#[track_caller]
fn code<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> Code {
    answer.expect_err("a refusal").code()
}

fn written(time: Option<Timestamp>) -> String {
    let time = time.expect("a time");
    let at = OffsetDateTime::from_unix_timestamp(time.seconds)
        .expect("a time")
        .replace_nanosecond(time.nanos.cast_unsigned());
    let at = at.expect("a time");
    let millis = at.millisecond();
    let seconds = at
        .replace_nanosecond(0)
        .expect("a time")
        .format(&Rfc3339)
        .expect("RFC 3339");
    format!("{}.{millis:03}Z", seconds.trim_end_matches('Z'))
}

/// A post of gRPC as REST would show it.
fn shown(post: Post) -> Value {
    let kind = post
        .r#type()
        .as_str_name()
        .trim_start_matches("POST_TYPE_")
        .to_owned();
    let visibility = post
        .visibility()
        .as_str_name()
        .trim_start_matches("POST_VISIBILITY_")
        .to_owned();
    json!({
        "id": post.id, "author_id": post.author_id, "content": post.content, "type": kind,
        "visibility": visibility, "tags": post.tags, "revision": post.revision,
        "created_at": written(post.created_at), "updated_at": written(post.updated_at),
    })
}

fn shown_user(user: nova_proto::identity::v1::User) -> Value {
    json!({
        "id": user.id, "username": user.username, "display_name": user.display_name, "avatar_url": user.avatar_url,
        "created_at": written(user.created_at), "updated_at": written(user.updated_at),
    })
}

#[tokio::test]
async fn accounts_are_made_and_sessions_begin_and_end() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.identity;
    let username = unique("grpc");
    let registration = RegisterRequest {
        username: username.clone(),
        email: format!("{username}@example.org"),
        password: "long enough".to_owned(),
        display_name: Some("G. R. Pc".to_owned()),
    };
    let registered = grpc
        .register(registration.clone())
        .await
        .expect("an account")
        .into_inner();
    let account = registered.account.expect("an account");
    let tokens = registered.tokens.expect("tokens");
    assert_eq!(tokens.expires_in, 900);
    let me = nova
        .get("/v1/users/me")
        .bearer(&tokens.access_token)
        .await
        .expect(200);
    let mut over_grpc = shown_user(account.user.expect("a user"));
    over_grpc["email"] = json!(account.email);
    assert_eq!(over_grpc, me);
    assert_eq!(
        code(grpc.register(registration.clone()).await),
        Code::AlreadyExists
    );

    for login in [
        Login::Username(username.clone()),
        Login::Email(registration.email.clone()),
    ] {
        let right = LoginRequest {
            login: Some(login.clone()),
            password: registration.password.clone(),
        };
        grpc.login(right).await.expect("a session");
        let wrong = LoginRequest {
            login: Some(login),
            password: "not that".to_owned(),
        };
        assert_eq!(code(grpc.login(wrong).await), Code::Unauthenticated);
    }
    let neither = LoginRequest {
        login: None,
        password: "not that".to_owned(),
    };
    assert_eq!(code(grpc.login(neither).await), Code::InvalidArgument);

    let refresh = |token: &str| RefreshRequest {
        refresh_token: token.to_owned(),
    };
    let second = grpc
        .refresh(refresh(&tokens.refresh_token))
        .await
        .expect("a session")
        .into_inner();
    let second = second.tokens.expect("tokens").refresh_token;
    assert_eq!(
        code(grpc.refresh(refresh(&tokens.refresh_token)).await),
        Code::Unauthenticated
    );
    assert_eq!(
        code(grpc.refresh(refresh(&second)).await),
        Code::Unauthenticated
    );

    let right = LoginRequest {
        login: Some(Login::Username(username)),
        password: registration.password,
    };
    let third = grpc
        .login(right)
        .await
        .expect("a session")
        .into_inner()
        .tokens
        .expect("tokens")
        .refresh_token;
    grpc.logout(LogoutRequest {
        refresh_token: third.clone(),
    })
    .await
    .expect("a logout");
    assert_eq!(
        code(grpc.refresh(refresh(&third)).await),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn profiles_are_read_and_edited() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.identity;
    let user = nova.user("grpc").await;
    let public = nova
        .get(&format!("/v1/users/{}", user.id))
        .await
        .expect(200);

    let by_id = grpc
        .get_user(GetUserRequest {
            id: user.id.clone(),
        })
        .await
        .expect("a user")
        .into_inner();
    assert_eq!(shown_user(by_id.user.expect("a user")), public);
    let by_name = GetUserByUsernameRequest {
        username: user.username.clone(),
    };
    let by_name = grpc
        .get_user_by_username(by_name)
        .await
        .expect("a user")
        .into_inner();
    assert_eq!(shown_user(by_name.user.expect("a user")), public);
    let me = grpc
        .get_me(by(&user, GetMeRequest {}))
        .await
        .expect("an account")
        .into_inner();
    assert_eq!(me.account.expect("an account").email, user.email);
    assert_eq!(
        code(grpc.get_me(GetMeRequest {}).await),
        Code::Unauthenticated
    );

    let edit = |display_name: &str, avatar_url: &str| UpdateMeRequest {
        username: None,
        display_name: Some(display_name.to_owned()),
        avatar_url: Some(avatar_url.to_owned()),
    };
    grpc.update_me(by(&user, edit("New", "https://example.org/a.png")))
        .await
        .expect("an edit");
    let after = user.get("/v1/users/me").await.expect(200);
    assert_eq!(
        (&after["display_name"], &after["avatar_url"]),
        (&json!("New"), &json!("https://example.org/a.png"))
    );
    grpc.update_me(by(&user, edit("New", "")))
        .await
        .expect("an edit");
    assert_eq!(
        user.get("/v1/users/me").await.expect(200)["avatar_url"],
        Value::Null
    );
    assert_eq!(
        code(grpc.update_me(by(&user, edit("", ""))).await),
        Code::InvalidArgument
    );

    let unknown = GetUserRequest {
        id: Uuid::now_v7().to_string(),
    };
    assert_eq!(code(grpc.get_user(unknown).await), Code::NotFound);
    let no_id = GetUserRequest {
        id: "nobody".to_owned(),
    };
    assert_eq!(code(grpc.get_user(no_id).await), Code::InvalidArgument);
    let unknown = GetUserByUsernameRequest {
        username: unique("no"),
    };
    assert_eq!(
        code(grpc.get_user_by_username(unknown).await),
        Code::NotFound
    );
}

#[tokio::test]
async fn follows_begin_end_and_are_listed_in_pages() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.identity;
    let star = nova.user("star").await;
    let fans = [
        nova.user("a").await,
        nova.user("b").await,
        nova.user("c").await,
    ];
    for fan in &fans {
        grpc.follow(by(
            fan,
            FollowRequest {
                user_id: star.id.clone(),
            },
        ))
        .await
        .expect("a follow");
    }
    let expected = star
        .list(&format!("/v1/users/{}/followers", star.id), 100)
        .await;
    assert_eq!(expected.len(), 3);
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListFollowersRequest {
            user_id: star.id.clone(),
            cursor,
            limit: 2,
        };
        let page = grpc
            .list_followers(request)
            .await
            .expect("a page")
            .into_inner();
        listed.extend(page.items.into_iter().map(shown_user));
        let Some(next) = page.next_cursor else { break };
        cursor = next;
    }
    assert_eq!(listed, expected);

    grpc.unfollow(by(
        &fans[0],
        UnfollowRequest {
            user_id: star.id.clone(),
        },
    ))
    .await
    .expect("an unfollow");
    let following = ListFollowingRequest {
        user_id: fans[0].id.clone(),
        ..Default::default()
    };
    assert!(
        grpc.list_following(following)
            .await
            .expect("a page")
            .into_inner()
            .items
            .is_empty()
    );

    let oneself = FollowRequest {
        user_id: star.id.clone(),
    };
    assert_eq!(
        code(grpc.follow(by(&star, oneself.clone())).await),
        Code::InvalidArgument
    );
    assert_eq!(code(grpc.follow(oneself).await), Code::Unauthenticated);
    let unknown = FollowRequest {
        user_id: Uuid::now_v7().to_string(),
    };
    assert_eq!(code(grpc.follow(by(&star, unknown)).await), Code::NotFound);
}

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

#[tokio::test]
async fn the_home_feed_is_the_same_over_grpc_and_rest() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.feed;
    let (author, reader) = (nova.user("author").await, nova.user("reader").await);
    reader.follow(&author).await;
    for number in 0..5 {
        author.say(&format!("post {number}")).await;
    }
    eventually("all posts are in the feed", async || {
        reader.feed().await.len() == 5
    })
    .await;
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = GetHomeFeedRequest { cursor, limit: 2 };
        let page = grpc
            .get_home_feed(by(&reader, request))
            .await
            .expect("a page")
            .into_inner();
        for item in page.items {
            let author = item.author.expect("an author");
            let author = json!({ "id": author.id, "username": author.username, "display_name": author.display_name });
            listed.push(json!({ "post": shown(item.post.expect("a post")), "author": author }));
        }
        let Some(next) = page.next_cursor else { break };
        cursor = next;
    }
    assert_eq!(listed, reader.feed().await);
    let anonymous = grpc.get_home_feed(GetHomeFeedRequest::default()).await;
    assert_eq!(code(anonymous), Code::Unauthenticated);
    let changed = GetHomeFeedRequest {
        cursor: "AAAA".to_owned(),
        limit: 0,
    };
    assert_eq!(
        code(grpc.get_home_feed(by(&reader, changed)).await),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn a_bad_token_is_unauthenticated_everywhere() {
    let nova = Nova::shared().await;
    let clients = Clients::connect(&nova).await;
    let (mut content, mut feed, mut identity) = (clients.content, clients.feed, clients.identity);
    let mut health = HealthClient::new(clients.channel);
    let user = nova.user("bad").await;
    let id = user.say("public").await;
    let none = unsigned(
        &json!({ "alg": "none", "kid": nova.key().kid() }),
        &claims(&user.id),
    );
    let expired = nova
        .key()
        .sign(&claims_but(&user.id, "exp", json!(unix_seconds() - 60)));
    for token in ["nonsense", &none, &expired] {
        let get_post = with_token(GetPostRequest { id: id.clone() }, token);
        assert_eq!(
            code(content.get_post(get_post).await),
            Code::Unauthenticated
        );
        let get_feed = with_token(GetHomeFeedRequest::default(), token);
        assert_eq!(
            code(feed.get_home_feed(get_feed).await),
            Code::Unauthenticated
        );
        let get_user = with_token(
            GetUserRequest {
                id: user.id.clone(),
            },
            token,
        );
        assert_eq!(
            code(identity.get_user(get_user).await),
            Code::Unauthenticated
        );
        let check = with_token(HealthCheckRequest::default(), token);
        assert_eq!(code(health.check(check).await), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn reflection_lists_every_service_and_describes_it() {
    let nova = Nova::shared().await;
    let channel = Clients::connect(&nova).await.channel;
    let mut reflection = ServerReflectionClient::new(channel);
    let ask = |message| ServerReflectionRequest {
        host: String::new(),
        message_request: Some(message),
    };
    let mut questions = vec![ask(MessageRequest::ListServices(String::new()))];
    questions.extend(
        SERVICES.map(|service| ask(MessageRequest::FileContainingSymbol(service.to_owned()))),
    );
    let stream = reflection
        .server_reflection_info(tokio_stream::iter(questions))
        .await
        .expect("a stream");
    let mut stream = stream.into_inner();

    let first = stream
        .message()
        .await
        .expect("an answer")
        .expect("an answer")
        .message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = first else {
        panic!("{first:?}")
    };
    let listed: BTreeSet<String> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    for service in SERVICES.into_iter().chain(["grpc.health.v1.Health"]) {
        assert!(listed.contains(service), "{service} is not in {listed:?}");
    }
    for service in SERVICES {
        let answer = stream
            .message()
            .await
            .expect("an answer")
            .expect("an answer")
            .message_response;
        assert!(
            matches!(answer, Some(MessageResponse::FileDescriptorResponse(_))),
            "{service}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn health_answers_for_the_whole_and_for_each_service() {
    let nova = Nova::shared().await;
    let mut health = HealthClient::new(Clients::connect(&nova).await.channel);
    for service in SERVICES.into_iter().chain([""]) {
        eventually("it is serving", async || {
            let check = HealthCheckRequest {
                service: service.to_owned(),
            };
            let status = health
                .check(check)
                .await
                .map(|answer| answer.into_inner().status());
            if matches!(status, Ok(ServingStatus::Serving)) {
                Ok(())
            } else {
                Err((service, status))
            }
        })
        .await;
    }
    let unknown = HealthCheckRequest {
        service: "nova.unknown.v1.Service".to_owned(),
    };
    assert_eq!(code(health.check(unknown).await), Code::NotFound);
}

#[tokio::test]
async fn what_no_service_has_is_unimplemented() {
    let nova = Nova::shared().await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .expect("a client");
    for path in [
        "/nova.content.v1.ContentService/NoSuchMethod",
        "/nova.unknown.v1.Service/Method",
        "/nowhere",
    ] {
        let request = client
            .post(format!("{}{path}", nova.base_url))
            .header("content-type", "application/grpc");
        let answer = request
            .header("te", "trailers")
            .body(vec![0; 5])
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(
            answer
                .headers()
                .get("grpc-status")
                .map(|status| status.as_bytes()),
            Some(b"12".as_slice()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn damaged_messages_are_refused() {
    let nova = Nova::shared().await;
    let user = nova.user("damaged").await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .expect("a client");
    let long = 5_u32 << 20;
    for body in [
        b"".to_vec(),
        b"\0".to_vec(),
        b"\0\0\0\0\x05ab".to_vec(),
        b"\0\0\0\0\x02\xff\xff".to_vec(),
        b"\x01\0\0\0\x02ab".to_vec(),
        b"\x07\0\0\0\x02ab".to_vec(),
        b"\0\0\0\0\x04\x0a\x02\xff\xfe".to_vec(),
        [b"\0".as_slice(), &long.to_be_bytes()].concat(),
    ] {
        let url = format!(
            "{}/nova.content.v1.ContentService/CreatePost",
            nova.base_url
        );
        let request = client
            .post(url)
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        let request = request.bearer_auth(&user.access_token).body(body.clone());
        let answer = request.send().await.expect("an answer");
        assert!(
            answer.status().is_success() || answer.status().is_client_error(),
            "{body:?}: {}",
            answer.status()
        );
        let in_head = answer
            .headers()
            .get("grpc-status")
            .map(|status| status.to_str().expect("a number").to_owned());
        assert_ne!(in_head.as_deref(), Some("0"), "{body:?}");
        // 2 is UNKNOWN and 13 INTERNAL: the codes of accidents.
        assert_ne!(in_head.as_deref(), Some("2"), "{body:?}");
    }
    assert!(
        user.list(&format!("/v1/users/{}/posts", user.id), 100)
            .await
            .is_empty()
    );
    assert!(!id_of(&user.publish(json!({ "content": "x" })).await).is_empty());
}
