//! Who sees what, on every read: and what one may not see is like what never was.

use nova_testkit::{App, Request, eventually};
use nova_tests::checks::{are_indistinguishable, is_page, is_post, is_refused};
use nova_tests::{Nova, User, id_of};
use serde_json::{Value, json};
use uuid::Uuid;

const VISIBILITIES: [&str; 3] = ["PUBLIC", "FOLLOWERS_ONLY", "PRIVATE"];

/// Someone who looks at the author's posts.
enum Viewer {
    Anonymous(App),
    Known(User),
}

impl Viewer {
    fn request(&self, method: &str, path: &str) -> Request {
        match self {
            Self::Anonymous(app) => app.request(method, path),
            Self::Known(user) => user.request(method, path),
        }
    }

    async fn sees(&self, path: &str) -> bool {
        let status = self.request("GET", path).await.status;
        assert!(status == 200 || status == 404, "{status}");
        status == 200
    }
}

/// An author with one post of each visibility, and everyone who may look at them.
struct Scene {
    nova: Nova,
    author: User,
    /// Ids, in the order of [`VISIBILITIES`].
    posts: [String; 3],
    follower: User,
}

impl Scene {
    async fn set() -> Self {
        let nova = Nova::shared().await;
        let (author, follower) = (nova.user("author").await, nova.user("follower").await);
        let mut posts = [String::new(), String::new(), String::new()];
        for (post, visibility) in posts.iter_mut().zip(VISIBILITIES) {
            *post = author.say_to(visibility, "what only some may see").await;
        }
        follower.follow(&author).await;
        let path = format!("/v1/posts/{}", posts[1]);
        eventually("the follower sees what is for followers", async || {
            follower.get(&path).await.status == 200
        })
        .await;
        Self {
            nova,
            author,
            posts,
            follower,
        }
    }

    /// Each viewer with the number of [`VISIBILITIES`] that they see.
    async fn viewers(&self) -> Vec<(Viewer, usize)> {
        let followed = self.nova.user("followed").await;
        // That the author follows someone does not make that someone a follower.
        self.author.follow(&followed).await;
        vec![
            (Viewer::Anonymous(self.nova.app()), 1),
            (Viewer::Known(self.nova.user("stranger").await), 1),
            (Viewer::Known(followed), 1),
            (Viewer::Known(self.follower.clone()), 2),
            (Viewer::Known(self.author.clone()), 3),
        ]
    }
}

fn never_was() -> String {
    format!("/v1/posts/{}", Uuid::now_v7())
}

#[tokio::test]
async fn a_post_is_read_by_those_who_may_see_it_and_never_was_for_others() {
    let scene = Scene::set().await;
    for (viewer, seen) in scene.viewers().await {
        for (number, post) in scene.posts.iter().enumerate() {
            let answer = viewer.request("GET", &format!("/v1/posts/{post}")).await;
            if number < seen {
                let post = answer.expect(200);
                is_post(&post);
                assert_eq!(post["visibility"], VISIBILITIES[number]);
            } else {
                is_refused(&answer, 404, "not_found");
                are_indistinguishable(&answer, &viewer.request("GET", &never_was()).await);
            }
        }
    }
}

#[tokio::test]
async fn a_list_holds_what_the_viewer_may_see_and_no_gap_tells_of_more() {
    let scene = Scene::set().await;
    let path = format!("/v1/users/{}/posts", scene.author.id);
    for (viewer, seen) in scene.viewers().await {
        let mut expected = scene.posts[..seen].to_vec();
        expected.reverse();
        let page = viewer.request("GET", &path).await.expect(200);
        let listed: Vec<String> = is_page(&page, is_post).iter().map(id_of).collect();
        assert_eq!(listed, expected);
        assert_eq!(page["next_cursor"], Value::Null);
        // Nor does a short page: pages are filled with what may be seen.
        let first = viewer
            .request("GET", &format!("{path}?limit=1"))
            .await
            .expect(200);
        assert_eq!(id_of(&first["items"][0]), expected[0]);
        assert_eq!(first["next_cursor"].is_null(), seen == 1, "{first}");
    }
}

#[tokio::test]
async fn others_may_not_edit_or_delete_what_they_see_and_do_not_find_what_they_do_not() {
    let scene = Scene::set().await;
    for (viewer, seen) in scene.viewers().await {
        let Viewer::Known(user) = &viewer else {
            continue;
        };
        if user.id == scene.author.id {
            continue;
        }
        for (number, post) in scene.posts.iter().enumerate() {
            for (method, body) in [
                ("PATCH", Some(json!({ "content": "taken over" }))),
                ("PATCH", Some(json!({}))),
                ("PATCH", Some(json!({ "content": "" }))),
                ("DELETE", None),
            ] {
                let send = |path: &str| {
                    let request = user.request(method, path);
                    match &body {
                        Some(body) => request.json(body),
                        None => request,
                    }
                };
                let answer = send(&format!("/v1/posts/{post}")).await;
                let is_bad = body.as_ref().is_some_and(|body| body["content"] == "");
                match (number < seen, is_bad) {
                    (true, false) => drop(is_refused(&answer, 403, "forbidden")),
                    (true, true) => {
                        assert!([400, 403].contains(&answer.status), "{}", answer.text())
                    }
                    (false, _) => are_indistinguishable(&answer, &send(&never_was()).await),
                }
            }
        }
    }
    for post in &scene.posts {
        let post = scene
            .author
            .get(&format!("/v1/posts/{post}"))
            .await
            .expect(200);
        assert_eq!(
            (&post["revision"], &post["content"]),
            (&json!(1), &json!("what only some may see"))
        );
    }
}

#[tokio::test]
async fn a_change_of_visibility_holds_at_once_for_readers() {
    let scene = Scene::set().await;
    let path = format!("/v1/posts/{}", scene.posts[0]);
    let viewers = scene.viewers().await;
    for visibility in [
        "PRIVATE",
        "FOLLOWERS_ONLY",
        "PUBLIC",
        "FOLLOWERS_ONLY",
        "PRIVATE",
    ] {
        scene
            .author
            .patch(&path)
            .json(json!({ "visibility": visibility }))
            .await
            .expect(200);
        let number = VISIBILITIES
            .iter()
            .position(|known| *known == visibility)
            .expect("a visibility");
        for (viewer, seen) in &viewers {
            assert_eq!(
                viewer.sees(&path).await,
                number < *seen,
                "{visibility} for one who sees {seen}"
            );
        }
    }
}

#[tokio::test]
async fn who_no_longer_follows_no_longer_sees() {
    let scene = Scene::set().await;
    let path = format!("/v1/posts/{}", scene.posts[1]);
    scene.follower.unfollow(&scene.author).await;
    eventually("it is not seen any more", async || {
        scene.follower.get(&path).await.status == 404
    })
    .await;
    scene.follower.follow(&scene.author).await;
    eventually("it is seen again", async || {
        scene.follower.get(&path).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn an_anonymous_reader_is_told_404_not_401_of_what_is_hidden() {
    let scene = Scene::set().await;
    for post in &scene.posts[1..] {
        let answer = scene.nova.get(&format!("/v1/posts/{post}")).await;
        are_indistinguishable(&answer, &scene.nova.get(&never_was()).await);
    }
}
