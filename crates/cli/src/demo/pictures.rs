//! Pictures: painted, uploaded, posted, and opened by a follower.

use std::io::Cursor;
use std::time::Duration;

use anyhow::{Context, bail};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use super::script::{PICTURES, Picture};
use super::{Api, User, said, text};
use crate::progress::Progress;

/// How long a picture may take to be read, and to come into a feed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Pixels.
const WIDTH: u32 = 480;
const HEIGHT: u32 = 320;
/// Where the sea begins.
const HORIZON: u32 = 210;
/// Of the sun.
const RADIUS: u32 = 40;
const SUNLIGHT: [u8; 3] = [255, 236, 170];

/// Posts the pictures that have not been posted yet, and opens each from the feed of the first user, who follows
/// everybody; how many that were.
///
/// # Errors
/// When the platform refuses something, or a picture does not come into the feed.
pub(super) async fn show(api: &Api, users: &[User], progress: &Progress) -> anyhow::Result<usize> {
    let follower = users.first().context("nobody is there to look")?;
    let mut shown = 0;
    for picture in &PICTURES {
        let author = users.get(picture.author);
        let author = author.context("the script names somebody who is not there")?;
        if said(api, author).await?.contains(picture.content) {
            continue;
        }
        let (post, medium) = post(api, author, picture).await?;
        until_ready(api, author, &medium).await?;
        let link = link_in_feed(api, follower, &post).await?;
        let opened = api.open(&link).await?;
        progress.say(
            "demo",
            format_args!(
                "a follower opened {:?}: {}, {} bytes",
                picture.content, opened.media_type, opened.size
            ),
        );
        shown += 1;
    }
    Ok(shown)
}

/// The ids of the post and of its medium, which may still be read: nobody has to wait for that to post.
async fn post(api: &Api, author: &User, picture: &Picture) -> anyhow::Result<(String, String)> {
    let token = &author.token;
    let medium = api.upload(token, picture.alt, &painted(picture)?).await?;
    let medium = text(&medium.expect(201)?["id"])?;
    let body = json!({ "content": picture.content, "tags": ["demo"], "media_ids": [medium] });
    let post = api.call("POST", "/v1/posts", Some(token), Some(&body));
    let post = post.await?.expect(201)?;
    Ok((text(&post["id"])?, medium))
}

/// A sun over the sea, as a PNG. What is flat is small in it: a few kilobytes.
fn painted(picture: &Picture) -> anyhow::Result<Vec<u8>> {
    let pixels = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (across, down) = (x.abs_diff(WIDTH / 2), y.abs_diff(picture.sun));
        Rgb(if y >= HORIZON {
            picture.sky.map(|light| light / 2)
        } else if across.pow(2) + down.pow(2) < RADIUS.pow(2) {
            SUNLIGHT
        } else {
            picture.sky
        })
    });
    let mut file = Cursor::new(Vec::new());
    pixels.write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner())
}

async fn until_ready(api: &Api, author: &User, medium: &str) -> anyhow::Result<()> {
    let path = format!("/v1/media/{medium}");
    seen("the picture is ready", async || {
        let medium = api.call("GET", &path, Some(&author.token), None).await?;
        let medium = medium.expect(200)?;
        match medium["state"].as_str() {
            Some("ready") => Ok(Some(())),
            Some("processing") => Ok(None),
            _ => bail!("the picture cannot be shown: {}", medium["failure"]),
        }
    })
    .await
}

/// The link of the post's first medium, once it is in the follower's feed.
async fn link_in_feed(api: &Api, follower: &User, post: &str) -> anyhow::Result<String> {
    seen("the picture is in the feed", async || {
        let feed = api.call("GET", "/v1/feed", Some(&follower.token), None);
        let feed = feed.await?.expect(200)?;
        let items = feed["items"].as_array().context("a page without items")?;
        let item = items.iter().find(|item| item["post"]["id"] == post);
        let link = item.map(|item| &item["post"]["media"][0]["url"]);
        Ok(link.and_then(Value::as_str).map(str::to_owned))
    })
    .await
}

/// Looks again and again until it has happened; what was seen then.
///
/// # Errors
/// Those of a look, and when it has not happened within [`PATIENCE`].
async fn seen<T>(
    what: &str,
    look: impl AsyncFn() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let looking = async {
        loop {
            if let Some(seen) = look().await? {
                return Ok(seen);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, looking).await;
    in_time.with_context(|| format!("not seen within {PATIENCE:?}: {what}"))?
}
