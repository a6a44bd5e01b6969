use nova_proto::content::v1::CreatePostRequest;
use nova_testkit::Stack;
use serde_json::json;

use crate::content::{Content, path_of, request};

#[tokio::test]
async fn who_writes_too_much_waits_and_may_still_read() {
    let content = Content::start_on(Stack::new().await.with("NOVA_RATE_LIMIT", "on")).await;
    let (ada, ben) = (content.user(), content.user());
    let first = content
        .post(&ada, json!({"content": "the first of many"}))
        .await;
    let path = path_of(&first.expect(201));
    assert_eq!(
        first.header("ratelimit-policy"),
        Some("\"writes\";q=300;w=60")
    );
    assert_eq!(first.header("ratelimit"), Some("\"writes\";r=299;t=1"));
    let refused = loop {
        // What is refused for another reason counts as well.
        let answer = content.post(&ada, json!({})).await;
        if answer.status == 429 {
            break answer;
        }
        answer.problem(400, "validation_failed");
    };
    refused.problem(429, "too_many_requests");
    assert_eq!(refused.header("ratelimit"), Some("\"writes\";r=0;t=1"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    let message = CreatePostRequest {
        content: "one more".to_owned(),
        ..Default::default()
    };
    let mut grpc = content.grpc().await;
    // On a slow machine one more may have become allowed since.
    let refused = loop {
        let answer = grpc.create_post(request(Some(&ada), message.clone()));
        if let Err(refused) = answer.await {
            break refused;
        }
    };
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);

    let read = content.get(Some(&ada), &path).await;
    read.expect(200);
    assert_eq!(read.header("ratelimit"), None);
    content
        .post(&ben, json!({"content": "mine"}))
        .await
        .expect(201);
    content.finish().await;
}
