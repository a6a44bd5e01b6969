mod account;
mod relations;
mod sessions;

use nova_proto::identity::v1::identity_service_client::IdentityServiceClient;
use nova_proto::identity::v1::{
    FollowRequest, GetMeRequest, GetUserByUsernameRequest, GetUserRequest, ListFollowersRequest,
    ListFollowingRequest, LoginRequest, LogoutRequest, RefreshRequest, RegisterRequest,
    UnfollowRequest, UpdateMeRequest, UserFollowed, login_request,
};
use nova_testkit::{App, Stack, eventually};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use crate::{PASSWORD, Person, register, start};

async fn connect(app: &App) -> IdentityServiceClient<Channel> {
    IdentityServiceClient::connect(app.base_url.clone())
        .await
        .expect("a connection")
}

fn as_user<T>(person: &Person, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {}", person.access_token);
    request
        .metadata_mut()
        .insert("authorization", bearer.parse().expect("a header"));
    request
}

fn by_username(username: &str, password: &str) -> LoginRequest {
    let login = Some(login_request::Login::Username(username.to_owned()));
    LoginRequest {
        login,
        password: password.to_owned(),
    }
}

/// The status' code, reason and wrong fields.
fn refusal(status: &Status) -> (Code, String, Vec<String>) {
    let details = status.get_error_details();
    let reason = details
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default();
    let violations = details
        .bad_request()
        .map(|bad| bad.field_violations.as_slice());
    let fields = violations
        .unwrap_or_default()
        .iter()
        .map(|wrong| wrong.field.clone())
        .collect();
    (status.code(), reason, fields)
}

fn refused(code: Code, reason: &str, fields: &[&str]) -> (Code, String, Vec<String>) {
    (
        code,
        reason.to_owned(),
        fields.iter().map(|field| (*field).to_owned()).collect(),
    )
}

#[tokio::test]
async fn registration_works_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let mut client = connect(&app).await;
    let registration = RegisterRequest {
        username: "Ada".to_owned(),
        email: "ada@example.org".to_owned(),
        password: PASSWORD.to_owned(),
        display_name: None,
    };
    let registered = client
        .register(registration.clone())
        .await
        .unwrap()
        .into_inner();
    let (account, tokens) = (registered.account.unwrap(), registered.tokens.unwrap());
    let user = account.user.unwrap();
    assert_eq!(
        (user.username.as_str(), user.display_name.as_str()),
        ("Ada", "Ada")
    );
    assert_eq!(
        (account.email.as_str(), tokens.expires_in),
        ("ada@example.org", 900)
    );
    // A token is a token, wherever it came from.
    let me = app
        .get("/v1/users/me")
        .bearer(&tokens.access_token)
        .await
        .expect(200);
    assert_eq!(me["id"], user.id);

    let taken = client.register(registration).await.unwrap_err();
    let fields = ["username", "email"];
    assert_eq!(
        refusal(&taken),
        refused(Code::AlreadyExists, "username_taken", &fields)
    );
    let bad = client
        .register(RegisterRequest::default())
        .await
        .unwrap_err();
    let fields = ["username", "email", "password"];
    assert_eq!(
        refusal(&bad),
        refused(Code::InvalidArgument, "validation_failed", &fields)
    );
    stack.finish().await;
}

#[tokio::test]
async fn sessions_work_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let mut client = connect(&app).await;
    let login = client
        .login(by_username("ADA", PASSWORD))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(login.account.unwrap().user.unwrap().id, ada.id);
    let wrong = client.login(by_username("ada", "wrong")).await.unwrap_err();
    assert_eq!(
        refusal(&wrong),
        refused(Code::Unauthenticated, "invalid_credentials", &[])
    );
    let nobody = client.login(LoginRequest::default()).await.unwrap_err();
    let fields = ["username", "password"];
    assert_eq!(
        refusal(&nobody),
        refused(Code::InvalidArgument, "validation_failed", &fields)
    );

    let first = RefreshRequest {
        refresh_token: ada.refresh_token,
    };
    let refreshed = client.refresh(first.clone()).await.unwrap().into_inner();
    assert_eq!(refreshed.account.unwrap().email, "ada@example.org");
    let reused = client.refresh(first.clone()).await.unwrap_err();
    assert_eq!(
        refusal(&reused),
        refused(Code::Unauthenticated, "refresh_token_reused", &[])
    );
    let ended = client.refresh(first).await.unwrap_err();
    let unknown = refused(Code::Unauthenticated, "invalid_refresh_token", &[]);
    assert_eq!(refusal(&ended), unknown);

    let refresh_token = login.tokens.unwrap().refresh_token;
    for _ in 0..2 {
        client
            .logout(LogoutRequest {
                refresh_token: refresh_token.clone(),
            })
            .await
            .unwrap();
    }
    let ended = client
        .refresh(RefreshRequest { refresh_token })
        .await
        .unwrap_err();
    assert_eq!(refusal(&ended), unknown);
    stack.finish().await;
}

