//! Forms that are not as they should be: each is answered, and nothing of it stays.

use crate::media::{Media, form, form_type, png};

#[tokio::test]
async fn what_the_head_shows_is_told_at_once() {
    let media = Media::start().await;
    let ada = media.user();
    let mut zip = b"PK\x03\x04".to_vec();
    zip.resize(100_000, 0);
    let answer = media.upload(&ada, &[], &zip).await;
    let problem = answer.problem(415, "unsupported_media_type");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("JPEG, PNG, GIF, WebP; MP4, MOV, WebM; MP3, OGG, WAV"),
        "{detail}"
    );
    for text in [
        "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        "%PDF-1.7 and more of it",
    ] {
        let answer = media.upload(&ada, &[], text.as_bytes()).await;
        answer.problem(415, "unsupported_media_type");
    }
    let mut huge = png(1);
    huge[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
    let problem = media
        .upload(&ada, &[], &huge)
        .await
        .problem(400, "validation_failed");
    assert_eq!(problem["errors"][0]["field"], "file");
    assert_eq!(problem["errors"][0]["code"], "too_many_pixels");
    let problem = media
        .upload(&ada, &[], b"")
        .await
        .problem(400, "validation_failed");
    assert_eq!(problem["errors"][0]["code"], "empty");
    let answer = media.upload(&ada, &[], &png(1)[..20]).await;
    answer.problem(415, "unsupported_media_type");
    let page = media.get(Some(&ada), "/v1/media").await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 0);
    media.folders_are(0).await;
    media.finish().await;
}

#[tokio::test]
async fn a_picture_may_have_so_many_bytes_and_no_more() {
    let stack = nova_testkit::Stack::new()
        .await
        .with("NOVA_MEDIA_IMAGE_LIMIT", "1000");
    let media = Media::start_on(stack).await;
    let ada = media.user();
    let mut file = png(1);
    file.resize(1_001, 0);
    media
        .upload(&ada, &[], &file)
        .await
        .problem(413, "payload_too_large");
    file.truncate(1_000);
    media.upload(&ada, &[], &file).await.expect(201);
    media.finish().await;
}

#[tokio::test]
async fn fields_are_held_to_their_rules() {
    let media = Media::start().await;
    let ada = media.user();
    let wrong = async |fields: &[(&str, &str)], files: &[&[u8]]| {
        let answer = media.send(&ada, form(fields, files)).await;
        let problem = answer.problem(400, "validation_failed");
        let errors = problem["errors"].as_array().unwrap().clone();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        errors
            .iter()
            .map(|error| (text(&error["field"]), text(&error["code"])))
            .collect::<Vec<_>>()
    };
    let is = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    let file = png(1);
    let files: &[&[u8]] = &[&file];
    let long = "ж".repeat(1_501);
    assert_eq!(wrong(&[("alt", &long)], files).await, is("alt", "too_long"));
    assert_eq!(
        wrong(&[("alt", &"x".repeat(7_000))], files).await,
        is("alt", "too_long")
    );
    assert_eq!(
        wrong(&[("alt", "\0")], files).await,
        is("alt", "invalid_characters")
    );
    assert_eq!(
        wrong(&[("purpose", "both")], files).await,
        is("purpose", "invalid_value")
    );
    assert_eq!(
        wrong(&[("post_id", "7")], files).await,
        is("post_id", "invalid_id")
    );
    assert_eq!(
        wrong(&[("alt", "a"), ("alt", "b")], files).await,
        is("alt", "duplicate_field")
    );
    assert_eq!(
        wrong(&[("title", "a")], files).await,
        is("title", "unknown_field")
    );
    assert_eq!(wrong(&[("alt", "a")], &[]).await, is("file", "required"));
    assert_eq!(
        wrong(&[], &[&file, &file]).await,
        is("file", "duplicate_field")
    );
    let mut late = form(&[], files);
    let end = late.len() - "------a-boundary--\r\n".len();
    late.truncate(end);
    late.extend(form(&[("alt", "late")], &[]));
    let problem = media
        .send(&ada, late)
        .await
        .problem(400, "validation_failed");
    assert_eq!(problem["errors"][0]["code"], "out_of_order");
    media
        .upload(&ada, &[("alt", &"ж".repeat(1_500))], &file)
        .await
        .expect(201);
    media.finish().await;
}

#[tokio::test]
async fn broken_framing_is_the_client_s_fault() {
    let media = Media::start().await;
    let ada = media.user();
    let whole = form(&[("alt", "a")], &[&png(1)]);
    for end in [0, 1, 10, 60, 120, 200, whole.len() - 3, whole.len() - 20] {
        let answer = media.send(&ada, whole[..end].to_vec()).await;
        assert!(
            (400..500).contains(&answer.status),
            "{end}: {}",
            answer.text()
        );
    }
    let send = async |kind: &str, body: Vec<u8>| {
        let request = media.app.post("/v1/media").bearer(&ada.token);
        request.header("content-type", kind).body(body).await
    };
    send("application/json", b"{}".to_vec())
        .await
        .problem(415, "unsupported_media_type");
    send("multipart/form-data", whole.clone())
        .await
        .problem(415, "unsupported_media_type");
    let other = send("multipart/form-data; boundary=other", whole.clone()).await;
    assert!((400..500).contains(&other.status), "{}", other.text());
    let anonymous = media
        .app
        .post("/v1/media")
        .header("content-type", form_type());
    anonymous.body(whole).await.problem(401, "unauthenticated");
    media.folders_are(0).await;
    media.finish().await;
}
