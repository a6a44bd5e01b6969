use nova_ids::PostId;
use nova_proto::content::v1::{
    CreatePostRequest, GetPostRequest, GetPostsRequest, Tags, UpdatePostRequest,
};
use serde_json::{Value, json};
use tonic::Status;
use tonic_types::StatusExt;

use crate::content::{Content, path_of, request};

/// Bodies that break a rule, with the fields and codes that the answer names.
fn bad_bodies() -> Vec<(Value, Vec<(&'static str, &'static str)>)> {
    let tags = |tags: Value| json!({"content": "x", "tags": tags});
    vec![
        (json!({"content": ""}), vec![("content", "empty")]),
        (
            json!({"content": " \n\t\u{3000}"}),
            vec![("content", "empty")],
        ),
        (
            json!({"content": "ж".repeat(5_001)}),
            vec![("content", "too_long")],
        ),
        (
            json!({"content": "nul\0"}),
            vec![("content", "invalid_characters")],
        ),
        (
            json!({"content": "\u{1b}[31mred"}),
            vec![("content", "invalid_characters")],
        ),
        (
            json!({"content": "lone\rreturn"}),
            vec![("content", "invalid_characters")],
        ),
        (json!({"content": 7}), vec![("content", "invalid_type")]),
        (json!({"content": null}), vec![("content", "invalid_type")]),
        (
            json!({"content": "x", "visibility": "SECRET"}),
            vec![("visibility", "invalid_value")],
        ),
        (
            json!({"content": "x", "visibility": "public"}),
            vec![("visibility", "invalid_value")],
        ),
        (
            json!({"content": "x", "visibility": null}),
            vec![("visibility", "invalid_type")],
        ),
        (
            json!({"content": "x", "author_id": "me"}),
            vec![("author_id", "unknown_field")],
        ),
        (tags(json!("a")), vec![("tags", "invalid_type")]),
        (tags(json!(null)), vec![("tags", "invalid_type")]),
        (tags(json!(["a", 7])), vec![("tags[1]", "invalid_type")]),
        (tags(json!(["a", ""])), vec![("tags[1]", "empty")]),
        (
            tags(json!(["a b", "ok", "#c"])),
            vec![
                ("tags[0]", "invalid_characters"),
                ("tags[2]", "invalid_characters"),
            ],
        ),
        (tags(json!(["x".repeat(51)])), vec![("tags[0]", "too_long")]),
        (
            tags(json!(["rust", "go", "RUST"])),
            vec![("tags[2]", "duplicate")],
        ),
        (
            tags(json!((0..11).map(|n| n.to_string()).collect::<Vec<_>>())),
            vec![("tags", "too_many")],
        ),
        (
            json!({"content": "", "tags": ["", "a"]}),
            vec![("content", "empty"), ("tags[0]", "empty")],
        ),
    ]
}

