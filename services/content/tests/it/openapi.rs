use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::content::Content;

#[tokio::test]
async fn the_document_describes_every_operation_and_nothing_else() {
    let content = Content::start().await;
    let document = content.get(None, "/openapi.json").await.expect(200);
    let mut posts = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["tags"] == json!(["posts"]) {
                posts.insert(format!("{method} {path}"), operation);
            }
        }
    }
    let expected = [
        ("delete /v1/posts/{id}", "204", false),
        ("get /v1/posts/{id}", "200", true),
        ("get /v1/users/{id}/posts", "200", true),
        ("patch /v1/posts/{id}", "200", false),
        ("post /v1/posts", "201", false),
    ];
    assert!(
        posts.keys().eq(expected.map(|(name, ..)| name)),
        "{:?}",
        posts.keys()
    );
    for (name, status, open) in expected {
        let operation = posts[name];
        assert!(operation["responses"][status].is_object(), "{name}");
        assert!(operation["responses"]["default"].is_object(), "{name}");
        let mut security = vec![json!({"bearer": []})];
        if open {
            security.insert(0, json!({}));
        }
        assert_eq!(operation["security"], Value::from(security), "{name}");
    }
    let post = &document["components"]["schemas"]["Post"];
    let members: Vec<&String> = post["properties"].as_object().unwrap().keys().collect();
    let expected = [
        "author_id",
        "content",
        "created_at",
        "id",
        "media",
        "revision",
        "tags",
        "type",
        "updated_at",
        "visibility",
    ];
    assert_eq!(members, expected);
    assert_eq!(post["required"].as_array().unwrap().len(), expected.len());
    content.finish().await;
}
