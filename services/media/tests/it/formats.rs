//! Every format that is taken, with all that a file of it can tell of people.

use nova_testkit::Stack;
use serde_json::Value;

use crate::made;
use crate::media::{Media, User};
use crate::people::tells;

/// Writes what is served where a program can look at it.
async fn served(media: &Media, link: &Value, name: &str) -> tempfile::NamedTempFile {
    let answer = media.get(None, link.as_str().unwrap()).await;
    assert_eq!(answer.status, 200, "{name}");
    let extension = answer.header("content-type").unwrap();
    let extension = extension.rsplit('/').next().unwrap();
    let mut file = tempfile::Builder::new();
    let file = file.suffix(&format!(".{extension}")).tempfile().unwrap();
    std::fs::write(file.path(), &answer.body).unwrap();
    for secret in made::SECRETS {
        let secret = secret.as_bytes();
        let told = answer.body.windows(secret.len()).any(|some| some == secret);
        assert!(!told, "{name} tells a secret");
    }
    file
}

/// What is served of a medium, file and thumbnails.
fn links(medium: &Value) -> Vec<Value> {
    let mut links = vec![medium["url"].clone()];
    let small = medium["thumbnails"].as_object().into_iter().flatten();
    links.extend(small.map(|(_, link)| link.clone()));
    links.retain(|link| !link.is_null());
    links
}

async fn check(media: &Media, owner: &User, name: &str, file: &[u8]) {
    let medium = media.shown(owner, &[], file).await;
    assert_eq!(medium["state"], "ready", "{name}: {medium}");
    let links = links(&medium);
    let pictures = if medium["type"] == "IMAGE" { 4 } else { 1 };
    assert!(links.len() >= pictures, "{name}: {medium}");
    for link in links {
        let file = served(media, &link, name).await;
        let told = tells(file.path());
        assert!(told.is_empty(), "{name} tells {told:#?}");
    }
}

#[tokio::test]
async fn nothing_that_is_served_tells_of_a_place_a_device_or_a_person() {
    let media = Media::start_on(Stack::new().await).await;
    let ada = media.user();
    for (name, format, file) in made::all() {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), &file).unwrap();
        assert!(
            !tells(path.path()).is_empty(),
            "{name} tells nothing to begin with: {format:?}"
        );
        check(&media, &ada, name, &file).await;
    }
    media.finish().await;
}
