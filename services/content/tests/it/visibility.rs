use nova_ids::PostId;
use nova_proto::content::v1::{GetPostRequest, GetPostsRequest, ListUserPostsRequest};
use serde_json::{Value, json};

use crate::content::{Content, User, path_of, request};

const EVERYTHING: &[&str] = &["PUBLIC", "FOLLOWERS_ONLY", "PRIVATE"];

#[tokio::test]
async fn everybody_sees_what_they_may_and_nothing_else_on_every_way_of_reading() {
    let content = Content::start().await;
    let author = content.user();
    let [other, follower, former, followed] = [(); 4].map(|()| content.user());
    let [blocked, blocking, forgiven] = [(); 3].map(|()| content.user());
    content.follow(&follower, &author, true, 1).await;
    content.follow(&former, &author, true, 1).await;
    content.follow(&former, &author, false, 2).await;
    // That the author follows somebody opens nothing to them.
    content.follow(&author, &followed, true, 1).await;
    // Their follows have not ended yet, as far as was heard here.
    for user in [&blocked, &blocking, &forgiven] {
        content.follow(user, &author, true, 1).await;
    }
    content.block(&author, &blocked, true, 1).await;
    content.block(&blocking, &author, true, 1).await;
    content.block(&author, &forgiven, false, 2).await;
    content.block(&author, &forgiven, true, 1).await;
    let mut posts = Vec::new();
    for visibility in EVERYTHING {
        let body = json!({"content": "for some", "visibility": visibility});
        posts.push(content.posted(&author, body).await);
    }
    let viewers: [(&str, Option<&User>, &[&str]); 9] = [
        ("stranger", None, &["PUBLIC"]),
        ("other", Some(&other), &["PUBLIC"]),
        ("former follower", Some(&former), &["PUBLIC"]),
        ("followed", Some(&followed), &["PUBLIC"]),
        ("follower", Some(&follower), &["PUBLIC", "FOLLOWERS_ONLY"]),
        ("author", Some(&author), EVERYTHING),
        ("blocked", Some(&blocked), &[]),
        ("blocking", Some(&blocking), &[]),
        ("forgiven", Some(&forgiven), &["PUBLIC", "FOLLOWERS_ONLY"]),
    ];
    for (name, viewer, expected) in viewers {
        let ways = [
            ("GET post", read_by_rest(&content, viewer, &posts).await),
            ("GetPost", read_by_grpc(&content, viewer, &posts).await),
            ("GetPosts", read_together(&content, viewer, &posts).await),
            ("GET list", listed_by_rest(&content, viewer, &author).await),
            (
                "ListUserPosts",
                listed_by_grpc(&content, viewer, &author, &posts).await,
            ),
        ];
        for (way, seen) in ways {
            assert_eq!(seen, expected, "{name} by {way}");
        }
    }
    content.finish().await;
}

async fn read_by_rest(content: &Content, viewer: Option<&User>, posts: &[Value]) -> Vec<String> {
    let mut seen = Vec::new();
    for post in posts {
        let answer = content.get(viewer, &path_of(post)).await;
        if answer.status == 404 {
            answer.problem(404, "not_found");
        } else {
            assert_eq!(&answer.expect(200), post);
            seen.push(text(&post["visibility"]));
        }
    }
    seen
}

async fn read_by_grpc(content: &Content, viewer: Option<&User>, posts: &[Value]) -> Vec<String> {
    let mut grpc = content.grpc().await;
    let mut seen = Vec::new();
    for post in posts {
        let message = GetPostRequest {
            id: text(&post["id"]),
        };
        match grpc.get_post(request(viewer, message)).await {
            Ok(_) => seen.push(text(&post["visibility"])),
            Err(refused) => assert_eq!(refused.code(), tonic::Code::NotFound),
        }
    }
    seen
}

async fn read_together(content: &Content, viewer: Option<&User>, posts: &[Value]) -> Vec<String> {
    let mut ids: Vec<String> = posts.iter().map(|post| text(&post["id"])).collect();
    // One that never was, and one twice.
    ids.extend([PostId::new().to_string(), ids[0].clone()]);
    let mut grpc = content.grpc().await;
    let answer = grpc.get_posts(request(viewer, GetPostsRequest { ids }));
    let seen = answer.await.unwrap().into_inner().posts;
    let seen: Vec<String> = seen.into_iter().map(|post| post.id).collect();
    let shown = posts
        .iter()
        .filter(|post| seen.contains(&text(&post["id"])));
    let shown: Vec<String> = shown.map(|post| text(&post["visibility"])).collect();
    assert_eq!(shown.len(), seen.len(), "{seen:?}");
    shown
}

async fn listed_by_rest(content: &Content, viewer: Option<&User>, author: &User) -> Vec<String> {
    let page = content
        .get(viewer, &format!("/v1/users/{}/posts", author.id))
        .await
        .expect(200);
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .rev()
        .map(|post| text(&post["visibility"]))
        .collect()
}

async fn listed_by_grpc(
    content: &Content,
    viewer: Option<&User>,
    author: &User,
    posts: &[Value],
) -> Vec<String> {
    let message = ListUserPostsRequest {
        user_id: author.id.to_string(),
        ..Default::default()
    };
    let page = content
        .grpc()
        .await
        .list_user_posts(request(viewer, message))
        .await
        .unwrap();
    let ids: Vec<String> = page
        .into_inner()
        .items
        .into_iter()
        .rev()
        .map(|post| post.id)
        .collect();
    let listed = posts.iter().filter(|post| ids.contains(&text(&post["id"])));
    listed.map(|post| text(&post["visibility"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_one_may_not_see_is_answered_like_what_never_was() {
    let content = Content::start().await;
    let author = content.user();
    let other = content.user();
    let hidden = content
        .posted(&author, json!({"content": "x", "visibility": "PRIVATE"}))
        .await;
    let never = format!("/v1/posts/{}", PostId::new());
    for viewer in [None, Some(&other)] {
        let mut answers = [
            content
                .get(viewer, &path_of(&hidden))
                .await
                .problem(404, "not_found"),
            content.get(viewer, &never).await.problem(404, "not_found"),
        ];
        for answer in &mut answers {
            answer["trace_id"].take();
        }
        assert_eq!(answers[0], answers[1]);
    }
    content.finish().await;
}

#[tokio::test]
async fn a_bad_token_is_refused_even_where_none_is_needed() {
    let content = Content::start().await;
    let author = content.user();
    let post = content.posted(&author, json!({"content": "public"})).await;
    for path in [path_of(&post), format!("/v1/users/{}/posts", author.id)] {
        content
            .app
            .get(&path)
            .bearer("not.a.token")
            .await
            .problem(401, "invalid_token");
    }
    content.finish().await;
}

#[tokio::test]
async fn visibility_follows_an_edit_at_once() {
    let content = Content::start().await;
    let author = content.user();
    let post = content.posted(&author, json!({"content": "public"})).await;
    let path = path_of(&post);
    content.get(None, &path).await.expect(200);
    let hide = json!({"visibility": "PRIVATE"});
    content
        .app
        .patch(&path)
        .bearer(&author.token)
        .json(hide)
        .await
        .expect(200);
    content.get(None, &path).await.problem(404, "not_found");
    content.finish().await;
}
