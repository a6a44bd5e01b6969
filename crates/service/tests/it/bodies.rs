//! Bodies that are not what they should be.

use reqwest::Method;

use crate::stage::{Stage, problem, stage, stage_with, told, wrong_field};

#[tokio::test]
async fn a_good_body_is_taken() {
    let stage = stage().await;
    let answer = stage
        .post(r#"{"name":"a","sizes":[1]}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await.unwrap(), r#"{"name":"a","sizes":[1]}"#);
    stage.finish().await;
}

#[tokio::test]
async fn what_is_not_json_is_malformed() {
    let stage = stage().await;
    let bodies: [&[u8]; 7] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{\"name\":\"\xff\"}",
        b"{\"name\":\"a\"} x",
        b"{\"name\":\"\x00\"}",
    ];
    for body in bodies {
        let answer = stage.post(body).send().await.unwrap();
        assert_eq!(
            told(answer).await,
            problem(400, "malformed_json"),
            "{body:?}"
        );
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let stage = stage().await;
    let cases = [
        (r#"{}"#, "name", "missing_field"),
        (r#"{"name":1}"#, "name", "invalid_type"),
        (r#"{"name":"a","name":"b"}"#, "name", "duplicate_field"),
        (r#"{"name":"a","id":"b"}"#, "id", "unknown_field"),
        (
            r#"{"name":"a","sizes":[1,300]}"#,
            "sizes[1]",
            "invalid_value",
        ),
    ];
    for (body, field, code) in cases {
        let answer = stage.post(body).send().await.unwrap();
        assert_eq!(
            told(answer).await,
            wrong_field("validation_failed", field, code),
            "{body}"
        );
    }
    stage.finish().await;
}

#[tokio::test]
async fn other_media_types_are_415() {
    let stage = stage().await;
    let post = |stage: &Stage| {
        stage
            .request(Method::POST, "/v1/things")
            .bearer_auth(stage.signer.token())
            .body(r#"{"name":"a"}"#)
    };
    let without = post(&stage).send().await.unwrap();
    assert_eq!(told(without).await, problem(415, "unsupported_media_type"));
    for wrong in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
    ] {
        let answer = post(&stage)
            .header("content-type", wrong)
            .send()
            .await
            .unwrap();
        assert_eq!(
            told(answer).await,
            problem(415, "unsupported_media_type"),
            "{wrong}"
        );
    }
    let compressed = post(&stage)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    assert_eq!(
        told(compressed.send().await.unwrap()).await,
        problem(415, "unsupported_media_type")
    );
    stage.finish().await;
}

#[tokio::test]
async fn the_limit_of_a_body_is_exact() {
    let stage = stage_with(&[("NOVA_BODY_LIMIT", "1000")], |service| service).await;
    let body = |length: usize| format!(r#"{{"name":"{}"}}"#, "x".repeat(length - 11));
    assert_eq!(stage.post(body(1_000)).send().await.unwrap().status(), 201);
    for length in [1_001, 70_000, 3_000_000] {
        let answer = stage.post(body(length)).send().await.unwrap();
        assert_eq!(
            told(answer).await,
            problem(413, "payload_too_large"),
            "{length}"
        );
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_body_of_unknown_length_is_limited_too() {
    let stage = stage_with(&[("NOVA_BODY_LIMIT", "1000")], |service| service).await;
    let token = stage.signer.token();
    let head = format!(
        "POST /v1/things HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let small = stage
        .raw(format!("{head}c\r\n{{\"name\":\"a\"}}\r\n0\r\n\r\n").as_bytes())
        .await;
    assert!(small.starts_with("HTTP/1.1 201"), "{small}");
    let chunk = format!("3e8\r\n{}\r\n", " ".repeat(1_000));
    let large = stage
        .raw(format!("{head}{chunk}{chunk}0\r\n\r\n").as_bytes())
        .await;
    assert!(large.starts_with("HTTP/1.1 413"), "{large}");
    assert!(large.contains("payload_too_large"), "{large}");
    let huge = format!("{head}{}0\r\n\r\n", chunk.repeat(2_000));
    let huge = stage.raw(huge.as_bytes()).await;
    assert!(huge.starts_with("HTTP/1.1 413"), "{huge}");
    stage.finish().await;
}
