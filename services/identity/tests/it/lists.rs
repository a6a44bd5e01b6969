use nova_ids::UserId;
use nova_testkit::{App, Stack};
use serde_json::Value;

use crate::{Person, register, start};

async fn follow(app: &App, follower: &Person, followee: &Person) {
    let path = format!("/v1/users/{}/follow", followee.id);
    app.put(&path)
        .bearer(&follower.access_token)
        .await
        .expect(204);
}

/// Names in a page, and its `next_cursor`.
fn read(page: &Value) -> (Vec<String>, Option<String>) {
    let name = |user: &Value| user["username"].as_str().unwrap_or_default().to_owned();
    let names = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(name)
        .collect();
    (names, page["next_cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn both_lists_are_newest_first() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let ben = register(&app, "ben").await;
    let cas = register(&app, "cas").await;
    for follower in [&ben, &cas] {
        follow(&app, follower, &ada).await;
        follow(&app, &ada, follower).await;
    }
    for list in ["followers", "following"] {
        let page = app
            .get(&format!("/v1/users/{}/{list}", ada.id))
            .await
            .expect(200);
        assert_eq!(
            read(&page),
            (vec!["cas".to_owned(), "ben".to_owned()], None)
        );
        assert!(page["items"][0].get("email").is_none());
    }
    // Following again is a new follow; an end takes it out.
    let path = format!("/v1/users/{}/follow", ada.id);
    app.delete(&path)
        .bearer(&ben.access_token)
        .await
        .expect(204);
    let page = app
        .get(&format!("/v1/users/{}/followers", ada.id))
        .await
        .expect(200);
    assert_eq!(read(&page).0, ["cas"]);
    follow(&app, &ben, &ada).await;
    let page = app
        .get(&format!("/v1/users/{}/followers", ada.id))
        .await
        .expect(200);
    assert_eq!(read(&page).0, ["ben", "cas"]);
    let alone = app
        .get(&format!("/v1/users/{}/following", cas.id))
        .await
        .expect(200);
    assert_eq!(read(&alone).0, ["ada"]);
    stack.finish().await;
}

#[tokio::test]
async fn pages_skip_and_repeat_nobody_while_new_follows_arrive() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let mut expected = Vec::new();
    for number in 0..7 {
        let follower = register(&app, &format!("fan{number}")).await;
        follow(&app, &follower, &ada).await;
        expected.insert(0, follower.username);
    }
    // Some began at the very same moment.
    let pool = stack.database("identity").await;
    let same = "UPDATE follows SET since = (SELECT min(since) FROM follows)";
    sqlx::query(same).execute(&pool).await.unwrap();
    let mut seen = Vec::new();
    let mut cursor = None;
    for number in 0.. {
        let after = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let page = app
            .get(&format!("/v1/users/{}/followers?limit=3{after}", ada.id))
            .await
            .expect(200);
        let (names, next) = read(&page);
        seen.extend(names);
        let newcomer = register(&app, &format!("newcomer{number}")).await;
        follow(&app, &newcomer, &ada).await;
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
    stack.finish().await;
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    for follower in [&ben, &cas] {
        follow(&app, follower, &ada).await;
    }
    let list =
        |id: &str, list: &str, query: &str| app.get(&format!("/v1/users/{id}/{list}{query}"));
    let page = list(&ada.id, "followers", "?limit=1").await.expect(200);
    let cursor = read(&page).1.expect("a next page");
    let next = list(&ada.id, "followers", &format!("?limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(read(&next), (vec!["ben".to_owned()], None));
    let changed = format!("{}A{}", &cursor[..4], &cursor[5..]);
    for (id, name, cursor) in [
        (&ada.id, "following", &cursor),
        (&ben.id, "followers", &cursor),
        (&ada.id, "followers", &changed),
        (&ada.id, "followers", &String::new()),
    ] {
        let answer = list(id, name, &format!("?cursor={cursor}")).await;
        assert_eq!(answer.wrong_fields(400, "invalid_cursor"), ["cursor"]);
    }
    stack.finish().await;
}

#[tokio::test]
async fn what_is_not_a_page_or_not_a_user_is_refused() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    for list in ["followers", "following"] {
        for limit in ["0", "101", "-1", "x", ""] {
            let answer = app
                .get(&format!("/v1/users/{}/{list}?limit={limit}", ada.id))
                .await;
            assert_eq!(answer.wrong_fields(400, "validation_failed"), ["limit"]);
        }
        app.get(&format!("/v1/users/{}/{list}?limit=100", ada.id))
            .await
            .expect(200);
        app.get(&format!("/v1/users/{}/{list}", UserId::new()))
            .await
            .problem(404, "not_found");
    }
    stack.finish().await;
}
