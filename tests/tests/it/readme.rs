//! The first conversation in the README, as written.

use std::process::Stdio;

use nova_tests::Nova;
use nova_tests::checks::text;
use serde_json::Value;
use tokio::process::Command;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
const MARKER: &str = "<!-- conversation -->";
/// Where `./scripts/up` listens.
const ADDRESS: &str = "http://127.0.0.1:8080";

/// The first fenced block after the marker.
fn conversation() -> String {
    let readme = std::fs::read_to_string(README).expect("a README.md");
    let (_, after) = readme
        .split_once(MARKER)
        .unwrap_or_else(|| panic!("no {MARKER} in README.md"));
    let (_, fenced) = after
        .split_once("```")
        .expect("a fenced block after the marker");
    let (language, block) = fenced.split_once('\n').expect("a block");
    assert!(
        ["bash", "sh", "shell"].contains(&language.trim()),
        "{MARKER} stands before a block of {language:?}"
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
async fn the_conversation_ends_with_the_post_in_the_feed() {
    let script = conversation();
    assert!(
        script.contains(ADDRESS),
        "the conversation is not with {ADDRESS}"
    );
    let nova = Nova::start().await;
    let script = script.replace(ADDRESS, &nova.base_url);
    let output = Command::new("bash")
        .arg("-c")
        .arg(&script)
        .stdin(Stdio::null())
        .env("no_proxy", "*")
        .output()
        .await
        .expect("bash runs");
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
    nova.finish().await;
}
