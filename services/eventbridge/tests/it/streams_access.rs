//! Who may open a stream, and what is refused.

use nova_ids::{PostId, UserId};
use nova_testkit::eventually;
use serde_json::json;
use time::OffsetDateTime;

use crate::streams_stage::{Client, PATH, node, stack, token_for};

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let stack = stack().await;
    let node = node(&stack).await;
    let token = stack.token(UserId::new());
    let many = format!("channels={}", vec!["tag:a"; 21].join(","));
    for (query, field) in [
        (many.as_str(), "channels"),
        ("channels=me&channels=tag:a", "channels"),
        ("channels=room:1", "channels"),
        ("types=a,,b", "types"),
        ("slow=never", "slow"),
        ("more=1", "more"),
        ("last_event_id=1&last_event_id=2", "last_event_id"),
    ] {
        let asked = node.app.get(&format!("{PATH}?{query}")).bearer(&token);
        let answer = asked.send().await.unwrap();
        let fields = answer.wrong_fields(400, "validation_failed");
        assert_eq!(fields.len(), 1, "{query}");
        assert!(fields[0].starts_with(field), "{query}: {fields:?}");
    }
    let asked = node.app.get(PATH).bearer(&token);
    let answer = asked.header("Accept", "application/json").send().await;
    answer.unwrap().problem(406, "not_acceptable");
    let head = node.app.request("HEAD", PATH).bearer(&token).send().await;
    let head = head.unwrap();
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(node.state.hub.count(), 0);
    stack.finish().await;
}

#[tokio::test]
async fn nobody_has_a_stream_of_their_own_without_a_token() {
    let stack = stack().await;
    let node = node(&stack).await;
    let post = PostId::new();
    for query in ["".to_owned(), format!("?channels=me,post:{post}")] {
        let answer = node
            .app
            .get(&format!("{PATH}{query}"))
            .send()
            .await
            .unwrap();
        answer.problem(401, "unauthenticated");
    }
    let answer = node.app.get(PATH).bearer("nonsense").send().await.unwrap();
    answer.problem(401, "invalid_token");
    let mut anybody = node.open(&format!("?channels=post:{post}"), &[]).await;
    assert_eq!(anybody.frame().await.event, "ready");
    stack.finish().await;
}

#[tokio::test]
async fn a_session_is_a_cookie_for_as_long_as_the_token() {
    let stack = stack().await;
    let node = node(&stack).await;
    let path = format!("{PATH}/session");
    node.app
        .post(&path)
        .send()
        .await
        .unwrap()
        .problem(401, "unauthenticated");
    let token = token_for(&stack, UserId::new(), 100);
    let begin = || node.app.post(&path).bearer(&token);
    let answer = begin().send().await.unwrap();
    answer.expect(204);
    let set = answer.header("set-cookie").unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/v1/events", "Max-Age="] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "{set}");
    let seconds = set.split("Max-Age=").nth(1).unwrap().split(';').next();
    assert!(
        (90..=100).contains(&seconds.unwrap().parse::<u64>().unwrap()),
        "{set}"
    );
    let answer = begin().header("X-Forwarded-Proto", "https").send().await;
    assert!(
        answer
            .unwrap()
            .header("set-cookie")
            .unwrap()
            .contains("; Secure")
    );

    let cookie = set.split(';').next().unwrap();
    let mut client = node.open("", &[("Cookie", cookie)]).await;
    assert_eq!(client.frame().await.event, "ready");
    let refused = Client::open(&node.app.base_url, "", &[("Cookie", "nova_events=x")]).await;
    assert_eq!(refused.status, 401);
    stack.finish().await;
}

