//! `/live`: a page for developers that shows events as they happen. That it does so in a browser is shown by scripts/client.

use std::time::Duration;

use nova_testkit::Answer;
use nova_tests::Nova;
use nova_tests::checks::is_refused;
use serde_json::json;
use tokio::time::timeout;

use crate::openapi::references;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
fn is_of(answer: &Answer, kind: &str) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let content_type = answer.header("content-type").unwrap_or_default();
    assert!(content_type.starts_with(kind), "{content_type}");
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'"),
        "{policy}"
    );
}

#[tokio::test]
async fn what_nova_up_shows_live_it_shows_by_itself() {
    let nova = Nova::start_as_up().await;
    let page = nova.get("/live").await;
    is_of(&page, "text/html");
    let html = page.text();
    assert!(html.contains("nova.content.v1.PostCreated"), "{html}");
    // Its policy lets nothing run that stands in the page.
    assert!(
        !html.contains("<script>") && !html.contains("onclick"),
        "{html}"
    );
    assert_eq!(references(&html), ["/live/page.js"]);
    let script = nova.get("/live/page.js").await;
    is_of(&script, "text/javascript");

    // What the script does.
    let user = nova.user("live").await;
    let credentials = json!({ "username": user.username, "password": user.password });
    let session = nova.post("/v1/auth/login").json(credentials).await;
    let session = session.expect(200);
    let token = session["access_token"].as_str().expect("a token");
    let begun = nova.post("/v1/events/session").bearer(token).await;
    begun.expect(204);
    let cookie = begun.header("set-cookie").expect("a cookie");
    let (cookie, _) = cookie.split_once(';').expect("attributes");
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let stream = client
        .get(format!("{}/v1/events", nova.base_url))
        .header("accept", "text/event-stream")
        .header("cookie", cookie);
    let mut stream = stream.send().await.expect("a stream");
    let mut told = String::new();
    let mut until = async |text: &str| {
        while !told.contains(text) {
            let chunk = timeout(PATIENCE, stream.chunk()).await;
            let chunk = chunk.expect(text).expect("a stream").expect("no end");
            told.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    until("\nevent: ready\n").await;
    let post = user.say("shown live").await;
    until("\nevent: nova.content.v1.PostCreated\n").await;
    until(&format!(r#""post_id":"{post}""#)).await;
    drop(stream);
    nova.finish().await;
}

#[tokio::test]
async fn a_deployment_has_no_such_page() {
    let nova = Nova::shared().await;
    for path in ["/live", "/live/page.js"] {
        is_refused(&nova.get(path).await, 404, "not_found");
    }
}
