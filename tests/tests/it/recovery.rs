//! An address that is proven, and a password that was lost, by mail.

use nova_testkit::Answer;
use nova_tests::Nova;
use nova_tests::checks::{are_indistinguishable, blames, is_account, is_problem, is_refused};
use serde_json::{Value, json};

async fn post(nova: &Nova, what: &str, body: Value) -> Answer {
    let path = format!("/v1/auth/{what}");
    nova.post(&path).json(body).await
}

#[tokio::test]
async fn each_replica_takes_what_the_other_sent_and_takes_it_once() {
    let one = Nova::start().await;
    let other = one.replica().await;
    let user = one.user("forgetful").await;
    let me = user.get("/v1/users/me").await.expect(200);
    is_account(&me);
    assert_eq!(me["email_verified"], false);
    let mail = one.stack().mail_to(&user.email, 1).await;
    let token = json!({ "token": mail.token() });
    let (first, second) = tokio::join!(
        post(&one, "verify-email", token.clone()),
        post(&other, "verify-email", token.clone())
    );
    let mut answers = [first, second];
    answers.sort_by_key(|answer| answer.status);
    answers[0].expect(204);
    is_refused(&answers[1], 400, "invalid_token");
    let me = other.known(&user).get("/v1/users/me").await.expect(200);
    assert_eq!(me["email_verified"], true);

    let forgot = post(&other, "forgot-password", json!({ "email": user.email })).await;
    let unknown = json!({ "email": format!("nobody-{}", user.email) });
    let nobody = post(&other, "forgot-password", unknown).await;
    forgot.expect(202);
    are_indistinguishable(&forgot, &nobody);
    let token = one.stack().mail_to(&user.email, 2).await.token();
    let new = json!({ "token": token, "new_password": "another secret" });
    // Not what it is for.
    let wrong = post(&one, "verify-email", json!({ "token": token })).await;
    is_refused(&wrong, 400, "invalid_token");
    blames(&wrong, "token");
    let (first, second) = tokio::join!(
        post(&one, "reset-password", new.clone()),
        post(&other, "reset-password", new.clone())
    );
    let mut answers = [first, second];
    answers.sort_by_key(|answer| answer.status);
    answers[0].expect(204);
    is_refused(&answers[1], 400, "invalid_token");

    for nova in [&one, &other] {
        let refresh = json!({ "refresh_token": user.refresh_token });
        is_problem(&post(nova, "refresh", refresh).await, 401);
        let old = json!({ "email": user.email, "password": user.password });
        is_problem(&post(nova, "login", old).await, 401);
        let new = json!({ "email": user.email, "password": "another secret" });
        post(nova, "login", new).await.expect(200);
    }
    assert_eq!(one.stack().mails_to(&user.email).len(), 2);
    drop(other);
    one.finish().await;
}
