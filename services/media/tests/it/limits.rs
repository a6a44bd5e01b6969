//! How much one may have.

use nova_testkit::Stack;

use crate::media::{Media, id_of, large_png, png};
use crate::tus;

#[tokio::test]
async fn so_many_files_may_wait_for_a_post() {
    let stack = Stack::new().await.with("NOVA_MEDIA_UNCLAIMED_LIMIT", "3");
    let media = Media::start_on(stack).await;
    let (ada, ben) = (media.user(), media.user());
    let first = media.shown(&ada, &[], &png(1)).await;
    media.upload(&ada, &[], &png(2)).await.expect(201);
    let begun = tus::begin(&media, &ada, 1_000, "").await;
    begun.expect(201);
    media
        .upload(&ada, &[], &png(3))
        .await
        .problem(422, "too_many");
    tus::begin(&media, &ada, 1_000, "")
        .await
        .problem(422, "too_many");
    media.upload(&ben, &[], &png(3)).await.expect(201);
    media.delete(&ada, id_of(&first)).await.expect(204);
    media.upload(&ada, &[], &png(3)).await.expect(201);
    media.finish().await;
}

#[tokio::test]
async fn all_at_once_are_no_more_than_one_after_the_other() {
    let stack = Stack::new().await.with("NOVA_MEDIA_UNCLAIMED_LIMIT", "3");
    let media = Media::start_on(stack).await;
    let ada = media.user();
    let all = (0..8).map(async |number| media.upload(&ada, &[], &png(number)).await.status);
    let mut all = futures::future::join_all(all).await;
    all.sort_unstable();
    assert_eq!(all, [201, 201, 201, 422, 422, 422, 422, 422]);
    media.folders_are(3).await;
    media.finish().await;
}

#[tokio::test]
async fn all_files_together_have_so_many_bytes() {
    let stack = Stack::new().await.with("NOVA_MEDIA_BYTES_LIMIT", "1500000");
    let media = Media::start_on(stack).await;
    let ada = media.user();
    media.shown(&ada, &[], &large_png(1, 1)).await;
    media
        .upload(&ada, &[], &large_png(1, 2))
        .await
        .problem(422, "too_many");
    tus::begin(&media, &ada, 600_000, "")
        .await
        .problem(422, "too_many");
    media.upload(&ada, &[], &png(1)).await.expect(201);
    media.finish().await;
}

#[tokio::test]
async fn so_many_may_be_begun_in_ten_minutes() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let media = Media::start_on(stack.with("NOVA_MEDIA_UPLOADS", "2")).await;
    let ada = media.user();
    media.upload(&ada, &[], &png(1)).await.expect(201);
    tus::begin(&media, &ada, 1_000, "").await.expect(201);
    let refused = media.upload(&ada, &[], &png(2)).await;
    refused.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").is_some());
    tus::begin(&media, &ada, 1_000, "")
        .await
        .problem(429, "too_many_requests");
    media.finish().await;
}
