//! Files that come in one request.

use image::ImageFormat;
use nova_ids::{MediaId, PostId};
use nova_proto::media::v1::{MediaFailed, MediaPurpose, MediaType, MediaUploaded};
use serde_json::json;

use crate::media::{Media, encoded, id_of, large_png, picture, png};

#[tokio::test]
async fn a_picture_is_told_of_with_all_about_it_and_can_be_opened() {
    let media = Media::start().await;
    let ada = media.user();
    let post = PostId::new();
    let file = encoded(&picture(2_000, 1_000, 7), ImageFormat::Jpeg);
    let fields = [
        ("post_id", post.to_string()),
        ("alt", "a \"view\"\n".to_owned()),
    ];
    let fields = fields.each_ref().map(|(name, text)| (*name, text.as_str()));
    let answer = media.upload(&ada, &fields, &file).await;
    let medium = answer.expect(201);
    let id: MediaId = id_of(&medium).parse().unwrap();
    assert_eq!(
        answer.header("location"),
        Some(format!("/v1/media/{id}").as_str())
    );
    let expected = json!({
        "id": id, "owner_id": ada.id, "type": "IMAGE", "mime_type": "image/jpeg",
        "size_bytes": null, "width": null, "height": null, "duration_seconds": null,
        "blurhash": null, "alt": "a \"view\"\n", "state": "processing", "failure": null,
        "post_id": post, "url": null, "thumbnails": null, "created_at": medium["created_at"],
    });
    assert_eq!(medium, expected);

    let medium = media.read(&ada, id_of(&medium)).await;
    assert_eq!(medium["state"], "ready");
    assert_eq!(
        (&medium["width"], &medium["height"]),
        (&json!(2_000), &json!(1_000))
    );
    assert!(medium["blurhash"].as_str().unwrap().len() >= 6);
    let opened = media.get(None, medium["url"].as_str().unwrap()).await;
    assert_eq!(opened.status, 200);
    assert_eq!(opened.header("content-type"), Some("image/jpeg"));
    assert_eq!(json!(opened.body.len()), medium["size_bytes"]);
    let pixels = image::load_from_memory(&opened.body).unwrap();
    assert_eq!(pixels, image::load_from_memory(&file).unwrap());
    for (name, width) in [("small", 320), ("medium", 800), ("large", 1_600)] {
        let link = medium["thumbnails"][name].as_str().unwrap();
        let opened = media.get(None, link).await;
        assert_eq!(opened.header("content-type"), Some("image/webp"));
        let pixels = image::load_from_memory(&opened.body).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (width, width / 2));
    }

    let told = media.published::<MediaUploaded>().await;
    assert_eq!(told.len(), 1);
    let event = &told[0].event;
    assert_eq!(told[0].key, ada.id.to_string());
    assert_eq!(
        (&event.media_id, &event.post_id),
        (&id.to_string(), &post.to_string())
    );
    assert_eq!(
        (event.r#type(), event.purpose()),
        (MediaType::Image, MediaPurpose::Post)
    );
    assert_eq!(event.url, format!("/v1/media/{id}/content"));
    assert_eq!(
        event.thumbnail_url,
        format!("/v1/media/{id}/thumbnail/small")
    );
    let metadata = event.metadata.as_ref().unwrap();
    assert_eq!((metadata.width, metadata.height), (2_000, 1_000));
    assert_eq!(json!(metadata.size_bytes), medium["size_bytes"]);
    assert_eq!(metadata.mime_type, "image/jpeg");
    assert_eq!(metadata.duration_seconds, None);
    assert_eq!(event.thumbnails.len(), 3);
    media.folders_are(1).await;
    media.finish().await;
}

#[tokio::test]
async fn a_file_of_several_pieces_is_whole() {
    let media = Media::start().await;
    let ada = media.user();
    // A piece of a folder has 16 MiB.
    let file = large_png(19, 1);
    let medium = media.shown(&ada, &[], &file).await;
    assert_eq!(medium["state"], "ready", "{medium}");
    let opened = media
        .get(Some(&ada), &format!("/v1/media/{}/content", id_of(&medium)))
        .await;
    assert!(opened.body == file, "{} bytes", opened.body.len());
    let range = (16 << 20) - 3..(16 << 20) + 5;
    let part = media
        .app
        .get(&format!("/v1/media/{}/content", id_of(&medium)))
        .bearer(&ada.token)
        .header("range", format!("bytes={}-{}", range.start, range.end - 1))
        .await;
    assert_eq!(part.status, 206);
    assert_eq!(part.body, file[range]);
    media.finish().await;
}