#[tokio::test]
async fn profiles_work_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let mut client = connect(&app).await;
    let anonymous = client.get_me(GetMeRequest {}).await.unwrap_err();
    assert_eq!(
        refusal(&anonymous),
        refused(Code::Unauthenticated, "unauthenticated", &[])
    );
    let change = UpdateMeRequest {
        username: None,
        display_name: Some("Countess".to_owned()),
        avatar_url: Some("https://a.example/b".to_owned()),
        locked: None,
    };
    let changed = client
        .update_me(as_user(&ada, change))
        .await
        .unwrap()
        .into_inner()
        .account;
    let me = client
        .get_me(as_user(&ada, GetMeRequest {}))
        .await
        .unwrap()
        .into_inner()
        .account;
    assert_eq!(changed, me);
    let user = me.unwrap().user.unwrap();
    assert_eq!(user.display_name, "Countess");
    assert_eq!(user.avatar_url.as_deref(), Some("https://a.example/b"));

    let by_id = GetUserRequest { id: ada.id.clone() };
    assert_eq!(
        client
            .get_user(by_id)
            .await
            .unwrap()
            .into_inner()
            .user
            .as_ref(),
        Some(&user)
    );
    let by_name = GetUserByUsernameRequest {
        username: "ADA".to_owned(),
    };
    let found = client
        .get_user_by_username(by_name)
        .await
        .unwrap()
        .into_inner()
        .user;
    assert_eq!(found, Some(user));
    let malformed = client
        .get_user(GetUserRequest { id: "7".to_owned() })
        .await
        .unwrap_err();
    assert_eq!(
        refusal(&malformed),
        refused(Code::InvalidArgument, "validation_failed", &["id"])
    );
    let nobody = GetUserByUsernameRequest {
        username: "nobody".to_owned(),
    };
    let nobody = client.get_user_by_username(nobody).await.unwrap_err();
    assert_eq!(refusal(&nobody), refused(Code::NotFound, "not_found", &[]));

    let removed = UpdateMeRequest {
        avatar_url: Some(String::new()),
        ..Default::default()
    };
    let removed = client
        .update_me(as_user(&ada, removed))
        .await
        .unwrap()
        .into_inner()
        .account;
    assert_eq!(removed.unwrap().user.unwrap().avatar_url, None);
    let bad = UpdateMeRequest {
        username: Some("a b".to_owned()),
        ..Default::default()
    };
    let bad = client.update_me(as_user(&ada, bad)).await.unwrap_err();
    assert_eq!(
        refusal(&bad),
        refused(Code::InvalidArgument, "validation_failed", &["username"])
    );
    stack.finish().await;
}

#[tokio::test]
async fn follows_work_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let mut client = connect(&app).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    for follower in [&ben, &cas] {
        let message = FollowRequest {
            user_id: ada.id.clone(),
        };
        client.follow(as_user(follower, message)).await.unwrap();
    }
    let mut wanted = ListFollowersRequest {
        user_id: ada.id.clone(),
        cursor: String::new(),
        limit: 1,
    };
    let first = client
        .list_followers(wanted.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.items[0].id, cas.id);
    let cursor = first.next_cursor.unwrap();
    // A cursor goes from one protocol to the other.
    let path = format!("/v1/users/{}/followers?cursor={cursor}", ada.id);
    assert_eq!(app.get(&path).await.expect(200)["items"][0]["id"], ben.id);
    wanted.cursor = cursor;
    let last = client
        .list_followers(wanted.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (last.items[0].id.as_str(), last.next_cursor),
        (ben.id.as_str(), None)
    );
    wanted.limit = 101;
    let too_many = client.list_followers(wanted).await.unwrap_err();
    assert_eq!(
        refusal(&too_many),
        refused(Code::InvalidArgument, "validation_failed", &["limit"])
    );

    client
        .unfollow(as_user(
            &ben,
            UnfollowRequest {
                user_id: ada.id.clone(),
            },
        ))
        .await
        .unwrap();
    let of_ben = ListFollowingRequest {
        user_id: ben.id.clone(),
        ..Default::default()
    };
    assert_eq!(
        client
            .list_following(of_ben)
            .await
            .unwrap()
            .into_inner()
            .items,
        []
    );
    let oneself = FollowRequest {
        user_id: ada.id.clone(),
    };
    let oneself = client.follow(as_user(&ada, oneself)).await.unwrap_err();
    assert_eq!(oneself.code(), Code::InvalidArgument);
    let anonymous = client
        .follow(FollowRequest {
            user_id: ada.id.clone(),
        })
        .await
        .unwrap_err();
    assert_eq!(anonymous.code(), Code::Unauthenticated);
    eventually("both follows are published", async || {
        stack.published::<UserFollowed>().await.len() == 2
    })
    .await;
    stack.finish().await;
}

#[tokio::test]
async fn limits_are_shared_with_http() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    let mut client = connect(&app).await;
    let throttled = loop {
        let refused = client
            .login(by_username("nobody", "wrong"))
            .await
            .unwrap_err();
        if refused.code() != Code::Unauthenticated {
            break refused;
        }
    };
    assert_eq!(
        refusal(&throttled),
        refused(Code::ResourceExhausted, "too_many_requests", &[])
    );
    assert!(throttled.get_error_details().retry_info().is_some());
    let body = serde_json::json!({ "username": "nobody", "password": "wrong" });
    app.post("/v1/auth/login")
        .json(body)
        .await
        .problem(429, "too_many_requests");
    stack.finish().await;
}
