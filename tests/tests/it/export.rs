//! All that is kept of a user, as a ZIP.

use std::io::{Cursor, Read};

use nova_testkit::{Answer, eventually};
use nova_tests::{Nova, User};
use serde_json::Value;
use zip::ZipArchive;

const PATH: &str = "/v1/users/me/export";

/// Asks until it is ready, as a client does.
pub(crate) async fn export(user: &User) -> Answer {
    let path = std::cell::RefCell::new(PATH.to_owned());
    eventually("the export is ready", async || {
        let asked = path.borrow().clone();
        let answer = user.get(&asked).await;
        if answer.status == 200 {
            return Ok(answer);
        }
        answer.expect(202);
        *path.borrow_mut() = answer.header("location").expect("a place").to_owned();
        let wait: u64 = answer
            .header("retry-after")
            .and_then(|seconds| seconds.parse().ok())
            .expect("seconds");
        Err(wait)
    })
    .await
}

fn read(zip: &[u8], file: &str) -> Value {
    let mut zip = ZipArchive::new(Cursor::new(zip)).expect("a ZIP");
    let mut text = String::new();
    let mut file = zip.by_name(file).expect("a file");
    file.read_to_string(&mut text).expect("a text");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn a_user_gets_what_every_service_keeps_of_them() {
    let nova = Nova::start().await;
    let other = nova.replica().await;
    let (user, friend) = (nova.user("leaver").await, nova.user("friend").await);
    user.follow(&friend).await;
    let (one, two) = (user.say("the first").await, user.say("the second").await);
    friend.say("not mine").await;
    user.feed().await;
    assert_eq!(nova.get(PATH).await.status, 401);
    let answer = export(&user).await;
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    // The other replica has it too.
    let same = other.known(&user).get(PATH).await;
    assert_eq!(same.status, 200);
    assert_eq!(
        read(&same.body, "posts.json"),
        read(&answer.body, "posts.json")
    );

    let zip = &answer.body;
    let posts = read(zip, "posts.json");
    let ids: Vec<&str> = posts
        .as_array()
        .expect("posts")
        .iter()
        .filter_map(|post| post["id"].as_str())
        .collect();
    assert_eq!(ids, [one, two]);
    assert_eq!(posts[1]["content"], "the second");
    assert_eq!(read(zip, "profile.json")["id"], user.id);
    assert!(read(zip, "profile.json")["email"].is_string());
    assert_eq!(read(zip, "follows.json")[0]["user_id"], friend.id);
    assert!(read(zip, "reading.json")[0]["last_read_at"].is_string());
    assert_eq!(read(zip, "blocks.json"), Value::Array(Vec::new()));
    drop(other);
    nova.finish().await;
}
