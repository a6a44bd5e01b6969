//! What a user is given of what only this service knows.

use nova_ids::{ExportId, UserId};
use nova_proto::feed::v1::FeedExported;
use nova_proto::identity::v1::ExportRequested;
use nova_testkit::{Stack, eventually};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::reader::read;

async fn exported(stack: &Stack, user: UserId) -> FeedExported {
    let export_id = ExportId::new().to_string();
    let asks = ExportRequested {
        user_id: user.to_string(),
        export_id: export_id.clone(),
        requested_at: None,
    };
    stack.publish(&asks).await;
    eventually("it is told", async || {
        let events = stack.published::<FeedExported>().await;
        let mut events = events.into_iter().map(|published| published.event);
        events.find(|event| event.export_id == export_id).ok_or(())
    })
    .await
}

#[tokio::test]
async fn a_user_is_told_when_they_last_read_their_feed() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let (reader, other) = (UserId::new(), UserId::new());
    let before = OffsetDateTime::now_utc() - time::Duration::MINUTE;
    read(&stack, &app, reader, 10).await;
    let part = exported(&stack, reader).await;
    assert_eq!(part.user_id, reader.to_string());
    assert_eq!((part.number, part.last), (1, true));
    let items: Value = serde_json::from_slice(&part.content).unwrap();
    let read_at = items[0]["last_read_at"].as_str().unwrap();
    let read_at = OffsetDateTime::parse(read_at, &Rfc3339).unwrap();
    assert!(read_at > before, "{read_at}");
    let part = exported(&stack, other).await;
    assert_eq!((part.number, part.last), (1, true));
    assert_eq!(part.content, b"[]");
    stack.finish().await;
}
