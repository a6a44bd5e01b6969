//! All that is kept of a user: asked of all services, kept in parts, given as a ZIP.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use nova_event_bus::list_dead_letters;
use nova_proto::content::v1::ContentExported;
use nova_proto::feed::v1::FeedExported;
use nova_proto::identity::v1::ExportRequested;
use nova_proto::media::v1::MediaExported;
use nova_proto::messaging::v1::MessagingExported;
use nova_testkit::{Answer, App, Stack, eventually};
use serde_json::{Value, json};
use sqlx::PgPool;
use zip::ZipArchive;

use crate::people::{block, follow, lock, send};
use crate::{PASSWORD, Person, register, sign_in, start};

pub(crate) const PATH: &str = "/v1/users/me/export";

pub(crate) async fn ask(app: &App, person: &Person, query: &str) -> Answer {
    send(app, person, "GET", &format!("{PATH}{query}")).await
}

#[track_caller]
fn is_being_made(answer: &Answer) {
    answer.expect(202);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("location"), Some(PATH));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

/// What the services are asked, so many times by now.
pub(crate) async fn requested(stack: &Stack, times: usize) -> ExportRequested {
    eventually("the services are asked", async || {
        let mut events = stack.published::<ExportRequested>().await;
        if events.len() == times {
            Ok(events.swap_remove(times - 1).event)
        } else {
            Err(events.len())
        }
    })
    .await
}

pub(crate) fn of_content(
    asked: &ExportRequested,
    number: i32,
    last: bool,
    content: &str,
) -> ContentExported {
    ContentExported {
        user_id: asked.user_id.clone(),
        export_id: asked.export_id.clone(),
        number,
        last,
        content: content.into(),
    }
}

fn of_feed(asked: &ExportRequested) -> FeedExported {
    FeedExported {
        user_id: asked.user_id.clone(),
        export_id: asked.export_id.clone(),
        number: 1,
        last: true,
        content: b"[{\"last_read_at\":\"2026-11-22T10:00:00Z\"}]".to_vec(),
    }
}

/// What the other services answer, in one part each.
pub(crate) async fn others_answer(stack: &Stack, asked: &ExportRequested) {
    stack.publish(&of_feed(asked)).await;
    stack.publish(&of_media(asked)).await;
    stack.publish(&of_messaging(asked)).await;
}

fn of_messaging(asked: &ExportRequested) -> MessagingExported {
    MessagingExported {
        user_id: asked.user_id.clone(),
        export_id: asked.export_id.clone(),
        number: 1,
        last: true,
        content: b"[]".to_vec(),
    }
}

fn of_media(asked: &ExportRequested) -> MediaExported {
    MediaExported {
        user_id: asked.user_id.clone(),
        export_id: asked.export_id.clone(),
        number: 1,
        last: true,
        content: b"[]".to_vec(),
    }
}

async fn parts_are(pool: &PgPool, count: i64) {
    eventually("the parts are kept", async || {
        let kept = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM export_parts");
        let kept = kept.fetch_one(pool).await.expect("a count");
        if kept == count { Ok(()) } else { Err(kept) }
    })
    .await;
}

async fn is_ready(app: &App, person: &Person) -> Answer {
    eventually("it is ready", async || {
        let answer = ask(app, person, "").await;
        match answer.status {
            200 => Ok(answer),
            status => Err(status),
        }
    })
    .await
}

/// The files of a ZIP.
pub(crate) fn unpacked(zip: &[u8]) -> BTreeMap<String, String> {
    let mut zip = ZipArchive::new(Cursor::new(zip)).expect("a ZIP");
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("a text");
        let name = file.name().expect("a name").into_owned();
        drop(file);
        files.insert(name, text);
    }
    files
}

fn json_in(files: &BTreeMap<String, String>, name: &str) -> Value {
    serde_json::from_str(&files[name]).expect("JSON")
}

fn names_in(files: &BTreeMap<String, String>, name: &str) -> Vec<String> {
    let list = json_in(files, name);
    let name = |line: &Value| line["username"].as_str().expect("a name").to_owned();
    list.as_array().expect("a list").iter().map(name).collect()
}

/// Time passes for exports alone.
async fn age(pool: &PgPool, hours: f64) {
    sqlx::query(
        "UPDATE exports SET requested_at = requested_at - make_interval(secs => $1),
             ready_at = ready_at - make_interval(secs => $1)",
    )
    .bind(hours * 3_600.0)
    .execute(pool)
    .await
    .expect("aged");
}

