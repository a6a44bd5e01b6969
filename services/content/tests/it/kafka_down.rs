use nova_proto::content::v1::PostCreated;
use nova_testkit::{Stack, eventually};
use serde_json::json;

use crate::content::{Content, path_of};

#[tokio::test]
async fn without_kafka_everything_works_and_the_health_page_says_so() {
    let stack = Stack::new().await;
    let brokers = stack.kafka.brokers.clone();
    // Nothing listens there.
    let content = Content::start_on(stack.with("NOVA_KAFKA", "127.0.0.1:1")).await;
    let ada = content.user();
    let path = path_of(
        &content
            .posted(&ada, json!({"content": "made in the dark"}))
            .await,
    );
    let edit = json!({"content": "edited in the dark"});
    content
        .app
        .patch(&path)
        .bearer(&ada.token)
        .json(edit)
        .await
        .expect(200);
    let page = eventually("the health page says that Kafka is down", async || {
        let page = content.get(None, "/health/ready").await.expect(200);
        if page["dependencies"]["content.kafka-publisher"]["state"] == "down" {
            Ok(page)
        } else {
            Err(page)
        }
    })
    .await;
    assert_eq!(page["status"], "degraded");
    assert_eq!(page["dependencies"]["content.postgres"]["state"], "up");
    assert!(page["dependencies"]["content.kafka-publisher"]["since"].is_string());

    content.app.stop().await;
    let content = Content::start_on(content.stack.with("NOVA_KAFKA", &brokers)).await;
    let created = content.published::<PostCreated>().await;
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].content, "made in the dark");
    eventually("the health page says that Kafka is up", async || {
        let page = content.get(None, "/health/ready").await.expect(200);
        if page["dependencies"]["content.kafka-publisher"]["state"] == "up" {
            Ok(())
        } else {
            Err(page)
        }
    })
    .await;
    content.finish().await;
}
