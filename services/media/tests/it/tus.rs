//! Files that come in pieces.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nova_testkit::{Answer, eventually};
use serde_json::json;

use crate::media::{Media, User, large_png, png};

/// `POST /v1/media/uploads`
pub(crate) async fn begin(media: &Media, owner: &User, length: u64, metadata: &str) -> Answer {
    let request = media
        .app
        .post("/v1/media/uploads")
        .bearer(&owner.token)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", length.to_string());
    if metadata.is_empty() {
        request.await
    } else {
        request.header("upload-metadata", metadata).await
    }
}

/// `PATCH`
pub(crate) async fn send(
    media: &Media,
    owner: &User,
    place: &str,
    offset: u64,
    bytes: &[u8],
) -> Answer {
    media
        .app
        .patch(place)
        .bearer(&owner.token)
        .header("tus-resumable", "1.0.0")
        .header("content-type", "application/offset+octet-stream")
        .header("upload-offset", offset.to_string())
        .body(bytes)
        .await
}

pub(crate) async fn head(media: &Media, owner: &User, place: &str) -> Answer {
    let request = media.app.request("HEAD", place).bearer(&owner.token);
    request.header("tus-resumable", "1.0.0").await
}

pub(crate) fn offset(answer: &Answer) -> u64 {
    answer.header("upload-offset").unwrap().parse().unwrap()
}

pub(crate) async fn begun(media: &Media, owner: &User, length: usize) -> (String, String) {
    let answer = begin(media, owner, length as u64, "").await;
    answer.expect(201);
    let place = answer.header("location").unwrap().to_owned();
    let id = place.rsplit('/').next().unwrap().to_owned();
    (place, id)
}

#[tokio::test]
async fn a_file_comes_in_pieces_to_whichever_replica() {
    let media = Media::start().await;
    let ada = media.user();
    let other = Media {
        stack: nova_testkit::Stack::new().await,
        app: media.stack.start(nova_media::service).await,
        pool: media.pool.clone(),
    };
    let file = large_png(3, 1);
    let metadata = format!(
        "filename {},alt {},other",
        STANDARD.encode("../a\0b.png"),
        STANDARD.encode("what is seen")
    );
    let answer = begin(&media, &ada, file.len() as u64, &metadata).await;
    answer.expect(201);
    assert_eq!(answer.header("tus-resumable"), Some("1.0.0"));
    assert!(answer.header("upload-expires").unwrap().ends_with(" GMT"));
    let place = answer.header("location").unwrap().to_owned();
    let mut at = 0;
    for (number, length) in [1, 7, 30_000, 1_000_000, 10_000_000]
        .into_iter()
        .enumerate()
    {
        let piece = &file[at..file.len().min(at + length)];
        let replica = if number % 2 == 0 { &media } else { &other };
        let answer = send(replica, &ada, &place, at as u64, piece).await;
        answer.expect(204);
        at += piece.len();
        assert_eq!(offset(&answer), at as u64);
        let told = head(&media, &ada, &place).await;
        assert_eq!((told.status, offset(&told)), (200, at as u64));
        assert_eq!(
            told.header("upload-length"),
            Some(file.len().to_string().as_str())
        );
        assert_eq!(told.header("cache-control"), Some("no-store"));
        if at < file.len() {
            assert_eq!(told.header("upload-metadata"), Some(metadata.as_str()));
        }
    }
    let id = place.rsplit('/').next().unwrap();
    let medium = media.read(&ada, id).await;
    assert_eq!(
        (&medium["state"], &medium["alt"]),
        (&json!("ready"), &json!("what is seen"))
    );
    let opened = media.get(None, medium["url"].as_str().unwrap()).await;
    assert!(opened.body == file);
    // Who has not heard of the end asks, and may send the nothing that is left.
    assert_eq!(offset(&head(&media, &ada, &place).await), file.len() as u64);
    send(&media, &ada, &place, file.len() as u64, b"")
        .await
        .expect(204);
    send(&media, &ada, &place, 0, b"")
        .await
        .problem(409, "wrong_offset");
    media.folders_are(1).await;
    media.finish().await;
    other.stack.finish().await;
}

