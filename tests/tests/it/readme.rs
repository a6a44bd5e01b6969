//! The conversations in the README, as written.

use std::process::Stdio;

use nova_proto::media::v1::MediaUploaded;
use nova_tests::Nova;
use nova_tests::checks::text;
use serde_json::Value;
use tokio::process::Command;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
/// Each stands before a conversation; the second goes on where the first has ended.
const MARKERS: [&str; 2] = ["<!-- conversation -->", "<!-- conversation: a picture -->"];
/// Where `./scripts/up` listens.
const ADDRESS: &str = "http://127.0.0.1:8080";

/// Seconds after which they are cut short: they wait for what may never be there.
const LIMIT: &str = "120";

/// The first fenced block after the marker.
fn conversation(marker: &str) -> String {
    let readme = std::fs::read_to_string(README).expect("a README.md");
    let (_, after) = readme
        .split_once(marker)
        .unwrap_or_else(|| panic!("no {marker} in README.md"));
    let (_, fenced) = after
        .split_once("```")
        .expect("a fenced block after the marker");
    let (language, block) = fenced.split_once('\n').expect("a block");
    assert!(
        ["bash", "sh", "shell"].contains(&language.trim()),
        "{marker} stands before a block of {language:?}"
    );
    let (block, _) = block.split_once("\n```").expect("the end of the block");
    block.to_owned()
}

/// Every page of a feed that is somewhere in what was printed.
fn feeds_in(printed: &str) -> Vec<Value> {
    let starts = printed
        .char_indices()
        .filter(|(_, character)| *character == '{')
        .map(|(at, _)| at);
    let values = starts.filter_map(|at| {
        serde_json::Deserializer::from_str(&printed[at..])
            .into_iter()
            .next()?
            .ok()
    });
    values
        .filter(|value: &Value| value["items"].is_array())
        .collect()
}

#[tokio::test]
async fn the_conversations_end_with_the_post_in_the_feed_and_its_picture_opened() {
    let script = MARKERS.map(conversation).join("\n");
    assert!(
        script.contains(ADDRESS),
        "the conversations are not with {ADDRESS}"
    );
    let nova = Nova::start().await;
    let script = script.replace(ADDRESS, &nova.base_url);
    let output = Command::new("timeout")
        .args([LIMIT, "bash", "-c"])
        .arg(&script)
        .stdin(Stdio::null())
        .env("no_proxy", "*")
        .output()
        .await
        .expect("timeout runs");
    let (printed, complaints) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{}\n{printed}\n{complaints}",
        output.status
    );

    let feeds = feeds_in(&printed);
    let last = feeds
        .last()
        .unwrap_or_else(|| panic!("no feed in: {printed}\n{complaints}"));
    let items = last["items"].as_array().expect("items");
    assert!(!items.is_empty(), "the feed is empty: {printed}");
    for item in items {
        let content = text(&item["post"]["content"]);
        assert!(
            script.contains(content),
            "{content:?} was not posted in the conversation"
        );
    }
    let opened = printed.lines().last().unwrap_or_default();
    assert!(
        opened.starts_with("200 image/"),
        "the link opened {opened:?}: {printed}\n{complaints}"
    );

    // The link was in the feed, so this has been told.
    let uploaded = nova.stack().published::<MediaUploaded>().await;
    let [event] = uploaded.as_slice() else {
        panic!("one picture was uploaded, and told of: {uploaded:?}");
    };
    assert!(
        printed.contains(&event.media_id),
        "{} was not posted: {printed}",
        event.media_id
    );
    nova.finish().await;
}
