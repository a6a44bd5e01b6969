//! Nothing stays that nobody needs.

use nova_testkit::{Stack, eventually};
use uuid::Uuid;

use crate::media::{Media, png};
use crate::tus;

#[tokio::test]
async fn uploads_end_when_their_time_is_over() {
    let stack = Stack::new().await.with("NOVA_MEDIA_UPLOAD_TTL", "2s");
    let media = Media::start_on(stack).await;
    let ada = media.user();
    let begun = tus::begin(&media, &ada, 1_000, "").await;
    let place = begun.header("location").unwrap().to_owned();
    tus::send(&media, &ada, &place, 0, &png(1)[..50])
        .await
        .expect(204);
    eventually("it has ended", async || {
        tus::head(&media, &ada, &place).await.status == 410
    })
    .await;
    tus::send(&media, &ada, &place, 50, b"more")
        .await
        .problem(410, "upload_ended");
    media.folders_are(0).await;
    // And nobody remembers it for ever.
    eventually("it is forgotten", async || {
        tus::head(&media, &ada, &place).await.status == 404
    })
    .await;
    media.finish().await;
}

#[tokio::test]
async fn what_a_crash_has_left_is_removed() {
    let media = Media::start().await;
    if !media.stack.media_folder().exists() {
        // In a bucket nothing is ever half written.
        return media.finish().await;
    }
    let ada = media.user();
    let folder = Uuid::now_v7();
    let place = media.stack.media_folder().join(folder.to_string());
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("small"), b"a thumbnail").unwrap();
    // As an upload through this store leaves it that was cut off.
    std::fs::write(place.join("file-0000#1"), b"half of").unwrap();
    sqlx::query("INSERT INTO folders (id, owner_id, remove_at) VALUES ($1, $2, now())")
        .bind(folder)
        .bind(ada.id.uuid())
        .execute(&media.pool)
        .await
        .unwrap();
    media.folders_are(0).await;
    media.finish().await;
}
