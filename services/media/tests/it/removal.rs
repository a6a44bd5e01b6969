//! Nothing stays that nobody needs.

use nova_testkit::{Stack, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use crate::media::{Media, large_png, png};
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

#[tokio::test]
async fn what_still_comes_of_an_upload_that_has_ended_goes_too() {
    let media = Media::start().await;
    let ada = media.user();
    let place = nova_media::clients::Place::read(&mut media.stack.env()).unwrap();
    let piece = nova_media::clients::FileStore::open(&place)
        .unwrap()
        .piece_bytes();
    // Little follows the piece, so that the service reads it all before it closes the connection.
    let file = large_png((piece >> 20) as u32 + 3, 8);
    let (place, _) = tus::begun(&media, &ada, file.len()).await;
    // One that sends more while another ends the upload, as an impatient user does.
    let (begin, rest) = file.split_at(piece as usize);
    let whole = (0, file.len());
    let more = "connection: close\r\n";
    let mut sending = tus::raw_patch(&media, &ada, &place, whole, more, begin).await;
    eventually("a piece is there", async || {
        tus::offset(&tus::head(&media, &ada, &place).await) == piece
    })
    .await;
    let end = media.app.delete(&place).bearer(&ada.token);
    end.header("tus-resumable", "1.0.0").await.expect(204);
    sending.write_all(rest).await.unwrap();
    let mut answer = Vec::new();
    sending.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.contains("upload_busy"), "{answer}");
    media.folders_are(0).await;
    media.finish().await;
}

/// One folder that cannot be removed is not what others wait for.
#[tokio::test]
async fn what_cannot_be_removed_holds_nobody_up() {
    let media = Media::start().await;
    if !media.stack.media_folder().exists() {
        return media.finish().await;
    }
    let ada = media.user();
    let [stuck, other] = [Uuid::now_v7(), Uuid::now_v7()];
    // Where a folder should be stands a file, which is no folder to be removed.
    std::fs::write(
        media.stack.media_folder().join(stuck.to_string()),
        b"a file",
    )
    .unwrap();
    std::fs::create_dir(media.stack.media_folder().join(other.to_string())).unwrap();
    let mut tx = media.pool.begin().await.unwrap();
    for (folder, seconds) in [(stuck, 2.0), (other, 1.0)] {
        sqlx::query(
            "INSERT INTO folders (id, owner_id, remove_at)
             VALUES ($1, $2, now() - make_interval(secs => $3))",
        )
        .bind(folder)
        .bind(ada.id.uuid())
        .bind(seconds)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    eventually("the other one is removed", async || {
        let known: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM folders")
            .fetch_all(&media.pool)
            .await
            .unwrap();
        if known == [stuck] { Ok(()) } else { Err(known) }
    })
    .await;
    media.finish().await;
}

/// What is still written when its upload ends goes with it, whoever dies then.
#[tokio::test]
async fn a_folder_waits_for_whose_turn_it_is_to_write_into_it() {
    let media = Media::start().await;
    let ada = media.user();
    let begun = tus::begin(&media, &ada, 1_000, "").await;
    let place = begun.header("location").unwrap().to_owned();
    // Another replica has its turn, and dies: nobody gives it back.
    sqlx::query("UPDATE uploads SET writer = $1, writer_until = now() + interval '1 hour'")
        .bind(Uuid::now_v7())
        .execute(&media.pool)
        .await
        .unwrap();
    let ended = media.app.delete(&place).bearer(&ada.token);
    ended.header("tus-resumable", "1.0.0").await.expect(204);
    let removed_at_its_end: bool =
        sqlx::query_scalar("SELECT remove_at = (SELECT writer_until FROM uploads) FROM folders")
            .fetch_one(&media.pool)
            .await
            .unwrap();
    assert!(removed_at_its_end);
    media.finish().await;
}
