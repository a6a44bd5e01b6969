//! Owners who are gone.

use nova_ids::UserId;
use nova_proto::identity::v1::{UserDeactivated, UserDeleted, UserReactivated};
use nova_testkit::eventually;

use crate::media::{Media, User, id_of, png};

fn deactivated(user: UserId, revision: i64) -> UserDeactivated {
    UserDeactivated {
        user_id: user.to_string(),
        deactivated_at: None,
        kept_until: None,
        revision,
    }
}

async fn status_is(media: &Media, viewer: Option<&User>, path: &str, status: u16) {
    eventually("it is seen, or not", async || {
        let answer = media.get(viewer, path).await.status;
        if answer == status {
            Ok(())
        } else {
            Err(answer)
        }
    })
    .await;
}

#[tokio::test]
async fn who_has_left_is_not_seen_until_they_are_back() {
    let media = Media::start().await;
    let ada = media.user();
    let medium = media.shown(&ada, &[], &png(1)).await;
    let avatar = media.shown(&ada, &[("purpose", "avatar")], &png(2)).await;
    let links = [&medium, &avatar].map(|medium| medium["url"].as_str().unwrap());
    media.stack.publish(&deactivated(ada.id, 1)).await;
    for link in links {
        status_is(&media, None, link, 404).await;
    }
    let path = format!("/v1/media/{}", id_of(&medium));
    status_is(&media, Some(&ada), &path, 404).await;
    let page = media.get(Some(&ada), "/v1/media").await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 0);
    let back = UserReactivated {
        user_id: ada.id.to_string(),
        reactivated_at: None,
        revision: 2,
    };
    media.stack.publish(&back).await;
    for link in links {
        status_is(&media, None, link, 200).await;
    }
    media.finish().await;
}

#[tokio::test]
async fn who_is_gone_for_good_leaves_nothing_and_brings_nothing() {
    let media = Media::start().await;
    let (ada, ben) = (media.user(), media.user());
    for number in 0..5 {
        media.shown(&ada, &[], &png(number)).await;
    }
    media.shown(&ada, &[("purpose", "avatar")], &png(9)).await;
    media.shown(&ben, &[], &png(1)).await;
    let begun = crate::tus::begin(&media, &ada, 1_000, "").await;
    begun.expect(201);
    let place = begun.header("location").unwrap();
    let sent = crate::tus::send(&media, &ada, place, 0, &png(1)[..50]).await;
    sent.expect(204);
    media.folders_are(8).await;
    let deleted = UserDeleted {
        user_id: ada.id.to_string(),
        deleted_at: None,
        revision: 2,
    };
    media.stack.publish(&deleted).await;
    media.folders_are(1).await;
    for table in [
        "media",
        "blobs",
        "uploads",
        "folders",
        "pieces",
        "idempotency_keys",
        "erasures",
    ] {
        let what = format!("nothing of them is in {table}");
        eventually(&what, async || {
            let sql = format!("SELECT count(*) FROM {table} AS line WHERE line::text LIKE $1");
            let left = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql));
            let left = left.bind(format!("%{}%", ada.id));
            left.fetch_one(&media.pool).await.unwrap() == 0
        })
        .await;
    }
    media
        .upload(&ada, &[], &png(1))
        .await
        .problem(401, "invalid_token");
    crate::tus::begin(&media, &ada, 1_000, "")
        .await
        .problem(401, "invalid_token");
    media.folders_are(1).await;
    media.finish().await;
}