#[tokio::test]
async fn the_same_bytes_are_kept_once_for_a_user_and_go_with_the_last() {
    let media = Media::start().await;
    let (ada, ben) = (media.user(), media.user());
    let first = media.shown(&ada, &[], &png(1)).await;
    // It was read before, so nothing is left to do.
    let second = media
        .upload(&ada, &[("alt", "other")], &png(1))
        .await
        .expect(201);
    assert_eq!(second["state"], "ready");
    assert_ne!(first["id"], second["id"]);
    media.folders_are(1).await;
    media.shown(&ben, &[], &png(1)).await;
    media.folders_are(2).await;
    media.delete(&ada, id_of(&first)).await.expect(204);
    media
        .delete(&ada, id_of(&first))
        .await
        .problem(404, "not_found");
    let opened = media.get(None, second["url"].as_str().unwrap()).await;
    assert_eq!(opened.status, 200);
    media
        .get(None, first["url"].as_str().unwrap())
        .await
        .problem(404, "not_found");
    media.delete(&ada, id_of(&second)).await.expect(204);
    media.folders_are(1).await;
    media.finish().await;
}

#[tokio::test]
async fn the_same_at_once_is_kept_once() {
    let media = Media::start().await;
    let ada = media.user();
    let file = png(3);
    let answers = futures::future::join_all((0..8).map(|_| media.upload(&ada, &[], &file))).await;
    for answer in answers {
        let medium = media.read(&ada, id_of(&answer.expect(201))).await;
        assert_eq!(medium["state"], "ready");
    }
    media.folders_are(1).await;
    assert_eq!(media.published::<MediaUploaded>().await.len(), 8);
    media.finish().await;
}

#[tokio::test]
async fn what_only_reading_shows_is_failed_and_told_to_its_owner_alone() {
    let media = Media::start().await;
    let (ada, ben) = (media.user(), media.user());
    let mut file = png(1);
    file.truncate(file.len() - 20);
    let medium = media.shown(&ada, &[], &file).await;
    assert_eq!(medium["state"], "failed");
    assert_eq!(medium["failure"], "truncated");
    assert_eq!(
        (&medium["url"], &medium["thumbnails"]),
        (&json!(null), &json!(null))
    );
    let path = format!("/v1/media/{}", id_of(&medium));
    media.get(Some(&ben), &path).await.problem(404, "not_found");
    let content = format!("{path}/content");
    media
        .get(Some(&ada), &content)
        .await
        .problem(404, "not_found");
    let told = media.published::<MediaFailed>().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].event.reason, "truncated");
    assert!(media.published::<MediaUploaded>().await.is_empty());
    media.folders_are(0).await;
    media.finish().await;
}

#[tokio::test]
async fn a_key_makes_one_medium_of_what_is_sent_twice() {
    let media = Media::start().await;
    let ada = media.user();
    let send = async |file: &[u8], alt: &str| {
        let body = crate::media::form(&[("alt", alt)], &[file]);
        media
            .app
            .post("/v1/media")
            .bearer(&ada.token)
            .header("content-type", crate::media::form_type())
            .idempotency_key("once")
            .body(body)
            .await
    };
    let first = send(&png(1), "a").await;
    let again = send(&png(1), "a").await;
    assert_eq!(first.expect(201)["id"], again.expect(201)["id"]);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    send(&png(2), "a")
        .await
        .problem(422, "idempotency_key_reused");
    send(&png(1), "b")
        .await
        .problem(422, "idempotency_key_reused");
    media.read(&ada, id_of(&first.expect(201))).await;
    media.folders_are(1).await;
    let page = media.get(Some(&ada), "/v1/media").await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    media.finish().await;
}

#[tokio::test]
async fn one_s_own_are_listed_newest_first() {
    let media = Media::start().await;
    let (ada, ben) = (media.user(), media.user());
    let mut ids = Vec::new();
    for number in 0..3 {
        let medium = media.upload(&ada, &[], &png(number)).await.expect(201);
        ids.insert(0, id_of(&medium).to_owned());
    }
    media.upload(&ben, &[], &png(9)).await.expect(201);
    let page = media.get(Some(&ada), "/v1/media?limit=2").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = media
        .get(Some(&ada), &format!("/v1/media?limit=2&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest["next_cursor"], json!(null));
    let listed = [&page, &rest]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap());
    let listed: Vec<&str> = listed.map(id_of).collect();
    assert_eq!(listed, ids);
    let stolen = format!("/v1/media?cursor={cursor}");
    assert_eq!(media.get(Some(&ben), &stolen).await.status, 400);
    media
        .get(None, "/v1/media")
        .await
        .problem(401, "unauthenticated");
    media.finish().await;
}

#[tokio::test]
async fn what_was_taken_is_read_after_a_crash() {
    let media = Media::start().await;
    let ada = media.user();
    let file = large_png(8, 5);
    let medium = media.upload(&ada, &[], &file).await.expect(201);
    media.app.kill().await;
    // Whoever had it does not say any more that they do.
    sqlx::query("UPDATE media SET busy_until = now()")
        .execute(&media.pool)
        .await
        .unwrap();
    let media = Media {
        app: media.stack.start(nova_media::service).await,
        ..media
    };
    let medium = media.read(&ada, id_of(&medium)).await;
    assert_eq!(medium["state"], "ready", "{medium}");
    let opened = media.get(None, medium["url"].as_str().unwrap()).await;
    assert!(opened.body == file);
    media.finish().await;
}
