//! What a user is given of their media.

use nova_ids::ExportId;
use nova_proto::identity::v1::ExportRequested;
use nova_proto::media::v1::MediaExported;
use nova_testkit::eventually;
use serde_json::Value;

use crate::media::{Media, id_of, png};

#[tokio::test]
async fn a_user_is_given_all_of_their_media_and_nobody_else_s() {
    let media = Media::start().await;
    let (ada, ben) = (media.user(), media.user());
    let mut expected = Vec::new();
    for number in 0..3 {
        let medium = media.shown(&ada, &[("alt", "mine")], &png(number)).await;
        expected.push(id_of(&medium).to_owned());
    }
    media.shown(&ben, &[], &png(1)).await;
    let export = ExportId::new();
    let asked = ExportRequested {
        user_id: ada.id.to_string(),
        export_id: export.to_string(),
        requested_at: None,
    };
    media.stack.publish(&asked).await;
    let told = eventually("all is told", async || {
        let told = media.stack.published::<MediaExported>().await;
        if told.is_empty() { Err(()) } else { Ok(told) }
    })
    .await;
    assert_eq!(told.len(), 1);
    let part = &told[0].event;
    assert_eq!((part.number, part.last), (1, true));
    assert_eq!(
        (&part.user_id, &part.export_id),
        (&ada.id.to_string(), &export.to_string())
    );
    let items: Vec<Value> = serde_json::from_slice(&part.content).unwrap();
    let ids: Vec<&str> = items.iter().map(id_of).collect();
    assert_eq!(ids, expected);
    assert_eq!(items[0]["alt"], "mine");
    let url = items[0]["url"].as_str().unwrap();
    assert!(!url.contains("signature"), "{url}");
    media.finish().await;
}
