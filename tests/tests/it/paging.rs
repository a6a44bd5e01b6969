//! Lists are read page by page: nothing is skipped, nothing repeated, and a cursor is good for its
//! list alone.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nova_testkit::{eventually, seed};
use nova_tests::checks::{blames, is_problem, text};
use nova_tests::{Nova, User, id_of};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// Someone with something in every list: four followers, four followed, four sessions, posts, and a home feed.
struct Reader {
    user: User,
    friend: User,
}

impl Reader {
    async fn with_posts(nova: &Nova, posts: usize) -> Self {
        let (user, friend) = (nova.user("reader").await, nova.user("friend").await);
        for other in [
            &friend,
            &nova.user("x").await,
            &nova.user("y").await,
            &nova.user("z").await,
        ] {
            user.follow(other).await;
            other.follow(&user).await;
        }
        let credentials = json!({ "username": user.username, "password": user.password });
        for _ in 0..3 {
            let login = nova.post("/v1/auth/login").json(&credentials);
            login.await.expect(200);
        }
        for number in 0..posts {
            user.say(&format!("post {number}")).await;
        }
        eventually("the feed is filled", async || {
            user.feed().await.len() == posts
        })
        .await;
        Self { user, friend }
    }

    fn lists(&self) -> [String; 5] {
        let id = &self.user.id;
        [
            "/v1/feed".to_owned(),
            format!("/v1/users/{id}/posts"),
            format!("/v1/users/{id}/followers"),
            format!("/v1/users/{id}/following"),
            "/v1/users/me/sessions".to_owned(),
        ]
    }

    async fn cursor(&self, list: &str) -> String {
        text(&self.user.page(list, 1, None).await["next_cursor"]).to_owned()
    }
}

#[tokio::test]
async fn pages_of_any_size_make_up_the_same_list() {
    let nova = Nova::shared().await;
    let reader = Reader::with_posts(&nova, 24).await;
    for list in reader.lists() {
        let whole = reader.user.list(&list, 100).await;
        assert!(whole.len() >= 4, "{list}");
        for limit in [1, 2, 3, whole.len() - 1, whole.len(), whole.len() + 1] {
            assert_eq!(
                reader.user.list(&list, limit).await,
                whole,
                "{list} in pages of {limit}"
            );
        }
        // A full last page has no cursor to an empty one.
        let page = reader.user.page(&list, whole.len(), None).await;
        assert_eq!(page["next_cursor"], Value::Null, "{list}");
        let half = reader.user.page(&list, whole.len() / 2, None).await;
        let rest = reader
            .user
            .page(&list, whole.len() / 2, half["next_cursor"].as_str())
            .await;
        assert_eq!(rest["next_cursor"], Value::Null, "{list}");
    }
}

#[tokio::test]
async fn without_a_limit_a_page_has_twenty() {
    let nova = Nova::shared().await;
    let reader = Reader::with_posts(&nova, 24).await;
    for list in &reader.lists()[..2] {
        let page = reader.user.get(list).await.expect(200);
        assert_eq!(page["items"].as_array().map(Vec::len), Some(20), "{list}");
        assert!(page["next_cursor"].is_string(), "{list}");
    }
}

#[tokio::test]
async fn a_limit_is_1_to_100_and_never_clamped() {
    let nova = Nova::shared().await;
    let reader = Reader::with_posts(&nova, 2).await;
    for list in reader.lists() {
        let bad = [
            "0",
            "101",
            "-1",
            "abc",
            "",
            "1.5",
            "1e1",
            "0x10",
            "%201",
            "1%20",
            "1%00",
            "%EF%BC%91",
            "true",
            "9223372036854775808",
            "99999999999999999999999",
            "-9223372036854775809",
            "null",
            "1,2",
            "NaN",
        ];
        for limit in bad {
            let answer = reader.user.get(&format!("{list}?limit={limit}")).await;
            assert_eq!(
                answer.status,
                400,
                "{list} with limit {limit:?}: {}",
                answer.text()
            );
            blames(&answer, "limit");
        }
        for limit in [1, 100] {
            reader.user.page(&list, limit, None).await;
        }
    }
}