#[tokio::test]
async fn a_ticket_opens_one_stream_and_then_goes_on_with_it() {
    let stack = stack().await;
    let (node, elsewhere) = (node(&stack).await, node(&stack).await);
    let path = format!("{PATH}/tickets");
    node.app
        .post(&path)
        .send()
        .await
        .unwrap()
        .problem(401, "unauthenticated");
    let token = stack.token(UserId::new());
    let answer = node.app.post(&path).bearer(&token).send().await.unwrap();
    let given = answer.expect(201);
    assert_eq!(given["expires_in"], 30);
    let ticket = given["ticket"].as_str().unwrap();
    let query = format!("?ticket={ticket}");
    // Whoever only asks, or goes before there is anything to come back with, has not used it.
    let head = Client::ask("HEAD", &node.app.base_url, &query, &[]).await;
    assert_eq!(head.status, 200);
    node.state.windows.unsettle();
    let mut gone = node.open(&query, &[]).await;
    assert_eq!(gone.frame().await.event, "live");
    drop(gone);
    node.state.windows.begin(1, OffsetDateTime::UNIX_EPOCH);
    let _pushes = node.state.windows.listen().await.unwrap();
    let mut client = eventually("the ticket is given back", async || {
        let client = Client::open(&node.app.base_url, &query, &[]).await;
        if client.status == 200 {
            Ok(client)
        } else {
            Err(client.status.to_string())
        }
    })
    .await;
    let id = client.frame().await.id.unwrap();
    for node in [&node, &elsewhere] {
        let mut again = node.open(&query, &[("Last-Event-ID", &id)]).await;
        assert_eq!(again.frame().await.data["resumed"], true);
    }

    let mut theirs = node.begun("", &stack.token(UserId::new())).await;
    node.state.hub.set_live(false);
    theirs.frame().await;
    let foreign = {
        let bearer = format!("Bearer {}", stack.token(UserId::new()));
        let mut other = node.open("", &[("Authorization", &bearer)]).await;
        other.frame().await.id.unwrap()
    };
    let mut changed = ticket.to_owned();
    let first = if changed.starts_with('B') { "C" } else { "B" };
    changed.replace_range(9..10, first);
    for (ticket, id) in [
        (ticket, None),
        (ticket, Some(foreign.as_str())),
        (ticket, Some("nonsense")),
        (changed.as_str(), Some(id.as_str())),
        ("", Some(id.as_str())),
    ] {
        let headers: Vec<(&str, &str)> = id.map(|id| ("Last-Event-ID", id)).into_iter().collect();
        let query = format!("?ticket={ticket}");
        for node in [&node, &elsewhere] {
            let refused = Client::open(&node.app.base_url, &query, &headers).await;
            assert_eq!(refused.status, 401, "{ticket} {id:?}");
        }
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_user_has_20_streams() {
    let stack = stack().await;
    let node = node(&stack).await;
    let token = stack.token(UserId::new());
    let bearer = format!("Bearer {token}");
    let mut clients = Vec::new();
    for _ in 0..19 {
        clients.push(node.begun("", &token).await);
    }
    let headers = [("Authorization", bearer.as_str())];
    let mut last = node.open("", &headers).await;
    let id = last.frame().await.id.unwrap();
    clients.push(last);
    let refused = Client::open(&node.app.base_url, "", &headers).await;
    assert_eq!(refused.status, 429);
    // Whoever comes back is not given up: what they have lost may still be counted.
    let again = [headers[0], ("Last-Event-ID", id.as_str())];
    let mut client = node.open("", &again).await;
    let later = client.frame().await;
    assert_eq!(later.retry, Some(1_000), "{later:?}");
    clients.pop();
    nova_testkit::eventually("there is room", async || {
        let count = node.state.hub.count();
        (count == 19).then_some(()).ok_or(count)
    })
    .await;
    node.begun("", &token).await;
    stack.finish().await;
}

#[tokio::test]
async fn pages_of_named_origins_may_read_with_credentials() {
    let stack = stack().await;
    // What this allows all pages has no cookies, and is not added to what those named are allowed.
    let stack = stack.with("NOVA_CORS_ORIGINS", "*");
    let node = node(&stack).await;
    let ask = |origin: &'static str| {
        let asked = node.app.request("HEAD", &format!("{PATH}?channels=tag:a"));
        asked.header("Origin", origin)
    };
    let answer = ask("https://app.example").send().await.unwrap();
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        Some("true")
    );
    let headers = [("Origin", "https://app.example")];
    let mut page = node.open("?channels=tag:a", &headers).await;
    assert_eq!(page.frame().await.event, "ready");
    let answer = ask("https://other.example").send().await.unwrap();
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(json!(answer.header("content-type")), "text/event-stream");
    stack.finish().await;
}
