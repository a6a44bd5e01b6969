//! Who may ask, and with what.

use reqwest::{Method, header};
use serde_json::Value;

use crate::stage::{Signer, claims, problem, stage, told};

#[tokio::test]
async fn a_good_token_names_the_caller() {
    let stage = stage().await;
    let claims = claims(60);
    let token = stage.signer.sign("k1", &claims);
    for _ in 0..2 {
        let answer = stage
            .request(Method::GET, "/v1/who")
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        assert_eq!(
            answer.json::<Value>().await.unwrap(),
            claims.sub.to_string()
        );
    }
    assert_eq!(
        stage.get("/v1/who").await.json::<Value>().await.unwrap(),
        Value::Null
    );
    stage.finish().await;
}

#[tokio::test]
async fn a_bad_token_is_refused_everywhere() {
    let stage = stage().await;
    let mut for_others = claims(60);
    for_others.aud = "other".to_owned();
    let mut of_others = claims(60);
    of_others.iss = "other".to_owned();
    let good = stage.signer.token();
    let (head, signature) = good.rsplit_once('.').unwrap();
    let unsigned = format!(
        "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ.{}.",
        good.split('.').nth(1).unwrap()
    );
    let bad = [
        format!("Bearer {}", stage.signer.sign("k1", &claims(-5))),
        format!("Bearer {}", stage.signer.sign("k2", &claims(60))),
        format!("Bearer {}", stage.signer.sign("k1", &for_others)),
        format!("Bearer {}", stage.signer.sign("k1", &of_others)),
        format!("Bearer {}", Signer::new().sign("k1", &claims(60))),
        format!(
            "Bearer {head}.{}",
            signature.chars().rev().collect::<String>()
        ),
        format!("Bearer {unsigned}"),
        format!("Basic {good}"),
        "Basic bm92YTpub3Zh".to_owned(),
        "Bearer".to_owned(),
        "Bearer x".to_owned(),
        good.clone(),
        String::new(),
        format!("Bearer {}", "x".repeat(10_000)),
    ];
    for value in &bad {
        for path in [
            "/v1/who",
            "/v1/things",
            "/health/live",
            "/openapi.json",
            "/metrics",
            "/nowhere",
        ] {
            let asked = stage
                .request(Method::GET, path)
                .header(header::AUTHORIZATION, value);
            let answer = asked.send().await.unwrap();
            let challenge = answer.headers()[header::WWW_AUTHENTICATE]
                .to_str()
                .unwrap()
                .to_owned();
            assert_eq!(challenge, "Bearer error=\"invalid_token\"");
            assert_eq!(
                told(answer).await,
                problem(401, "invalid_token"),
                "{value} {path}"
            );
        }
    }
    let twice = stage
        .request(Method::GET, "/v1/who")
        .bearer_auth(&good)
        .bearer_auth(&good);
    assert_eq!(
        told(twice.send().await.unwrap()).await,
        problem(401, "invalid_token")
    );
    stage.finish().await;
}

#[tokio::test]
async fn who_brings_no_token_is_asked_for_one() {
    let stage = stage().await;
    let answer = stage
        .request(Method::POST, "/v1/things")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer");
    assert_eq!(told(answer).await, problem(401, "unauthenticated"));
    stage.finish().await;
}