#[tokio::test]
async fn it_is_ready_when_every_part_is_there_in_whatever_order_they_come() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    let ada = register(&app, "ada").await;
    is_being_made(&ask(&app, &ada, "").await);
    is_being_made(&ask(&app, &ada, "?fresh=true").await);
    let asked = requested(&stack, 1).await;
    assert_eq!(asked.user_id, ada.id);
    // The last one first, all twice, and one of an export that never was.
    let late = ExportRequested {
        export_id: nova_ids::ExportId::new().to_string(),
        ..asked.clone()
    };
    stack
        .publish(&of_content(&late, 1, true, "[\"late\"]"))
        .await;
    for _ in 0..2 {
        stack.publish(&of_content(&asked, 4, true, "[]")).await;
        stack
            .publish(&of_content(&asked, 3, false, "[ 4 ]\n"))
            .await;
        others_answer(&stack, &asked).await;
        stack
            .publish(&of_content(&asked, 2, false, "[{\"a\": 2}, 3]"))
            .await;
    }
    parts_are(&pool, 6).await;
    is_being_made(&ask(&app, &ada, "").await);
    stack.publish(&of_content(&asked, 1, false, "[1]")).await;
    let answer = is_ready(&app, &ada).await;
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    let disposition = answer.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment"), "{disposition}");
    let files = unpacked(&answer.body);
    assert_eq!(json_in(&files, "posts.json"), json!([1, {"a": 2}, 3, 4]));
    assert_eq!(json_in(&files, "media.json"), json!([]));
    let reading = json!([{ "last_read_at": "2026-11-22T10:00:00Z" }]);
    assert_eq!(json_in(&files, "reading.json"), reading);
    // It is served again, and no service is asked again.
    for query in ["", "?fresh=false", "?fresh=true"] {
        assert_eq!(ask(&app, &ada, query).await.status, 200);
    }
    requested(&stack, 1).await;
    stack.finish().await;
}

#[tokio::test]
async fn it_holds_what_the_account_has_and_no_secret() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, eve) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "eve").await,
    );
    let zoe = register(&app, "zoe").await;
    lock(&app, &eve, true).await;
    lock(&app, &ada, true).await;
    follow(&app, &ada, &ben).await.expect(204);
    follow(&app, &ada, &eve).await.expect(202);
    follow(&app, &ben, &ada).await.expect(202);
    block(&app, &ada, &zoe).await.expect(204);
    let mute = format!("/v1/users/{}/mute", eve.id);
    send(&app, &ada, "PUT", &mute).await.expect(204);
    let again = sign_in(&app, "ada").await;
    ask(&app, &ada, "").await.expect(202);
    let asked = requested(&stack, 1).await;
    stack.publish(&of_content(&asked, 1, true, "[]")).await;
    others_answer(&stack, &asked).await;
    let files = unpacked(&is_ready(&app, &ada).await.body);

    let listed: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        "README.txt",
        "blocks.json",
        "follow-requests-made.json",
        "follow-requests.json",
        "followers.json",
        "follows.json",
        "media.json",
        "messages.json",
        "mutes.json",
        "posts.json",
        "profile.json",
        "reading.json",
        "sessions.json",
    ];
    assert_eq!(listed, expected);
    for name in &expected[1..] {
        assert!(files["README.txt"].contains(name), "{name}");
    }
    let profile = json_in(&files, "profile.json");
    assert_eq!(
        profile,
        send(&app, &ada, "GET", "/v1/users/me").await.expect(200)
    );
    assert_eq!(profile["email"], "ada@example.org");
    assert_eq!(names_in(&files, "follows.json"), ["ben"]);
    assert!(names_in(&files, "followers.json").is_empty());
    assert_eq!(names_in(&files, "follow-requests-made.json"), ["eve"]);
    assert_eq!(names_in(&files, "follow-requests.json"), ["ben"]);
    assert_eq!(names_in(&files, "blocks.json"), ["zoe"]);
    assert_eq!(names_in(&files, "mutes.json"), ["eve"]);
    assert_eq!(json_in(&files, "posts.json"), json!([]));
    let sessions = json_in(&files, "sessions.json");
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    assert!(sessions[0]["address"].is_string(), "{sessions}");
    let all = files.values().cloned().collect::<String>();
    for secret in [
        PASSWORD,
        "argon2",
        &ada.refresh_token,
        &again.refresh_token,
        &again.access_token,
    ] {
        assert!(!all.contains(secret));
    }
    stack.finish().await;
}

/// Lists longer than what is read at a time.
#[tokio::test]
async fn it_holds_all_of_long_lists() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    let ada = register(&app, "ada").await;
    sqlx::query(
        "WITH others AS (
             INSERT INTO users (id, username, email, password_hash, display_name, revision, updated_at)
             SELECT gen_random_uuid(), 'u' || n, 'u' || n || '@example.org', '', '', 1, now()
             FROM generate_series(1, 1300) AS n RETURNING id)
         INSERT INTO follows (follower_id, followee_id, active, revision, since, changed_at)
         SELECT id, $1, true, 1, date_trunc('milliseconds', now()), now() FROM others",
    )
    .bind(ada.user_id().uuid())
    .execute(&pool)
    .await
    .unwrap();
    ask(&app, &ada, "").await.expect(202);
    let asked = requested(&stack, 1).await;
    // Not to be pressed together much, and more than is written at a time.
    let long: Vec<String> = (0..20_000)
        .map(|_| uuid::Uuid::now_v7().to_string())
        .collect();
    let content = serde_json::to_string(&long[..10_000]).unwrap();
    stack.publish(&of_content(&asked, 1, false, &content)).await;
    let content = serde_json::to_string(&long[10_000..]).unwrap();
    stack.publish(&of_content(&asked, 2, true, &content)).await;
    others_answer(&stack, &asked).await;
    let files = unpacked(&is_ready(&app, &ada).await.body);
    let mut followers = names_in(&files, "followers.json");
    followers.sort();
    followers.dedup();
    assert_eq!(followers.len(), 1_300);
    assert_eq!(json_in(&files, "posts.json"), json!(long));
    stack.finish().await;
}

