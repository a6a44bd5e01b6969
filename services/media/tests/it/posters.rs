//! Videos and their posters.

use std::process::Command;

use image::GenericImageView as _;
use nova_proto::media::v1::MediaUploaded;
use nova_testkit::Stack;
use serde_json::{Value, json};

use crate::made;
use crate::media::{Media, User};

/// Half of it red and half of it blue, as these options encode it.
fn video(extension: &str, options: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("video.{extension}"));
    let picture = "color=c=red:size=480x360:rate=10:duration=2[a];\
                   color=c=blue:size=480x360:rate=10:duration=2[b];[a][b]hstack";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-filter_complex", picture])
        .args(options)
        .arg(&path)
        .output()
        .unwrap_or_else(|error| panic!("ffmpeg, of the package of that name: {error}"));
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    std::fs::read(path).unwrap()
}

/// A video that says of itself that it is shown turned by a quarter.
fn turned() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let lying = folder.path().join("lying.mp4");
    std::fs::write(
        &lying,
        video("mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]),
    )
    .unwrap();
    let path = folder.path().join("turned.mp4");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&lying)
        .args(["-c", "copy", "-metadata:s:v", "rotate=90"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::read(path).unwrap()
}

async fn thumbnail(media: &Media, medium: &Value, name: &str) -> image::DynamicImage {
    let link = medium["thumbnails"][name].as_str();
    let link = link.unwrap_or_else(|| panic!("no {name} thumbnail: {medium}"));
    let answer = media.get(None, link).await;
    assert_eq!(answer.header("content-type"), Some("image/webp"));
    image::load_from_memory(&answer.body).unwrap()
}

async fn shown(media: &Media, owner: &User, file: &[u8]) -> Value {
    let medium = media.shown(owner, &[], file).await;
    assert_eq!(medium["state"], "ready", "{medium}");
    assert_eq!(medium["type"], "VIDEO", "{medium}");
    medium
}

#[tokio::test]
async fn a_video_is_shown_by_a_picture_of_it() {
    let media = Media::start().await;
    let ada = media.user();
    let full = [
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuvj420p",
        "-color_range",
        "pc",
    ];
    let videos = [
        (
            "mp4",
            video("mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]),
        ),
        // Of which a rival says that it is no video: mastodon/mastodon #21355.
        ("mp4 of the full range", video("mp4", &full)),
        (
            "mp4 with its index in front",
            video("mp4", &["-c:v", "mpeg4", "-movflags", "+faststart"]),
        ),
        (
            "mov",
            video("mov", &["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]),
        ),
        ("webm", video("webm", &["-c:v", "libvpx", "-b:v", "200k"])),
    ];
    for (name, file) in videos {
        let medium = shown(&media, &ada, &file).await;
        assert_eq!(
            (&medium["width"], &medium["height"]),
            (&json!(960), &json!(360)),
            "{name}"
        );
        assert!(medium["blurhash"].is_string(), "{name}: {medium}");
        let picture = thumbnail(&media, &medium, "small").await;
        assert_eq!(picture.dimensions(), (320, 120), "{name}");
        let [left, right] = [20, 300].map(|x| picture.get_pixel(x, 60).0);
        assert!(left[0] > 180 && left[2] < 80, "{name}: {left:?} is not red");
        assert!(
            right[2] > 180 && right[0] < 80,
            "{name}: {right:?} is not blue"
        );
        // Never enlarged.
        assert_eq!(
            thumbnail(&media, &medium, "large").await.dimensions(),
            (960, 360)
        );
    }
    for uploaded in media.published::<MediaUploaded>().await {
        assert!(uploaded.event.thumbnail_url.ends_with("/thumbnail/small"));
        assert_eq!(uploaded.event.thumbnails.len(), 3);
    }
    media.finish().await;
}

#[tokio::test]
async fn a_video_that_is_shown_turned_has_a_poster_that_is_turned() {
    let media = Media::start().await;
    let ada = media.user();
    let medium = shown(&media, &ada, &turned()).await;
    let picture = thumbnail(&media, &medium, "small").await;
    assert_eq!(picture.dimensions(), (120, 320));
    media.finish().await;
}

/// Rivals refuse videos where the program is missing: mastodon/mastodon #31641.
#[tokio::test]
async fn without_the_program_a_video_has_no_thumbnail_and_all_else() {
    for program in ["off", "/nowhere/ffmpeg", "false"] {
        let stack = Stack::new().await.with("NOVA_MEDIA_FFMPEG", program);
        let media = Media::start_on(stack).await;
        let ada = media.user();
        let file = video("mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]);
        let medium = shown(&media, &ada, &file).await;
        assert_eq!(medium["duration_seconds"], 2);
        assert_eq!(medium["thumbnails"], Value::Null);
        let link = medium["url"].as_str().unwrap();
        assert_eq!(media.get(None, link).await.status, 200);
        media.finish().await;
    }
}

/// 500 for want of a picture is what rivals' users met: mastodon/mastodon #26170, #26961.
#[tokio::test]
async fn a_video_of_which_no_picture_can_be_had_is_shown_without() {
    let media = Media::start().await;
    let ada = media.user();
    let medium = shown(&media, &ada, &made::mp4::filled()).await;
    assert_eq!(medium["thumbnails"], Value::Null);
    let link = format!(
        "/v1/media/{}/thumbnail/small",
        medium["id"].as_str().unwrap()
    );
    assert_eq!(media.get(Some(&ada), &link).await.status, 404);
    media.finish().await;
}