#[tokio::test]
async fn the_first_piece_may_come_at_once_and_all_of_it() {
    let media = Media::start().await;
    let ada = media.user();
    let file = png(1);
    let answer = media
        .app
        .post("/v1/media/uploads")
        .bearer(&ada.token)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", file.len().to_string())
        .header("content-type", "application/offset+octet-stream")
        .body(file.clone())
        .await;
    answer.expect(201);
    assert_eq!(offset(&answer), file.len() as u64);
    let place = answer.header("location").unwrap();
    let medium = media.read(&ada, place.rsplit('/').next().unwrap()).await;
    assert_eq!(medium["state"], "ready");
    media.finish().await;
}

#[tokio::test]
async fn a_checksum_takes_all_of_a_piece_or_nothing() {
    let media = Media::start().await;
    let ada = media.user();
    let file = png(1);
    let (place, id) = begun(&media, &ada, file.len()).await;
    let send = async |checksum: &str, bytes: &[u8]| {
        media
            .app
            .patch(&place)
            .bearer(&ada.token)
            .header("tus-resumable", "1.0.0")
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", "0")
            .header("upload-checksum", checksum)
            .body(bytes)
            .await
    };
    let sum = STANDARD.encode(aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        &file,
    ));
    let checksum = format!("sha1 {sum}");
    let mut torn = file.clone();
    torn[40] ^= 1;
    send(&checksum, &torn)
        .await
        .problem(460, "checksum_mismatch");
    assert_eq!(offset(&head(&media, &ada, &place).await), 0);
    for wrong in [
        "sha1",
        "sha1 x",
        "md5 1B2M2Y8AsgTpgAmY7PhCfg==",
        "sha1 AAAA",
        "",
    ] {
        assert_eq!(send(wrong, &file).await.status, 400, "{wrong}");
    }
    send(&checksum, &file).await.expect(204);
    assert_eq!(media.read(&ada, &id).await["state"], "ready");
    media.folders_are(1).await;
    media.finish().await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    let media = Media::start().await;
    let (ada, ben) = (media.user(), media.user());
    let file = png(1);
    let (place, _) = begun(&media, &ada, file.len()).await;
    send(&media, &ada, &place, 0, &file[..40]).await.expect(204);
    send(&media, &ada, &place, 0, &file[..40])
        .await
        .problem(409, "wrong_offset");
    send(&media, &ada, &place, 41, &file[41..])
        .await
        .problem(409, "wrong_offset");
    let mut long = file[40..].to_vec();
    long.push(0);
    send(&media, &ada, &place, 40, &long)
        .await
        .problem(413, "payload_too_large");
    send(&media, &ben, &place, 40, &file[40..])
        .await
        .problem(404, "not_found");
    assert_eq!(head(&media, &ben, &place).await.status, 404);
    let patch = || media.app.patch(&place).bearer(&ada.token);
    let old = patch().header("tus-resumable", "0.2.2").body(b"").await;
    old.problem(412, "unsupported_version");
    assert_eq!(old.header("tus-version"), Some("1.0.0"));
    patch().body(b"").await.problem(412, "unsupported_version");
    let text = patch()
        .header("tus-resumable", "1.0.0")
        .header("content-type", "text/plain");
    text.body(b"x").await.problem(415, "unsupported_media_type");
    for wrong in ["", "x", "-1", "+40", "40 ", "99999999999999999999"] {
        let answer = patch()
            .header("tus-resumable", "1.0.0")
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", wrong)
            .body(b"")
            .await;
        // A space at the end is none in HTTP.
        assert_eq!(
            answer.status,
            if wrong == "40 " { 204 } else { 400 },
            "{wrong}"
        );
    }
    assert_eq!(offset(&head(&media, &ada, &place).await), 40);
    send(&media, &ada, &place, 40, &file[40..])
        .await
        .expect(204);
    media.finish().await;
}

