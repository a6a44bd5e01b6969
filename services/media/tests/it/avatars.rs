//! Pictures of people.

use nova_proto::media::v1::{MediaDeleted, MediaPurpose, MediaUploaded};

use image::ImageFormat;

use crate::media::{Media, encoded, id_of, picture, png};

#[tokio::test]
async fn everybody_sees_an_avatar_and_nobody_its_original() {
    let media = Media::start().await;
    let ada = media.user();
    let file = encoded(&picture(1_000, 600, 1), ImageFormat::Jpeg);
    let medium = media.shown(&ada, &[("purpose", "avatar")], &file).await;
    assert_eq!(medium["state"], "ready");
    let path = format!("/v1/media/{}", id_of(&medium));
    assert_eq!(medium["url"], format!("{path}/avatar/400"));
    for (name, side) in [("64", 64), ("128", 128), ("400", 400)] {
        let answer = media.get(None, &format!("{path}/avatar/{name}")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("cache-control"),
            Some("public, max-age=3600, immutable")
        );
        let pixels = image::load_from_memory(&answer.body).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (side, side));
    }
    for place in ["content", "thumbnail/small", "avatar/65", "avatar/small"] {
        let answer = media.get(Some(&ada), &format!("{path}/{place}")).await;
        answer.problem(404, "not_found");
    }
    let told = media.published::<MediaUploaded>().await;
    assert_eq!(told[0].event.purpose(), MediaPurpose::Avatar);
    assert_eq!(told[0].event.url, format!("{path}/avatar/400"));
    assert_eq!(told[0].event.thumbnail_url, format!("{path}/avatar/64"));
    media.finish().await;
}

#[tokio::test]
async fn the_one_before_goes_with_its_bytes() {
    let media = Media::start().await;
    let ada = media.user();
    let avatar = &[("purpose", "avatar")];
    let first = media.shown(&ada, avatar, &png(1)).await;
    let second = media.shown(&ada, avatar, &png(2)).await;
    media
        .get(None, first["url"].as_str().unwrap())
        .await
        .problem(404, "not_found");
    assert_eq!(
        media
            .get(None, second["url"].as_str().unwrap())
            .await
            .status,
        200
    );
    media.folders_are(1).await;
    let gone = media.published::<MediaDeleted>().await;
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].event.media_id, id_of(&first));
    // The same picture for a post is another thing.
    media.shown(&ada, &[], &png(2)).await;
    media.folders_are(2).await;
    let sound = media.upload(&ada, avatar, &crate::media::wav(1)).await;
    sound.problem(415, "unsupported_media_type");
    media.finish().await;
}

#[tokio::test]
async fn of_two_at_once_the_later_is_worn() {
    let media = Media::start().await;
    let ada = media.user();
    let avatar = &[("purpose", "avatar")];
    let all = (0..6).map(async |number| media.upload(&ada, avatar, &png(number)).await.expect(201));
    let all = futures::future::join_all(all).await;
    let latest = all
        .iter()
        .map(|medium| id_of(medium).to_owned())
        .max()
        .unwrap();
    nova_testkit::eventually("one is left", async || {
        let page = media.get(Some(&ada), "/v1/media").await.expect(200);
        let items = page["items"].as_array().unwrap();
        items.len() == 1 && items[0]["id"] == latest && items[0]["state"] == "ready"
    })
    .await;
    media.folders_are(1).await;
    media.finish().await;
}
