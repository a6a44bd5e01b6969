//! Words are found where they may be seen.

use serde_json::{Value, json};

use crate::messaging::{Messaging, message_path};

async fn found(nova: &Messaging, user: &crate::messaging::User, path: &str) -> Vec<Value> {
    let page = nova.get(user, path).await.expect(200);
    let items = page["items"].as_array().unwrap().clone().into_iter();
    items.map(|one| one["content"].clone()).collect()
}

#[tokio::test]
async fn words_are_found_the_newest_first_a_page_at_a_time() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    for text in [
        "the red Square",
        "a red circle",
        "die große Straße",
        "nothing",
        "red again, square",
    ] {
        nova.say(&ada, &direct, text).await;
    }
    let other = nova.group(&ada, &[]).await;
    nova.say(&ada, &other, "a red herring").await;
    let search = |q: &str| format!("{direct}/messages/search?q={q}");
    let texts = async |q: &str| found(&nova, &ben, &search(q)).await;
    assert_eq!(
        texts("red").await,
        ["red again, square", "a red circle", "the red Square"]
    );
    assert_eq!(
        texts("RED%20square").await,
        ["red again, square", "the red Square"]
    );
    assert_eq!(texts("red%20-square").await, ["a red circle"]);
    assert_eq!(texts("%22red%20square%22").await, ["the red Square"]);
    assert_eq!(texts("gro%C3%9Fe").await, ["die große Straße"]);
    for nothing in [
        "blue",
        "...",
        "%27",
        "%26%7C!()%3A*",
        "%5C",
        &"x".repeat(200),
    ] {
        assert_eq!(texts(nothing).await, [""; 0], "{nothing}");
    }
    let mut seen = Vec::new();
    let mut path = format!("{}&limit=1", search("red"));
    loop {
        let page = nova.get(&ben, &path).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        // It opens in no other search.
        let foreign = format!("{}&cursor={cursor}", search("square"));
        nova.get(&ben, &foreign)
            .await
            .problem(400, "invalid_cursor");
        path = format!("{}&limit=1&cursor={cursor}", search("red"));
    }
    assert_eq!(seen.len(), 3);
    // What is edited is found as it is; what is deleted is not.
    let edit = json!({ "content": "a blue circle" });
    nova.patch(&ada, &message_path(&seen[1]), edit)
        .await
        .expect(200);
    nova.delete(&ada, &message_path(&seen[0])).await.expect(204);
    assert_eq!(texts("red").await, ["the red Square"]);
    assert_eq!(texts("blue").await, ["a blue circle"]);
    nova.finish().await;
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_see() {
    let nova = Messaging::start().await;
    let (ada, ben, new) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben]).await;
    nova.say(&ada, &group, "needle by ada").await;
    nova.say(&ben, &group, "needle by ben").await;
    nova.put(&ada, &format!("{group}/members/{}", new.id), json!({}))
        .await
        .expect(204);
    let path = format!("{group}/messages/search?q=needle");
    assert_eq!(found(&nova, &new, &path).await, [""; 0]);
    nova.block(&ada, &ben, true, 1).await;
    assert_eq!(found(&nova, &ada, &path).await, ["needle by ada"]);
    nova.get(&nova.user().await, &path)
        .await
        .problem(404, "not_found");
    for (query, field) in [
        ("", "q"),
        ("q=", "q"),
        ("q=%20", "q"),
        ("q=a%00b", "q"),
        (&*format!("q={}", "x".repeat(201)), "q"),
        ("q=a&limit=0", "limit"),
        ("q=a&limit=101", "limit"),
        ("q=a&page=2", "page"),
    ] {
        let refused = nova
            .get(&ada, &format!("{group}/messages/search?{query}"))
            .await;
        assert_eq!(
            refused.wrong_fields(400, "validation_failed"),
            [field],
            "{query}"
        );
    }
    nova.finish().await;
}
