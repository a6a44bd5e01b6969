use nova_testkit::Stack;
use serde_json::json;

use crate::{Person, register, start, wrong};

#[tokio::test]
async fn a_logout_ends_the_session_and_tells_nothing() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let post =
        async |path, token: &str| app.post(path).json(json!({ "refresh_token": token })).await;
    let next = Person::of(
        &post("/v1/auth/refresh", &ada.refresh_token)
            .await
            .expect(200),
    );
    for token in [
        &next.refresh_token,
        &next.refresh_token,
        &"not-one-of-ours".to_owned(),
    ] {
        let answer = post("/v1/auth/logout", token).await;
        answer.expect(204);
        assert!(answer.body.is_empty());
    }
    for token in [&next.refresh_token, &ada.refresh_token] {
        post("/v1/auth/refresh", token)
            .await
            .problem(401, "invalid_refresh_token");
    }
    let nothing = post("/v1/auth/logout", "").await;
    assert_eq!(
        wrong(&nothing),
        [("refresh_token".to_owned(), "empty".to_owned())]
    );
    stack.finish().await;
}