fn named(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            (
                error["field"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_by_name_when_posting_and_when_editing() {
    let content = Content::start().await;
    let ada = content.user();
    let path = path_of(&content.posted(&ada, json!({"content": "fine"})).await);
    for (body, expected) in bad_bodies() {
        let posted = content
            .post(&ada, body.clone())
            .await
            .problem(400, "validation_failed");
        assert_eq!(named(&posted), expected, "{body}");
        let edited = content
            .app
            .patch(&path)
            .bearer(&ada.token)
            .json(&body)
            .await;
        let edited = edited.problem(400, "validation_failed");
        let mut expected = expected;
        // Whether text may be empty, the media say that the post has: it is looked at when all else is right.
        if expected.len() > 1 {
            expected.retain(|wrong| *wrong != ("content", "empty"));
        }
        assert_eq!(named(&edited), expected, "{body}");
    }
    content.finish().await;
}

#[tokio::test]
async fn what_only_a_new_post_has_is_checked_when_posting() {
    let content = Content::start().await;
    let ada = content.user();
    for (body, field, code) in [
        (json!({}), "content", "missing_field"),
        (
            json!({"content": "x", "type": "GIF"}),
            "type",
            "invalid_value",
        ),
        (
            json!({"content": "x", "type": null}),
            "type",
            "invalid_type",
        ),
    ] {
        let problem = content
            .post(&ada, body)
            .await
            .problem(400, "validation_failed");
        assert_eq!(named(&problem), [(field, code)]);
    }
    let path = path_of(&content.posted(&ada, json!({"content": "x"})).await);
    let retyped = content
        .app
        .patch(&path)
        .bearer(&ada.token)
        .json(json!({"type": "IMAGE"}))
        .await;
    assert_eq!(
        named(&retyped.problem(400, "validation_failed")),
        [("type", "unknown_field")]
    );
    content.finish().await;
}

#[tokio::test]
async fn what_is_no_request_at_all_is_refused_as_http_means_it() {
    let content = Content::start().await;
    let ada = content.user();
    let send = |media_type: &str, body: &[u8]| {
        let request = content.app.post("/v1/posts").bearer(&ada.token);
        request.header("content-type", media_type).body(body)
    };
    let json = "application/json";
    send(json, b"{\"content\":")
        .await
        .problem(400, "malformed_json");
    send(json, b"{\"content\":\"\xff\"}")
        .await
        .problem(400, "malformed_json");
    send(json, b"[]").await.problem(400, "malformed_json");
    let twice = send(json, b"{\"content\":\"x\",\"content\":\"y\"}").await;
    assert_eq!(twice.wrong_fields(400, "validation_failed"), ["content"]);
    send("text/plain", b"{\"content\":\"x\"}")
        .await
        .problem(415, "unsupported_media_type");
    let long = format!("{{\"content\":\"{}\"}}", "x".repeat(70_000));
    send(json, long.as_bytes())
        .await
        .problem(413, "payload_too_large");
    let put = content.app.put("/v1/posts").bearer(&ada.token).await;
    put.problem(405, "method_not_allowed");
    for request in [
        content.app.get("/v1/posts/7"),
        content.app.delete("/v1/posts/7").bearer(&ada.token),
    ] {
        assert_eq!(request.await.wrong_fields(400, "invalid_request"), ["id"]);
    }
    content.finish().await;
}

#[tokio::test]
async fn the_longest_that_is_allowed_is_allowed() {
    let content = Content::start().await;
    let ada = content.user();
    let tags: Vec<String> = (0..10).map(|n| format!("{n}{}", "ж".repeat(49))).collect();
    let body = json!({"content": "👍".repeat(5_000), "tags": tags});
    let post = content.posted(&ada, body.clone()).await;
    assert_eq!(post["content"], body["content"]);
    assert_eq!(post["tags"], body["tags"]);
    content.finish().await;
}

fn violations(refused: &Status) -> Vec<String> {
    assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused:?}");
    let details = refused.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    violations
        .iter()
        .map(|violation| violation.field.clone())
        .collect()
}

#[tokio::test]
async fn grpc_keeps_the_same_rules() {
    let content = Content::start().await;
    let ada = content.user();
    let id = content.posted(&ada, json!({"content": "fine"})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut grpc = content.grpc().await;
    let good = CreatePostRequest {
        content: "x".to_owned(),
        ..Default::default()
    };
    let bad_tags = vec!["ok".to_owned(), String::new()];
    let wrong_posts = [
        (
            CreatePostRequest {
                content: "nul\0".to_owned(),
                tags: bad_tags.clone(),
                ..good.clone()
            },
            vec!["content", "tags[1]"],
        ),
        (
            CreatePostRequest {
                r#type: 9,
                ..good.clone()
            },
            vec!["type"],
        ),
        (
            CreatePostRequest {
                visibility: -1,
                ..good
            },
            vec!["visibility"],
        ),
    ];
    for (message, fields) in wrong_posts {
        let refused = grpc
            .create_post(request(Some(&ada), message))
            .await
            .unwrap_err();
        assert_eq!(violations(&refused), fields);
    }
    let same = UpdatePostRequest {
        id,
        ..Default::default()
    };
    let wrong_edits = [
        (
            UpdatePostRequest {
                content: Some("\0".to_owned()),
                tags: Some(Tags { tags: bad_tags }),
                ..same.clone()
            },
            vec!["content", "tags[1]"],
        ),
        (
            UpdatePostRequest {
                visibility: Some(0),
                ..same.clone()
            },
            vec!["visibility"],
        ),
        (
            UpdatePostRequest {
                id: "7".to_owned(),
                ..same
            },
            vec!["id"],
        ),
    ];
    for (message, fields) in wrong_edits {
        let refused = grpc
            .update_post(request(Some(&ada), message))
            .await
            .unwrap_err();
        assert_eq!(violations(&refused), fields);
    }
    let refused = grpc
        .get_post(request(None, GetPostRequest { id: "7".to_owned() }))
        .await
        .unwrap_err();
    assert_eq!(violations(&refused), ["id"]);
    let id = PostId::new().to_string();
    let wrong_ids = [
        (vec![id.clone(), "7".to_owned()], "ids[1]"),
        (vec![id.clone(); 101], "ids"),
    ];
    for (ids, field) in wrong_ids {
        let refused = grpc.get_posts(request(None, GetPostsRequest { ids }));
        assert_eq!(violations(&refused.await.unwrap_err()), [field]);
    }
    for ids in [Vec::new(), vec![id; 100]] {
        let found = grpc.get_posts(request(None, GetPostsRequest { ids }));
        assert_eq!(found.await.unwrap().into_inner().posts, []);
    }
    content.finish().await;
}
