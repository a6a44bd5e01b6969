//! Files as they are opened.

use nova_ids::MediaId;
use nova_testkit::{Answer, Stack};
use serde_json::Value;

use crate::media::{Media, User, id_of, png};

async fn with_header(media: &Media, link: &str, name: &str, value: &str) -> Answer {
    media.app.get(link).header(name, value).await
}

async fn one(media: &Media, owner: &User) -> (Value, String) {
    let medium = media.shown(owner, &[], &png(1)).await;
    let link = medium["url"].as_str().unwrap().to_owned();
    (medium, link)
}

#[tokio::test]
async fn what_is_served_says_how_it_is_to_be_kept_and_that_it_is_nothing_else() {
    let media = Media::start().await;
    let ada = media.user();
    let (medium, link) = one(&media, &ada).await;
    let small = medium["thumbnails"]["small"].as_str().unwrap();
    let mut tags = Vec::new();
    for link in [link.as_str(), small] {
        let answer = media.get(None, link).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("cache-control"),
            Some("private, max-age=3600, immutable")
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, Some("default-src 'none'; sandbox"));
        assert_eq!(answer.header("accept-ranges"), Some("bytes"));
        let tag = answer.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"'), "{tag}");
        let again = with_header(&media, link, "if-none-match", &tag).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        assert_eq!(again.header("etag"), Some(tag.as_str()));
        assert_eq!(
            with_header(&media, link, "if-none-match", "\"x\"")
                .await
                .status,
            200
        );
        let head = media.app.request("HEAD", link).await;
        assert_eq!(head.status, 200);
        let length = answer.body.len().to_string();
        assert_eq!(head.header("content-length"), Some(length.as_str()));
        tags.push(tag);
    }
    assert_ne!(tags[0], tags[1]);
    media.finish().await;
}

#[tokio::test]
async fn ranges_are_served_and_what_lies_outside_is_416() {
    let media = Media::start().await;
    let ada = media.user();
    let (_, link) = one(&media, &ada).await;
    let whole = media.get(None, &link).await;
    let length = whole.body.len();
    let tag = whole.header("etag").unwrap();
    for (range, expected) in [
        ("bytes=0-0".to_owned(), 0..1),
        ("bytes=10-19".to_owned(), 10..20),
        (format!("bytes={}-", length - 1), length - 1..length),
        ("bytes=-5".to_owned(), length - 5..length),
        (format!("bytes=5-{}", u64::MAX), 5..length),
    ] {
        let part = with_header(&media, &link, "range", &range).await;
        assert_eq!(part.status, 206, "{range}");
        let said = format!("bytes {}-{}/{length}", expected.start, expected.end - 1);
        assert_eq!(part.header("content-range"), Some(said.as_str()));
        assert_eq!(part.body, whole.body[expected]);
    }
    for range in [format!("bytes={length}-"), "bytes=-0".to_owned()] {
        let answer = with_header(&media, &link, "range", &range).await;
        answer.problem(416, "range_not_satisfiable");
        let said = format!("bytes */{length}");
        assert_eq!(answer.header("content-range"), Some(said.as_str()));
    }
    for range in [
        "bytes=0-0,2-3",
        "bytes=0-9,0-9,0-9",
        "bytes=9-3",
        "lines=1-2",
        "bytes=x",
    ] {
        let all = with_header(&media, &link, "range", range).await;
        assert_eq!((all.status, all.body.len()), (200, length), "{range}");
    }
    let known = media
        .app
        .get(&link)
        .header("range", "bytes=0-1")
        .header("if-range", tag)
        .await;
    assert_eq!(known.status, 206);
    let other = media
        .app
        .get(&link)
        .header("range", "bytes=0-1")
        .header("if-range", "\"x\"")
        .await;
    assert_eq!((other.status, other.body.len()), (200, length));
    media.finish().await;
}

#[tokio::test]
async fn a_file_is_opened_by_its_owner_or_by_a_link_and_by_nobody_else() {
    let media = Media::start().await;
    let (ada, ben) = (media.user(), media.user());
    let (medium, link) = one(&media, &ada).await;
    let (other, _) = one(&media, &ben).await;
    let (path, query) = link.split_once('?').unwrap();
    let small = format!("/v1/media/{}/thumbnail/small", id_of(&medium));
    for path in [path, small.as_str()] {
        assert_eq!(media.get(Some(&ada), path).await.status, 200);
        media.get(Some(&ben), path).await.problem(404, "not_found");
        media.get(None, path).await.problem(404, "not_found");
    }
    assert_eq!(media.get(Some(&ben), &link).await.status, 200);
    let of_other = format!("/v1/media/{}/content?{query}", id_of(&other));
    media.get(None, &of_other).await.problem(404, "not_found");
    media
        .get(None, &format!("{small}?{query}"))
        .await
        .problem(404, "not_found");
    let changed = link.replace("expires=", "expires=1");
    media.get(None, &changed).await.problem(404, "not_found");
    let mut signed = link.clone();
    let last = signed.pop().unwrap();
    signed.push(if last == 'A' { 'E' } else { 'A' });
    media.get(None, &signed).await.problem(404, "not_found");
    let forged = media.app.get(&link).bearer("a.b.c").await;
    forged.problem(401, "invalid_token");
    for path in [
        format!("/v1/media/{}/content", MediaId::new()),
        format!("/v1/media/{}/thumbnail/huge", id_of(&medium)),
        format!("/v1/media/{}/avatar/64", id_of(&medium)),
    ] {
        media.get(Some(&ada), &path).await.problem(404, "not_found");
    }
    assert_eq!(media.get(None, "/v1/media/7/content").await.status, 400);
    media.finish().await;
}

#[tokio::test]
async fn a_link_is_over_after_twice_its_life_and_begins_as_it_is_told() {
    let stack = Stack::new().await.with("NOVA_MEDIA_LINK_TTL", "1s");
    let stack = stack.with("NOVA_MEDIA_URL", "https://cdn.example/nova/");
    let media = Media::start_on(stack).await;
    let ada = media.user();
    let (medium, link) = one(&media, &ada).await;
    let link = link.strip_prefix("https://cdn.example/nova").unwrap();
    nova_testkit::eventually("the link is over", async || {
        media.get(None, link).await.status == 404
    })
    .await;
    let small = medium["thumbnails"]["small"].as_str().unwrap();
    assert!(
        small.starts_with("https://cdn.example/nova/v1/media/"),
        "{small}"
    );
    media.finish().await;
}

#[tokio::test]
async fn what_is_still_being_read_is_409_to_its_owner() {
    let media = Media::start().await;
    let (ada, ben) = (media.user(), media.user());
    let (medium, _) = one(&media, &ada).await;
    sqlx::query("UPDATE media SET state = 'processing', blob_id = NULL, busy_until = 'infinity'")
        .execute(&media.pool)
        .await
        .unwrap();
    let path = format!("/v1/media/{}/content", id_of(&medium));
    let answer = media.get(Some(&ada), &path).await;
    answer.problem(409, "media_processing");
    assert_eq!(answer.header("retry-after"), Some("1"));
    media.get(Some(&ben), &path).await.problem(404, "not_found");
    media.finish().await;
}
