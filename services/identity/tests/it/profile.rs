use futures::future::join_all;
use nova_ids::UserId;
use nova_proto::identity::v1::{UserProfileUpdated, UserRegistered};
use nova_testkit::{Stack, eventually};
use serde_json::{Value, json};

use crate::{Person, register, start, wrong};

#[tokio::test]
async fn a_profile_is_for_everyone_and_the_address_for_its_owner() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "Ada").await;
    let me = app
        .get("/v1/users/me")
        .bearer(&ada.access_token)
        .await
        .expect(200);
    assert_eq!(me["email"], "Ada@example.org");
    let by_id = app.get(&format!("/v1/users/{}", ada.id)).await.expect(200);
    let by_name = app.get("/v1/users/by-username/aDA").await.expect(200);
    assert_eq!(by_id, by_name);
    let mut public = me;
    for own in ["email", "email_verified"] {
        assert!(public.as_object_mut().unwrap().remove(own).is_some());
    }
    assert_eq!(by_id, public);
    let members: Vec<_> = by_id
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "avatar_url",
        "created_at",
        "display_name",
        "id",
        "locked",
        "updated_at",
        "username",
    ];
    assert_eq!(members, expected);
    stack.finish().await;
}

#[tokio::test]
async fn who_is_not_there_is_not_found() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    app.get(&format!("/v1/users/{}", UserId::new()))
        .await
        .problem(404, "not_found");
    for name in ["nobody", "no", "not%20a%20name", "%00"] {
        app.get(&format!("/v1/users/by-username/{name}"))
            .await
            .problem(404, "not_found");
    }
    let malformed = app.get("/v1/users/7").await;
    assert_eq!(malformed.wrong_fields(400, "invalid_request"), ["id"]);
    app.get("/v1/users/me")
        .await
        .problem(401, "unauthenticated");
    app.patch("/v1/users/me")
        .json(json!({}))
        .await
        .problem(401, "unauthenticated");
    let stranger = stack.token(UserId::new());
    app.get("/v1/users/me")
        .bearer(&stranger)
        .await
        .problem(401, "invalid_token");
    app.patch("/v1/users/me")
        .bearer(&stranger)
        .json(json!({}))
        .await
        .problem(401, "invalid_token");
    stack.finish().await;
}

#[tokio::test]
async fn a_change_is_answered_whole_and_published_whole() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let patch = async |body: Value| {
        app.patch("/v1/users/me")
            .bearer(&ada.access_token)
            .json(body)
            .await
            .expect(200)
    };
    let first =
        patch(json!({ "display_name": " Countess ", "avatar_url": "https://a.example/b" })).await;
    assert_eq!(first["display_name"], "Countess");
    assert_eq!(first["avatar_url"], "https://a.example/b");
    assert_eq!(first["email"], "ada@example.org");
    let second = patch(json!({ "username": "Lovelace" })).await;
    assert_eq!(second["username"], "Lovelace");
    assert_eq!(second["avatar_url"], "https://a.example/b");
    // Neither nothing nor the same again is a change.
    assert_eq!(patch(json!({})).await, second);
    assert_eq!(
        patch(json!({ "username": "Lovelace", "display_name": "Countess" })).await,
        second
    );
    let third = patch(json!({ "avatar_url": null })).await;
    assert_eq!(third["avatar_url"], json!(null));
    assert_eq!(
        app.get("/v1/users/me")
            .bearer(&ada.access_token)
            .await
            .expect(200),
        third
    );

    let events = eventually("three changes are published", async || {
        let events = stack.published::<UserProfileUpdated>().await;
        if events.len() == 3 {
            Ok(events)
        } else {
            Err(events)
        }
    })
    .await;
    assert!(
        events
            .iter()
            .all(|event| event.key == ada.id && event.user_id == ada.id)
    );
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            (
                event.revision,
                text(&event.username),
                text(&event.display_name),
                text(&event.avatar_url),
            )
        })
        .collect();
    let state = |revision, name: &str, url: &str| {
        (
            revision,
            name.to_owned(),
            "Countess".to_owned(),
            url.to_owned(),
        )
    };
    let expected = [
        state(2, "ada", "https://a.example/b"),
        state(3, "Lovelace", "https://a.example/b"),
        state(4, "Lovelace", ""),
    ];
    assert_eq!(told, expected);
    stack.finish().await;
}

#[tokio::test]
async fn every_bad_field_of_a_change_is_named() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let refused = async |body: Value| {
        wrong(
            &app.patch("/v1/users/me")
                .bearer(&ada.access_token)
                .json(body)
                .await,
        )
    };
    let field = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    let all_bad =
        json!({ "username": "1a", "display_name": " ", "avatar_url": "javascript:alert(1)" });
    let codes: Vec<String> = refused(all_bad)
        .await
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(codes, ["username", "display_name", "avatar_url"]);
    let null = json!({ "username": null });
    assert_eq!(refused(null).await, [field("username", "invalid_type")]);
    let email = json!({ "email": "other@example.org" });
    assert_eq!(refused(email).await, [field("email", "unknown_field")]);
    stack.finish().await;
}

#[tokio::test]
async fn a_name_can_change_its_case_but_not_its_owner() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let ben = register(&app, "ben").await;
    let rename = async |person: &Person, name: &str| {
        let body = json!({ "username": name });
        app.patch("/v1/users/me")
            .bearer(&person.access_token)
            .json(body)
            .await
    };
    assert_eq!(
        rename(&ada, "BEN")
            .await
            .wrong_fields(409, "username_taken"),
        ["username"]
    );
    assert_eq!(rename(&ada, "ADA").await.expect(200)["username"], "ADA");
    // Nor is a name his that she has given up.
    rename(&ada, "countess").await.expect(200);
    assert_eq!(
        rename(&ben, "ada")
            .await
            .wrong_fields(409, "username_taken"),
        ["username"]
    );
    stack.finish().await;
}

#[tokio::test]
async fn changes_at_the_same_time_follow_each_other() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let changes = (0..10).map(|number| {
        let body = json!({ "display_name": format!("Ada {number}") });
        app.patch("/v1/users/me")
            .bearer(&ada.access_token)
            .json(body)
            .into_future()
    });
    for answer in join_all(changes).await {
        answer.expect(200);
    }
    let events = eventually("all are published", async || {
        let events = stack.published::<UserProfileUpdated>().await;
        if events.len() == 10 {
            Ok(events)
        } else {
            Err(events.len())
        }
    })
    .await;
    let revisions: Vec<i64> = events.iter().map(|event| event.revision).collect();
    assert_eq!(revisions, (2..=11).collect::<Vec<i64>>());
    let last = events.last().and_then(|event| event.display_name.clone());
    let me = app
        .get("/v1/users/me")
        .bearer(&ada.access_token)
        .await
        .expect(200);
    assert_eq!(me["display_name"].as_str().map(str::to_owned), last);
    assert_eq!(stack.published::<UserRegistered>().await.len(), 1);
    stack.finish().await;
}
