//! Accounts, sessions, profiles and follows over gRPC.

use nova_proto::identity::v1::login_request::Login;
use nova_proto::identity::v1::{
    FollowRequest, GetMeRequest, GetUserByUsernameRequest, GetUserRequest, ListFollowersRequest,
    ListFollowingRequest, LoginRequest, LogoutRequest, RefreshRequest, RegisterRequest,
    UnfollowRequest, UpdateMeRequest,
};
use nova_tests::{Nova, unique};
use serde_json::{Value, json};
use tonic::Code;
use uuid::Uuid;

use super::{Clients, by, code, shown_user};

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
    over_grpc["email_verified"] = json!(account.email_verified);
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
        locked: None,
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
