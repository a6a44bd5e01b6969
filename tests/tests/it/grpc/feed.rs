//! The home feed over gRPC.

use nova_proto::feed::v1::GetHomeFeedRequest;
use nova_testkit::eventually;
use nova_tests::Nova;
use serde_json::json;
use tonic::Code;

use super::{Clients, by, code, shown};

#[tokio::test]
async fn the_home_feed_is_the_same_over_grpc_and_rest() {
    let nova = Nova::shared().await;
    let mut grpc = Clients::connect(&nova).await.feed;
    let (author, reader) = (nova.user("author").await, nova.user("reader").await);
    reader.follow(&author).await;
    for number in 0..5 {
        author.say(&format!("post {number}")).await;
    }
    eventually("all posts are in the feed", async || {
        reader.feed().await.len() == 5
    })
    .await;
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = GetHomeFeedRequest { cursor, limit: 2 };
        let page = grpc
            .get_home_feed(by(&reader, request))
            .await
            .expect("a page")
            .into_inner();
        for item in page.items {
            let author = item.author.expect("an author");
            let author = json!({ "id": author.id, "username": author.username, "display_name": author.display_name, "avatar_url": author.avatar_url });
            listed.push(json!({ "post": shown(item.post.expect("a post")), "author": author }));
        }
        let Some(next) = page.next_cursor else { break };
        cursor = next;
    }
    assert_eq!(listed, reader.feed().await);
    let anonymous = grpc.get_home_feed(GetHomeFeedRequest::default()).await;
    assert_eq!(code(anonymous), Code::Unauthenticated);
    let changed = GetHomeFeedRequest {
        cursor: "AAAA".to_owned(),
        limit: 0,
    };
    assert_eq!(
        code(grpc.get_home_feed(by(&reader, changed)).await),
        Code::InvalidArgument
    );
}
