use nova_proto::content::v1::ListUserPostsRequest;
use serde_json::{Value, json};

use crate::content::{Content, User, request};

/// Ids of new posts, oldest first.
async fn post_many(content: &Content, author: &User, visibilities: &[&str]) -> Vec<Value> {
    let mut ids = Vec::new();
    for visibility in visibilities {
        let body = json!({"content": "one of many", "visibility": visibility});
        ids.push(content.posted(author, body).await["id"].clone());
    }
    ids
}

fn path(author: &User, query: &str) -> String {
    format!("/v1/users/{}/posts{query}", author.id)
}

fn ids(page: &Value) -> Vec<Value> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|post| post["id"].clone())
        .collect()
}

#[tokio::test]
async fn pages_come_newest_first_and_hold_still_while_posts_arrive() {
    let content = Content::start().await;
    let ada = content.user();
    let mut expected = post_many(&content, &ada, &["PUBLIC"; 11]).await;
    expected.reverse();
    let mut listed = Vec::new();
    let mut query = "?limit=4".to_owned();
    loop {
        let page = content.get(None, &path(&ada, &query)).await.expect(200);
        listed.push(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        query = format!("?limit=4&cursor={cursor}");
        post_many(&content, &ada, &["PUBLIC", "PRIVATE"]).await;
    }
    let lengths: Vec<usize> = listed.iter().map(Vec::len).collect();
    assert_eq!(lengths, [4, 4, 3]);
    assert_eq!(listed.concat(), expected);
    content.finish().await;
}

#[tokio::test]
async fn a_page_is_full_of_what_the_viewer_sees() {
    let content = Content::start().await;
    let ada = content.user();
    let visibilities = [
        "PUBLIC",
        "PRIVATE",
        "PRIVATE",
        "PUBLIC",
        "FOLLOWERS_ONLY",
        "PUBLIC",
    ];
    let all = post_many(&content, &ada, &visibilities).await;
    let page = content.get(None, &path(&ada, "?limit=2")).await.expect(200);
    assert_eq!(ids(&page), [all[5].clone(), all[3].clone()]);
    // A cursor is a place in the list, whoever looks at it from there.
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = path(&ada, &format!("?limit=2&cursor={cursor}"));
    let page = content.get(None, &rest).await.expect(200);
    assert_eq!(page["next_cursor"], Value::Null);
    assert_eq!(ids(&page), [all[0].clone()]);
    let page = content.get(Some(&ada), &rest).await.expect(200);
    assert_eq!(ids(&page), [all[2].clone(), all[1].clone()]);
    content.finish().await;
}

#[tokio::test]
async fn a_page_has_twenty_posts_unless_another_number_is_asked_for() {
    let content = Content::start().await;
    let ada = content.user();
    post_many(&content, &ada, &["PUBLIC"; 21]).await;
    for (query, length, is_last) in [
        ("", 20, false),
        ("?limit=1", 1, false),
        ("?limit=21", 21, true),
        ("?limit=100", 21, true),
    ] {
        let page = content.get(None, &path(&ada, query)).await.expect(200);
        assert_eq!(ids(&page).len(), length, "{query}");
        assert_eq!(page["next_cursor"].is_null(), is_last, "{query}");
    }
    content.finish().await;
}

#[tokio::test]
async fn a_list_has_posts_of_its_author_only_and_nobody_is_an_error() {
    let content = Content::start().await;
    let (ada, ben, nobody) = (content.user(), content.user(), content.user());
    let posts = post_many(&content, &ada, &["PUBLIC"]).await;
    post_many(&content, &ben, &["PUBLIC"]).await;
    assert_eq!(
        ids(&content.get(None, &path(&ada, "")).await.expect(200)),
        posts
    );
    let page = content.get(None, &path(&nobody, "")).await.expect(200);
    assert_eq!(page, json!({"items": [], "next_cursor": null}));
    content.finish().await;
}

#[tokio::test]
async fn wrong_questions_are_refused_by_name() {
    let content = Content::start().await;
    let (ada, ben) = (content.user(), content.user());
    for author in [&ada, &ben] {
        post_many(&content, author, &["PUBLIC"; 2]).await;
    }
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?limit=-1", "limit"),
        ("?limit=x", "limit"),
        ("?limit=1&limit=2", "limit"),
        ("?offset=3", "offset"),
    ] {
        let answer = content.get(None, &path(&ada, query)).await;
        assert_eq!(
            answer.wrong_fields(400, "validation_failed"),
            [field],
            "{query}"
        );
    }
    let page = content.get(None, &path(&ada, "?limit=1")).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let tampered = cursor.replacen(
        |_: char| true,
        if cursor.starts_with('A') { "B" } else { "A" },
        1,
    );
    let truncated = &cursor[..cursor.len() - 1];
    for (author, cursor) in [
        (&ada, tampered.as_str()),
        (&ada, truncated),
        (&ada, ""),
        (&ben, cursor),
    ] {
        let answer = content
            .get(None, &path(author, &format!("?cursor={cursor}")))
            .await;
        assert_eq!(
            answer.wrong_fields(400, "invalid_cursor"),
            ["cursor"],
            "{cursor}"
        );
    }
    let answer = content.get(None, "/v1/users/7/posts").await;
    assert_eq!(answer.wrong_fields(400, "invalid_request"), ["id"]);
    content.finish().await;
}

#[tokio::test]
async fn grpc_lists_the_same_pages() {
    let content = Content::start().await;
    let ada = content.user();
    let mut expected = post_many(&content, &ada, &["PUBLIC"; 3]).await;
    expected.reverse();
    let mut grpc = content.grpc().await;
    let mut message = ListUserPostsRequest {
        user_id: ada.id.to_string(),
        limit: 2,
        ..Default::default()
    };
    let first = grpc
        .list_user_posts(request(None, message.clone()))
        .await
        .unwrap()
        .into_inner();
    message.cursor = first.next_cursor.unwrap();
    let second = grpc
        .list_user_posts(request(None, message.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(second.next_cursor, None);
    let listed: Vec<String> = first
        .items
        .into_iter()
        .chain(second.items)
        .map(|post| post.id)
        .collect();
    assert_eq!(json!(listed), json!(expected));

    let wrong_limit = ListUserPostsRequest {
        limit: 101,
        ..message.clone()
    };
    let wrong_cursor = ListUserPostsRequest {
        cursor: "AAAA".to_owned(),
        ..message.clone()
    };
    let wrong_user = ListUserPostsRequest {
        user_id: "7".to_owned(),
        ..message
    };
    for wrong in [wrong_limit, wrong_cursor, wrong_user] {
        let refused = grpc
            .list_user_posts(request(None, wrong))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    }
    content.finish().await;
}
