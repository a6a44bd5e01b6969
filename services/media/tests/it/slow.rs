//! Whoever falls silent in the middle of a file is answered, and what had come is not lost.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::media::{Media, form, form_type, large_png};
use crate::tus;

/// Sends a head and a part of what it announces, and waits for the answer.
async fn begin_only(media: &Media, head: &str, part: &[u8]) -> String {
    let address = media.app.base_url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{head}\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(part).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_form_that_stops_is_answered_and_leaves_nothing() {
    let media = Media::start().await;
    let ada = media.user();
    let file = large_png(1, 6);
    let body = form(&[("alt", "half of it")], &[&file]);
    let head = format!(
        "POST /v1/media HTTP/1.1\r\nauthorization: Bearer {}\r\ncontent-type: {}\r\ncontent-length: {}",
        ada.token,
        form_type(),
        body.len()
    );
    let answer = begin_only(&media, &head, &body[..body.len() / 2]).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("too_slow"), "{answer}");
    media.folders_are(0).await;
    media.finish().await;
}

#[tokio::test]
async fn a_piece_that_stops_is_answered_and_what_came_of_it_counts() {
    let media = Media::start().await;
    let ada = media.user();
    let file = large_png(1, 7);
    let (place, id) = tus::begun(&media, &ada, file.len()).await;
    let head = format!(
        "PATCH {place} HTTP/1.1\r\nauthorization: Bearer {}\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {}",
        ada.token,
        file.len()
    );
    let half = file.len() / 2;
    let answer = begin_only(&media, &head, &file[..half]).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("too_slow"), "{answer}");
    assert_eq!(
        tus::offset(&tus::head(&media, &ada, &place).await),
        half as u64
    );
    tus::send(&media, &ada, &place, half as u64, &file[half..])
        .await
        .expect(204);
    let medium = media.read(&ada, &id).await;
    let opened = media.get(None, medium["url"].as_str().unwrap()).await;
    assert!(opened.body == file);
    media.finish().await;
}