#[tokio::test]
async fn what_cannot_become_anything_is_not_begun() {
    let media = Media::start().await;
    let ada = media.user();
    begin(&media, &ada, 0, "")
        .await
        .problem(400, "validation_failed");
    begin(&media, &ada, 200 << 20, "").await.expect(201);
    begin(&media, &ada, (200 << 20) + 1, "")
        .await
        .problem(413, "payload_too_large");
    for metadata in [
        "alt !!!",
        "alt YQ==,alt YQ==",
        "purpose Ym90aA==",
        "post_id Nw==",
        "alt /w==",
    ] {
        let answer = begin(&media, &ada, 10, metadata).await;
        answer.problem(400, "validation_failed");
    }
    let deferred = media.app.post("/v1/media/uploads").bearer(&ada.token);
    let deferred = deferred.header("tus-resumable", "1.0.0");
    deferred
        .header("upload-defer-length", "1")
        .await
        .problem(400, "validation_failed");
    let options = media
        .app
        .request("OPTIONS", "/v1/media/uploads")
        .bearer(&ada.token)
        .await;
    assert_eq!(options.status, 204);
    assert_eq!(
        options.header("tus-max-size"),
        Some((200 << 20).to_string().as_str())
    );
    let extensions = "creation,creation-with-upload,checksum,termination,expiration";
    assert_eq!(options.header("tus-extension"), Some(extensions));
    assert_eq!(
        options.header("tus-checksum-algorithm"),
        Some("sha1,sha256")
    );
    media.finish().await;
}

#[tokio::test]
async fn the_head_answers_the_piece_that_brings_it_and_ends_the_upload() {
    let media = Media::start().await;
    let ada = media.user();
    let (place, id) = begun(&media, &ada, 1_000).await;
    send(&media, &ada, &place, 0, b"PK").await.expect(204);
    let answer = send(&media, &ada, &place, 2, b"\x03\x04 and so on and on").await;
    answer.problem(415, "unsupported_media_type");
    assert_eq!(head(&media, &ada, &place).await.status, 410);
    media
        .get(Some(&ada), &format!("/v1/media/{id}"))
        .await
        .problem(404, "not_found");
    // A picture that is longer than pictures are.
    let (place, _) = begun(&media, &ada, 100 << 20).await;
    let answer = send(&media, &ada, &place, 0, &png(1)).await;
    answer.problem(413, "payload_too_large");
    assert_eq!(head(&media, &ada, &place).await.status, 410);
    // One that ends before its head does.
    let (place, _) = begun(&media, &ada, 20).await;
    let answer = send(&media, &ada, &place, 0, &png(1)[..20]).await;
    answer.problem(415, "unsupported_media_type");
    assert_eq!(head(&media, &ada, &place).await.status, 410);
    media.folders_are(0).await;
    media.finish().await;
}

#[tokio::test]
async fn an_upload_can_be_given_up_and_so_can_what_it_has_become() {
    let media = Media::start().await;
    let ada = media.user();
    let end = async |place: &str| {
        let request = media.app.delete(place).bearer(&ada.token);
        request.header("tus-resumable", "1.0.0").await
    };
    let file = png(1);
    let (place, _) = begun(&media, &ada, file.len()).await;
    send(&media, &ada, &place, 0, &file[..10]).await.expect(204);
    end(&place).await.expect(204);
    assert_eq!(head(&media, &ada, &place).await.status, 410);
    end(&place).await.problem(410, "upload_ended");
    let (place, id) = begun(&media, &ada, file.len()).await;
    send(&media, &ada, &place, 0, &file).await.expect(204);
    media.read(&ada, &id).await;
    end(&place).await.expect(204);
    assert_eq!(head(&media, &ada, &place).await.status, 404);
    end(&place).await.problem(404, "not_found");
    media.folders_are(0).await;
    media.finish().await;
}

