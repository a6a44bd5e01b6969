//! Requests damaged at random: whatever comes, the answer is no 5xx and, if it is a refusal, a proper
//! problem.

use nova_testkit::{Answer, seed};
use nova_tests::Nova;
use nova_tests::checks::is_problem;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use crate::endpoints::{Takes, endpoints};

const BODIES_PER_ENDPOINT: usize = 80;
const PATHS: usize = 2_000;

#[track_caller]
fn is_no_accident(answer: &Answer, sent: &str) {
    let (status, text) = (answer.status, answer.text());
    assert!(status < 500, "{sent} was answered {status}: {text}");
    if status >= 400 {
        let content_type = answer.header("content-type");
        let is_problem_json = content_type == Some("application/problem+json");
        assert!(
            is_problem_json,
            "{sent} was answered {status} as {content_type:?}: {text}"
        );
        is_problem(answer, status);
    }
}

#[tokio::test]
async fn damaged_bodies_never_answer_500() {
    let mut random = StdRng::seed_from_u64(seed());
    let nova = Nova::shared().await;
    for endpoint in endpoints(&nova).await {
        let mut full = endpoint.body.clone();
        for field in &endpoint.fields {
            match field.takes {
                Takes::Texts => full[field.name] = json!(["one", "two"]),
                _ if full.get(field.name).is_none() => full[field.name] = json!("PUBLIC"),
                _ => {}
            }
        }
        for _ in 0..BODIES_PER_ENDPOINT {
            let body = damaged(&mut random, full.to_string().into_bytes());
            let sent = format!(
                "{} {} {:?}",
                endpoint.method,
                endpoint.path,
                String::from_utf8_lossy(&body)
            );
            is_no_accident(&endpoint.send(body).await, &sent);
        }
    }
}

fn damaged(random: &mut StdRng, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range(0..=bytes.len());
        let end = random.random_range(at..=bytes.len());
        match random.random_range(0..6) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, random.random()),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let pieces: [&[u8]; 6] = [b"\\u0000", b"null", b"\"", b"1e400", b"\\ud83d", b"{}"];
                bytes.splice(
                    at..at,
                    pieces[random.random_range(0..pieces.len())].to_vec(),
                );
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.random_range(0..8);
                }
            }
        }
    }
    bytes
}

#[tokio::test]
async fn odd_paths_and_queries_never_answer_500() {
    let mut random = StdRng::seed_from_u64(seed());
    let nova = Nova::shared().await;
    let user = nova.user("odd").await;
    let post = user.say("here").await;
    let pieces = [
        "v1",
        "users",
        "posts",
        "feed",
        "me",
        "by-username",
        "followers",
        "following",
        "follow",
        "auth",
        "login",
        ".well-known",
        "jwks.json",
        "health",
        "ready",
        "docs",
        "openapi.json",
        &user.id,
        &post,
        &user.username,
        "",
        ".",
        "..",
        "%2e%2e",
        "%2F",
        "%00",
        "%FF",
        "%",
        "%zz",
        "{id}",
        "*",
        "~",
        "🦀",
    ];
    let queries = [
        "limit",
        "cursor",
        "limit=1",
        "cursor=%FF",
        "limit=%00",
        "&&",
        "=",
        "a=b",
        "limit=1&cursor=",
    ];
    for _ in 0..PATHS {
        let mut path = String::new();
        for _ in 0..random.random_range(1..6) {
            path.push('/');
            path.push_str(pieces[random.random_range(0..pieces.len())]);
        }
        if random.random_bool(0.3) {
            path.push('?');
            path.push_str(queries[random.random_range(0..queries.len())]);
        }
        let method = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"][random.random_range(0..5)];
        // Deleting what is looked for would make the rest of the test dull.
        let method = if method == "DELETE" && path.contains(&post) {
            "GET"
        } else {
            method
        };
        let answer = user.request(method, &path).await;
        if answer.status == 503 && path.starts_with("/health/ready") {
            // Other tests keep the machine busy; to say so is what this page is for.
            continue;
        }
        let sent = format!("{method} {path}");
        if method == "HEAD" {
            assert!(answer.status < 500, "{sent} was answered {}", answer.status);
        } else {
            is_no_accident(&answer, &sent);
        }
    }
}
