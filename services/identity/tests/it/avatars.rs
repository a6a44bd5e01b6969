//! Pictures of users, told by media.

use nova_ids::MediaId;
use nova_proto::identity::v1::UserProfileUpdated;
use nova_proto::media::v1::{MediaDeleted, MediaPurpose, MediaUploaded};
use nova_testkit::{App, Stack, eventually};
use serde_json::{Value, json};

use crate::{Person, register, start};

fn path(medium: MediaId) -> String {
    format!("/v1/media/{medium}/avatar/400")
}

fn uploaded(owner: &Person, medium: MediaId) -> MediaUploaded {
    MediaUploaded {
        media_id: medium.to_string(),
        user_id: owner.id.clone(),
        url: path(medium),
        purpose: MediaPurpose::Avatar.into(),
        revision: 1,
        ..MediaUploaded::default()
    }
}

fn deleted(owner: &Person, medium: MediaId) -> MediaDeleted {
    MediaDeleted {
        media_id: medium.to_string(),
        user_id: owner.id.clone(),
        revision: 2,
        ..MediaDeleted::default()
    }
}

async fn wears(app: &App, person: &Person, url: Value) {
    eventually("the picture is worn", async || {
        let user = app
            .get(&format!("/v1/users/{}", person.id))
            .await
            .expect(200);
        if user["avatar_url"] == url {
            Ok(())
        } else {
            Err(user)
        }
    })
    .await;
}

#[tokio::test]
async fn the_latest_picture_is_worn_until_it_is_gone() {
    let stack = Stack::new()
        .await
        .with("NOVA_MEDIA_URL", "https://cdn.example");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let (first, second, third) = (MediaId::new(), MediaId::new(), MediaId::new());
    let worn = |medium: MediaId| json!(format!("https://cdn.example{}", path(medium)));
    stack.publish(&uploaded(&ada, second)).await;
    wears(&app, &ada, worn(second)).await;
    // The one before is no longer of interest, nor is that it goes; one of a post is none.
    stack.publish(&uploaded(&ada, first)).await;
    stack.publish(&deleted(&ada, first)).await;
    let of_a_post = MediaUploaded {
        purpose: MediaPurpose::Post.into(),
        ..uploaded(&ada, MediaId::new())
    };
    stack.publish(&of_a_post).await;
    stack.publish(&uploaded(&ada, third)).await;
    wears(&app, &ada, worn(third)).await;
    stack.publish(&deleted(&ada, third)).await;
    wears(&app, &ada, Value::Null).await;
    stack.publish(&uploaded(&ada, third)).await;
    let last = MediaId::new();
    stack.publish(&uploaded(&ada, last)).await;
    wears(&app, &ada, worn(last)).await;
    let told = eventually("each change is told", async || {
        let told = stack.published::<UserProfileUpdated>().await;
        if told.len() == 4 { Ok(told) } else { Err(told) }
    })
    .await;
    let revisions: Vec<i64> = told.iter().map(|told| told.event.revision).collect();
    assert_eq!(revisions, [2, 3, 4, 5]);
    stack.finish().await;
}

#[tokio::test]
async fn what_a_user_chose_instead_stays_when_an_upload_goes() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let medium = MediaId::new();
    stack.publish(&uploaded(&ada, medium)).await;
    wears(&app, &ada, json!(path(medium))).await;
    let chosen = json!("https://a.example/b");
    app.patch("/v1/users/me")
        .bearer(&ada.access_token)
        .json(json!({ "avatar_url": chosen }))
        .await
        .expect(200);
    stack.publish(&deleted(&ada, medium)).await;
    let ben = register(&app, "ben").await;
    let other = MediaId::new();
    stack.publish(&uploaded(&ben, other)).await;
    wears(&app, &ben, json!(path(other))).await;
    wears(&app, &ada, chosen).await;
    stack.finish().await;
}