#[tokio::test]
async fn another_one_is_made_after_an_hour_if_it_is_wanted_and_after_a_day() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    let ada = register(&app, "ada").await;
    let make = async |times: usize, what: &str| {
        let asked = requested(&stack, times).await;
        stack.publish(&of_content(&asked, 1, true, what)).await;
        others_answer(&stack, &asked).await;
        let files = unpacked(&is_ready(&app, &ada).await.body);
        assert_eq!(json_in(&files, "posts.json").to_string(), what);
        asked
    };
    is_being_made(&ask(&app, &ada, "").await);
    let first = make(1, "[1]").await;
    age(&pool, 2.0).await;
    assert_eq!(ask(&app, &ada, "").await.status, 200);
    is_being_made(&ask(&app, &ada, "?fresh=true").await);
    is_being_made(&ask(&app, &ada, "?fresh=true").await);
    // What is told of the first one is of no use to the second.
    stack.publish(&of_content(&first, 1, true, "[0]")).await;
    let second = make(2, "[2]").await;
    assert_ne!(first.export_id, second.export_id);
    age(&pool, 24.0).await;
    is_being_made(&ask(&app, &ada, "").await);
    make(3, "[3]").await;
    // One that is never finished is given up.
    let ben = register(&app, "ben").await;
    is_being_made(&ask(&app, &ben, "").await);
    requested(&stack, 4).await;
    age(&pool, 24.0).await;
    is_being_made(&ask(&app, &ben, "?fresh=true").await);
    requested(&stack, 5).await;
    stack.finish().await;
}

#[tokio::test]
async fn many_who_ask_at_once_ask_once() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let asks = (0..20).map(|_| ask(&app, &ada, ""));
    for answer in futures::future::join_all(asks).await {
        is_being_made(&answer);
    }
    let pool = stack.database("identity").await;
    eventually("the outbox is empty", async || {
        let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM outbox");
        left.fetch_one(&pool).await.unwrap() == 0
    })
    .await;
    assert_eq!(stack.published::<ExportRequested>().await.len(), 1);
    stack.finish().await;
}

#[tokio::test]
async fn parts_that_cannot_be_are_put_aside() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    for (number, content, name) in [
        (0, "[]", "ada"),
        (-1, "[]", "ben"),
        (1, "", "eve"),
        (1, "{}", "zoe"),
        (1, "[1] , [2]", "kim"),
    ] {
        let person = register(&app, name).await;
        ask(&app, &person, "").await.expect(202);
        let asked = eventually("the services are asked", async || {
            let events = stack.published::<ExportRequested>().await;
            let mut of = events.into_iter().map(|published| published.event);
            of.find(|event| event.user_id == person.id).ok_or(())
        })
        .await;
        stack
            .publish(&of_content(&asked, number, true, content))
            .await;
    }
    eventually("they are dead letters", async || {
        let letters = list_dead_letters(&pool, 10).await.unwrap().len();
        if letters == 5 { Ok(()) } else { Err(letters) }
    })
    .await;
    parts_are(&pool, 0).await;
    stack.finish().await;
}

#[tokio::test]
async fn it_is_for_who_is_signed_in_and_there() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    assert_eq!(app.get(PATH).await.status, 401);
    for (query, field) in [
        ("?fresh=maybe", "fresh"),
        ("?fresh=", "fresh"),
        ("?x=1", "x"),
    ] {
        let answer = ask(&app, &ada, query).await;
        assert_eq!(answer.wrong_fields(400, "validation_failed"), [field]);
    }
    let mut asked = 0;
    let throttled = loop {
        let answer = ask(&app, &ada, "").await;
        if ![200, 202].contains(&answer.status) {
            break answer;
        }
        // Without a pause: what a limit allows comes back while one waits.
        asked += 1;
        assert!(asked < 2_000, "nobody is ever throttled");
    };
    throttled.problem(429, "too_many_requests");
    let ben = register(&app, "ben").await;
    ask(&app, &ben, "").await.expect(202);
    let leaves = app.delete("/v1/users/me").bearer(&ben.access_token);
    leaves
        .json(json!({ "password": PASSWORD }))
        .await
        .expect(202);
    ask(&app, &ben, "").await.problem(401, "invalid_token");
    stack.finish().await;
}