#[tokio::test]
async fn what_a_list_does_not_know_is_refused_by_name() {
    let nova = Nova::shared().await;
    let reader = Reader::with_posts(&nova, 2).await;
    for list in reader.lists() {
        for (query, field) in [
            ("offset=1", "offset"),
            ("limit=2&page=1", "page"),
            ("limit=2&limit=3", "limit"),
            ("limit=2&limit=2", "limit"),
            ("Limit=2", "Limit"),
            ("limit%5B%5D=2", "limit[]"),
        ] {
            let answer = reader.user.get(&format!("{list}?{query}")).await;
            assert_eq!(answer.status, 400, "{list}?{query}: {}", answer.text());
            blames(&answer, field);
        }
    }
}

#[tokio::test]
async fn a_cursor_that_was_changed_anywhere_is_refused() {
    let nova = Nova::shared().await;
    let reader = Reader::with_posts(&nova, 3).await;
    for list in reader.lists() {
        let cursor = reader.cursor(&list).await;
        for at in 0..cursor.len() {
            let other = if &cursor[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
            is_no_cursor(&reader.user, &list, &changed).await;
        }
    }
}

#[tokio::test]
async fn what_never_was_a_cursor_is_refused() {
    let nova = Nova::shared().await;
    let reader = Reader::with_posts(&nova, 3).await;
    for list in reader.lists() {
        let cursor = reader.cursor(&list).await;
        let bytes = URL_SAFE_NO_PAD
            .decode(&cursor)
            .expect("a cursor is base64url");
        let zeros = URL_SAFE_NO_PAD.encode(vec![0; bytes.len()]);
        let longer = URL_SAFE_NO_PAD.encode([bytes.as_slice(), b"x"].concat());
        let bad = [
            "",
            "x",
            "null",
            "0",
            "%00",
            "%FF%FE",
            "%F0%9F%A6%80",
            "..%2F..",
            "%27%20OR%201%3D1--",
            &cursor[1..],
            &cursor[..cursor.len() - 1],
            &format!("{cursor}A"),
            &format!("{cursor}%3D"),
            &format!("%20{cursor}"),
            &format!("{cursor}{cursor}"),
            &cursor.to_uppercase(),
            &zeros,
            &longer,
            &"A".repeat(3_000),
        ];
        for cursor in bad {
            is_no_cursor(&reader.user, &list, cursor).await;
        }
    }
}

async fn is_no_cursor(user: &User, list: &str, cursor: &str) {
    let answer = user.get(&format!("{list}?cursor={cursor}")).await;
    assert_eq!(
        answer.status,
        400,
        "{list} with cursor {cursor:?}: {}",
        answer.text()
    );
    blames(&answer, "cursor");
    let problem = is_problem(&answer, 400);
    assert_eq!(
        problem["errors"][0]["code"], "invalid_cursor",
        "{cursor:?}: {problem}"
    );
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_alone() {
    let nova = Nova::shared().await;
    let reader = Reader::with_posts(&nova, 3).await;
    let other = Reader::with_posts(&nova, 3).await;
    let friends_posts = format!("/v1/users/{}/posts", reader.friend.id);
    for list in reader.lists() {
        let cursor = reader.cursor(&list).await;
        for foreign in reader.lists().iter().filter(|foreign| **foreign != list) {
            is_no_cursor(&reader.user, foreign, &cursor).await;
        }
        // Lists of the same kind of other users are other lists, and so is another user's feed.
        for foreign in other.lists().iter().filter(|foreign| **foreign != list) {
            is_no_cursor(&reader.user, foreign, &cursor).await;
        }
        is_no_cursor(&reader.user, &friends_posts, &cursor).await;
    }
    let feed_cursor = reader.cursor("/v1/feed").await;
    is_no_cursor(&other.user, "/v1/feed", &feed_cursor).await;
}

#[tokio::test]
async fn a_cursor_is_good_again_and_again() {
    let nova = Nova::shared().await;
    let reader = Reader::with_posts(&nova, 5).await;
    for list in reader.lists() {
        let cursor = reader.cursor(&list).await;
        let second = reader.user.page(&list, 2, Some(&cursor)).await;
        assert_eq!(
            reader.user.page(&list, 2, Some(&cursor)).await["items"],
            second["items"]
        );
        // The size of a page may change on the way.
        let all = reader.user.page(&list, 100, Some(&cursor)).await;
        assert_eq!(&all["items"][0], &second["items"][0]);
    }
}

#[tokio::test]
async fn a_cursor_outlives_the_item_it_stands_on() {
    let nova = Nova::shared().await;
    let reader = Reader::with_posts(&nova, 6).await;
    for list in &reader.lists()[..2] {
        let ids = ids(&reader.user.list(list, 100).await);
        let page = reader.user.page(list, 2, None).await;
        // The last of the page, and the next to come.
        for gone in &ids[1..3] {
            reader
                .user
                .delete(&format!("/v1/posts/{gone}"))
                .await
                .expect(204);
        }
        eventually("both have left the list", async || {
            self::ids(&reader.user.list(list, 100).await).len() == ids.len() - 2
        })
        .await;
        let rest = reader
            .user
            .page(list, 100, page["next_cursor"].as_str())
            .await;
        assert_eq!(
            self::ids(rest["items"].as_array().expect("items")),
            ids[3..]
        );
        for _ in 0..2 {
            reader.user.say("another").await;
        }
        eventually("the feed is filled again", async || {
            reader.user.feed().await.len() == ids.len()
        })
        .await;
    }
}

/// The id of each item, also of those that wrap a post.
fn ids(items: &[Value]) -> Vec<String> {
    items
        .iter()
        .map(|item| id_of(item.get("post").unwrap_or(item)))
        .collect()
}

#[tokio::test]
async fn new_posts_and_deletions_meanwhile_skip_and_repeat_nothing() {
    let mut random = StdRng::seed_from_u64(seed());
    let nova = Nova::shared().await;
    let reader = nova.user("reader").await;
    let authors = [nova.user("a").await, nova.user("b").await, reader.clone()];
    for author in &authors[..2] {
        reader.follow(author).await;
    }
    let mut old = Vec::new();
    for number in 0..30 {
        let author = random.random_range(0..authors.len());
        old.push((author, authors[author].say(&format!("old {number}")).await));
    }
    eventually("all are in the feed", async || {
        reader.feed().await.len() == old.len()
    })
    .await;

    for _ in 0..6 {
        let walk = walk_while_things_happen(&mut random, &reader, &authors, &mut old).await;
        let distinct: BTreeSet<&String> = walk.iter().collect();
        assert_eq!(
            distinct.len(),
            walk.len(),
            "something is there twice: {walk:?}"
        );
        assert!(
            walk.is_sorted_by(|newer, older| newer > older),
            "out of order: {walk:?}"
        );
        for (_, post) in &old {
            assert!(distinct.contains(post), "{post} was skipped in {walk:?}");
        }
    }
}

/// Reads the feed to its end in pages of random size, while posts are made and deleted between the
/// pages; gives the ids as read. `old` keeps what was there all the time.
async fn walk_while_things_happen(
    random: &mut StdRng,
    reader: &User,
    authors: &[User],
    old: &mut Vec<(usize, String)>,
) -> Vec<String> {
    let mut walk = Vec::new();
    let mut cursor = None;
    loop {
        let limit = random.random_range(1..=7);
        let page = reader.page("/v1/feed", limit, cursor.as_deref()).await;
        walk.extend(ids(page["items"].as_array().expect("items")));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return walk,
        }
        for _ in 0..random.random_range(0..3) {
            let author = &authors[random.random_range(0..authors.len())];
            let post = author.say("new").await;
            if random.random_bool(0.5) {
                let arrived = async || reader.feed_ids().await.contains(&post);
                eventually("the new post is in the feed", arrived).await;
            }
        }
        if old.len() > 10 && random.random_bool(0.3) {
            let (author, gone) = old.swap_remove(random.random_range(0..old.len()));
            authors[author]
                .delete(&format!("/v1/posts/{gone}"))
                .await
                .expect(204);
        }
    }
}

#[tokio::test]
async fn lists_of_follows_skip_and_repeat_nothing_while_people_come_and_go() {
    let nova = Nova::shared().await;
    let star = nova.user("star").await;
    let mut fans = Vec::new();
    for _ in 0..7 {
        let fan = nova.user("fan").await;
        fan.follow(&star).await;
        fans.push(fan);
    }
    let path = format!("/v1/users/{}/followers", star.id);
    let first = star.page(&path, 3, None).await;
    let late = nova.user("late").await;
    late.follow(&star).await;
    // One of those still to come leaves.
    fans[1].unfollow(&star).await;
    let rest = star.page(&path, 100, first["next_cursor"].as_str()).await;
    let walk = [
        ids(first["items"].as_array().expect("items")),
        ids(rest["items"].as_array().expect("items")),
    ];
    let expected: Vec<&String> = [6, 5, 4, 3, 2, 0]
        .map(|number: usize| &fans[number].id)
        .to_vec();
    assert_eq!(walk.concat().iter().collect::<Vec<_>>(), expected);
}
