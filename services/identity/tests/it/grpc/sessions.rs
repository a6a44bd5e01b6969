//! Passwords and sessions, as over HTTP.

use nova_ids::SessionId;
use nova_proto::identity::v1::{
    ChangePasswordRequest, EndSessionRequest, ListSessionsRequest, RefreshRequest, Session,
};
use nova_proto::timestamp;
use nova_testkit::{App, Stack};
use tonic::Code;
use tonic_types::StatusExt as _;

use super::{as_user, by_username, connect, refusal, refused};
use crate::{PASSWORD, Person, register, sign_in, start};

const NEW: &str = "battery staple horse";

fn change(current: &str, new: &str) -> ChangePasswordRequest {
    ChangePasswordRequest {
        current_password: current.to_owned(),
        new_password: new.to_owned(),
    }
}

fn refresh(person: &Person) -> RefreshRequest {
    RefreshRequest {
        refresh_token: person.refresh_token.clone(),
    }
}

async fn list(app: &App, person: &Person) -> Vec<Session> {
    let message = as_user(person, ListSessionsRequest::default());
    let answer = connect(app).await.list_sessions(message).await;
    answer.expect("a page").into_inner().items
}

#[tokio::test]
async fn passwords_change_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let phone = sign_in(&app, "ada").await;
    let mut client = connect(&app).await;
    let anonymous = client.change_password(change(PASSWORD, NEW)).await;
    assert_eq!(
        refusal(&anonymous.unwrap_err()),
        refused(Code::Unauthenticated, "unauthenticated", &[])
    );
    let wrong = client
        .change_password(as_user(&phone, change("wrong", NEW)))
        .await
        .unwrap_err();
    assert_eq!(
        refusal(&wrong),
        refused(Code::PermissionDenied, "wrong_password", &[])
    );
    let long = "p".repeat(100_000);
    for (current, new, fields) in [
        ("", "", ["current_password", "new_password"].as_slice()),
        (PASSWORD, "short", &["new_password"]),
        (PASSWORD, "long enough\0", &["new_password"]),
        (&long, &long, &["current_password", "new_password"]),
    ] {
        let bad = client
            .change_password(as_user(&phone, change(current, new)))
            .await
            .unwrap_err();
        assert_eq!(
            refusal(&bad),
            refused(Code::InvalidArgument, "validation_failed", fields)
        );
    }
    client
        .change_password(as_user(&phone, change(PASSWORD, NEW)))
        .await
        .unwrap();
    let ended = client.refresh(refresh(&ada)).await.unwrap_err();
    assert_eq!(
        refusal(&ended),
        refused(Code::Unauthenticated, "invalid_refresh_token", &[])
    );
    client.refresh(refresh(&phone)).await.unwrap();
    let old = client.login(by_username("ada", PASSWORD)).await;
    assert_eq!(old.unwrap_err().code(), Code::Unauthenticated);
    client.login(by_username("ada", NEW)).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn guesses_at_a_password_are_limited_together_with_http() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let mut client = connect(&app).await;
    let throttled = loop {
        let guess = as_user(&ada, change("wrong", NEW));
        let answer = client.change_password(guess).await.unwrap_err();
        if answer.code() != Code::PermissionDenied {
            break answer;
        }
    };
    assert_eq!(
        refusal(&throttled),
        refused(Code::ResourceExhausted, "too_many_requests", &[])
    );
    assert!(throttled.get_error_details().retry_info().is_some());
    let body = serde_json::json!({ "current_password": PASSWORD, "new_password": NEW });
    app.put("/v1/users/me/password")
        .bearer(&ada.access_token)
        .json(body)
        .await
        .problem(429, "too_many_requests");
    stack.finish().await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let mut client = connect(&app).await;
    let login = client.login(by_username("ada", PASSWORD)).await.unwrap();
    let phone = login.into_inner().tokens.unwrap();

    let anonymous = client.list_sessions(ListSessionsRequest::default()).await;
    assert_eq!(anonymous.unwrap_err().code(), Code::Unauthenticated);
    let mut wanted = ListSessionsRequest {
        cursor: String::new(),
        limit: 1,
    };
    let page = client
        .list_sessions(as_user(&ada, wanted.clone()))
        .await
        .unwrap()
        .into_inner();
    let newest = &page.items[0];
    assert!(!newest.current);
    assert_eq!(newest.address.as_deref(), Some("127.0.0.1"));
    let user_agent = newest.user_agent.as_deref().unwrap();
    assert!(user_agent.starts_with("tonic/"), "{user_agent}");
    let id: SessionId = newest.id.parse().unwrap();
    assert_eq!(newest.created_at, Some(timestamp(id.made_at())));
    assert_eq!(newest.last_used_at, newest.created_at);
    // A cursor goes from one protocol to the other.
    wanted.cursor = page.next_cursor.unwrap();
    let path = format!("/v1/users/me/sessions?cursor={}", wanted.cursor);
    let over_http = app.get(&path).bearer(&ada.access_token).await.expect(200);
    let last = client
        .list_sessions(as_user(&ada, wanted.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(over_http["items"][0]["id"], last.items[0].id);
    assert!(last.items[0].current && last.next_cursor.is_none());
    wanted.limit = 101;
    let too_many = client.list_sessions(as_user(&ada, wanted)).await;
    assert_eq!(
        refusal(&too_many.unwrap_err()),
        refused(Code::InvalidArgument, "validation_failed", &["limit"])
    );

    let end = |id: &str| EndSessionRequest { id: id.to_owned() };
    for (person, id, refusal_of) in [
        (
            &ben,
            newest.id.as_str(),
            refused(Code::NotFound, "not_found", &[]),
        ),
        (
            &ada,
            "7",
            refused(Code::InvalidArgument, "validation_failed", &["id"]),
        ),
    ] {
        let answer = client.end_session(as_user(person, end(id))).await;
        assert_eq!(refusal(&answer.unwrap_err()), refusal_of);
    }
    let anonymous = client.end_session(end(&newest.id)).await;
    assert_eq!(anonymous.unwrap_err().code(), Code::Unauthenticated);
    client
        .end_session(as_user(&ada, end(&newest.id)))
        .await
        .unwrap();
    let again = client.end_session(as_user(&ada, end(&newest.id))).await;
    assert_eq!(again.unwrap_err().code(), Code::NotFound);
    let ended = RefreshRequest {
        refresh_token: phone.refresh_token,
    };
    assert_eq!(
        refusal(&client.refresh(ended).await.unwrap_err()),
        refused(Code::Unauthenticated, "invalid_refresh_token", &[])
    );
    assert_eq!(list(&app, &ada).await.len(), 1);
    stack.finish().await;
}