/// A request whose body is begun, and perhaps never ended.
pub(crate) async fn raw_patch(
    media: &Media,
    owner: &User,
    place: &str,
    (offset, length): (u64, usize),
    more: &str,
    bytes: &[u8],
) -> tokio::net::TcpStream {
    use tokio::io::AsyncWriteExt as _;
    let address = media.app.base_url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PATCH {place} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         tus-resumable: 1.0.0\r\ncontent-type: application/offset+octet-stream\r\n\
         upload-offset: {offset}\r\ncontent-length: {length}\r\n{more}\r\n",
        owner.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

/// Waits until somebody is sending more of an upload, or nobody is any more.
async fn writers_are(media: &Media, count: i64) {
    eventually("somebody is sending, or nobody", async || {
        let sql = "SELECT count(*) FROM uploads WHERE writer IS NOT NULL";
        let writers = sqlx::query_scalar::<_, i64>(sql);
        writers.fetch_one(&media.pool).await.unwrap() == count
    })
    .await;
}

#[tokio::test]
async fn of_a_torn_piece_what_came_counts() {
    let media = Media::start().await;
    let ada = media.user();
    let file = large_png(1, 3);
    let (place, id) = begun(&media, &ada, file.len()).await;
    let torn = raw_patch(&media, &ada, &place, (0, file.len()), "", &file[..300_000]).await;
    writers_are(&media, 1).await;
    drop(torn);
    writers_are(&media, 0).await;
    let came = offset(&head(&media, &ada, &place).await);
    assert!(came > 0 && came <= 300_000, "{came}");
    let at = usize::try_from(came).unwrap();
    send(&media, &ada, &place, came, &file[at..])
        .await
        .expect(204);
    let medium = media.read(&ada, &id).await;
    let opened = media.get(None, medium["url"].as_str().unwrap()).await;
    assert!(opened.body == file);
    media.finish().await;
}

#[tokio::test]
async fn of_a_torn_piece_with_a_checksum_nothing_counts() {
    let media = Media::start().await;
    let ada = media.user();
    let file = large_png(1, 4);
    let (place, _) = begun(&media, &ada, file.len()).await;
    let checksum = "upload-checksum: sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=\r\n";
    let part = &file[..300_000];
    let torn = raw_patch(&media, &ada, &place, (0, file.len()), checksum, part).await;
    writers_are(&media, 1).await;
    drop(torn);
    writers_are(&media, 0).await;
    assert_eq!(offset(&head(&media, &ada, &place).await), 0);
    send(&media, &ada, &place, 0, &file).await.expect(204);
    media.finish().await;
}

#[tokio::test]
async fn a_second_writer_is_refused_and_a_dead_one_is_followed() {
    let media = Media::start().await;
    let ada = media.user();
    let file = large_png(1, 5);
    let (place, id) = begun(&media, &ada, file.len()).await;
    let first = raw_patch(&media, &ada, &place, (0, file.len()), "", &file[..1_000]).await;
    writers_are(&media, 1).await;
    send(&media, &ada, &place, 0, &file)
        .await
        .problem(409, "upload_busy");
    // As it is when the one that has it is killed, and its time is over.
    media.app.kill().await;
    drop(first);
    let over = "UPDATE uploads SET writer_until = now()";
    sqlx::query(over).execute(&media.pool).await.unwrap();
    let media = Media {
        app: media.stack.start(nova_media::service).await,
        ..media
    };
    send(&media, &ada, &place, 0, &file).await.expect(204);
    let medium = media.read(&ada, &id).await;
    let opened = media.get(None, medium["url"].as_str().unwrap()).await;
    assert!(opened.body == file);
    media.folders_are(1).await;
    media.finish().await;
}
