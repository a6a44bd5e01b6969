//! The home feed: what a user and those they follow have posted, newest first.

use nova_testkit::eventually;
use nova_tests::checks::{is_feed_item, is_page, is_refused};
use nova_tests::{Nova, User, id_of, unique};
use serde_json::{Value, json};

async fn author_and_follower(nova: &Nova) -> (User, User) {
    let (author, follower) = (nova.user("author").await, nova.user("follower").await);
    follower.follow(&author).await;
    (author, follower)
}

/// The feed's item of a post, when it is there.
async fn item_of(reader: &User, post: &str) -> Option<Value> {
    reader
        .feed()
        .await
        .into_iter()
        .find(|item| item["post"]["id"] == post)
}

async fn edit(author: &User, post: &str, change: Value) -> Value {
    author
        .patch(&format!("/v1/posts/{post}"))
        .json(change)
        .await
        .expect(200)
}

#[tokio::test]
async fn a_post_travels_to_a_followers_feed() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let post = author
        .publish(json!({ "content": "hello 🦀", "type": "VIDEO", "visibility": "FOLLOWERS_ONLY", "tags": ["t"] }))
        .await;
    follower.feed_becomes(&[&id_of(&post)]).await;

    let page = follower.get("/v1/feed").await.expect(200);
    let items = is_page(&page, is_feed_item);
    let profile = nova
        .get(&format!("/v1/users/{}", author.id))
        .await
        .expect(200);
    let shown = json!({
        "post": post,
        "author": { "id": author.id, "username": author.username, "display_name": profile["display_name"], "avatar_url": null },
    });
    assert_eq!(items, &[shown]);
    assert_eq!(page["next_cursor"], Value::Null);
}

#[tokio::test]
async fn the_feed_needs_a_token() {
    let nova = Nova::shared().await;
    is_refused(&nova.get("/v1/feed").await, 401, "unauthenticated");
}

#[tokio::test]
async fn a_new_users_feed_is_empty() {
    let nova = Nova::shared().await;
    let user = nova.user("new").await;
    assert_eq!(
        user.get("/v1/feed").await.expect(200),
        json!({ "items": [], "next_cursor": null })
    );
}

#[tokio::test]
async fn ones_own_posts_are_there_private_ones_too() {
    let nova = Nova::shared().await;
    let user = nova.user("own").await;
    let mut posts = Vec::new();
    for visibility in ["PUBLIC", "PRIVATE", "FOLLOWERS_ONLY"] {
        posts.insert(0, user.say_to(visibility, "mine").await);
    }
    user.feed_becomes(&posts.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn followers_see_what_is_for_them_and_nothing_private() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let public = author.say_to("PUBLIC", "for all").await;
    let _private = author.say_to("PRIVATE", "for me").await;
    let followers_only = author.say_to("FOLLOWERS_ONLY", "for friends").await;
    // Made last, so it arrives last: what is not there by then does not come.
    let last = author.say_to("PUBLIC", "the last").await;
    follower
        .feed_becomes(&[&last, &followers_only, &public])
        .await;
}

#[tokio::test]
async fn strangers_posts_are_not_there_nor_those_of_ones_followers() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let stranger = nova.user("stranger").await;
    stranger.say("unheard").await;
    let by_follower = follower.say("said to those below").await;
    follower.feed_becomes(&[&by_follower]).await;
    let by_author = author.say("heard").await;
    follower.feed_becomes(&[&by_author, &by_follower]).await;
    author.feed_becomes(&[&by_author]).await;
}

#[tokio::test]
async fn posts_of_many_authors_are_merged_newest_first() {
    let nova = Nova::shared().await;
    let reader = nova.user("reader").await;
    let authors = [
        nova.user("a").await,
        nova.user("b").await,
        nova.user("c").await,
    ];
    for author in &authors {
        reader.follow(author).await;
    }
    let mut expected = Vec::new();
    for turn in 0..12 {
        let author = [&authors[0], &authors[1], &authors[2], &reader][turn * 5 % 4];
        expected.insert(0, author.say(&format!("turn {turn}")).await);
    }
    reader
        .feed_becomes(&expected.iter().collect::<Vec<_>>())
        .await;
}

#[tokio::test]
async fn a_follow_brings_in_old_posts_and_an_unfollow_takes_all_out() {
    let nova = Nova::shared().await;
    let (author, reader) = (nova.user("author").await, nova.user("reader").await);
    let old = author.say("before").await;
    let old_for_followers = author.say_to("FOLLOWERS_ONLY", "before, for friends").await;
    let own = reader.say("mine").await;
    reader.feed_becomes(&[&own]).await;

    reader.follow(&author).await;
    reader.feed_becomes(&[&own, &old_for_followers, &old]).await;
    let new = author.say("after").await;
    reader
        .feed_becomes(&[&new, &own, &old_for_followers, &old])
        .await;

    reader.unfollow(&author).await;
    reader.feed_becomes(&[&own]).await;
    reader.follow(&author).await;
    reader
        .feed_becomes(&[&new, &own, &old_for_followers, &old])
        .await;
}

#[tokio::test]
async fn a_follow_of_one_leaves_the_others_where_they_are() {
    let nova = Nova::shared().await;
    let reader = nova.user("reader").await;
    let (kept, left) = (nova.user("kept").await, nova.user("left").await);
    let (by_kept, by_left) = (kept.say("stays").await, left.say("goes").await);
    reader.follow(&kept).await;
    reader.follow(&left).await;
    reader.feed_becomes(&[&by_left, &by_kept]).await;
    reader.unfollow(&left).await;
    reader.feed_becomes(&[&by_kept]).await;
}

#[tokio::test]
async fn an_edit_arrives_whole_and_does_not_move_the_post() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let (old, new) = (author.say("old").await, author.say("new").await);
    follower.feed_becomes(&[&new, &old]).await;
    let edited = edit(
        &author,
        &old,
        json!({ "content": "edited", "tags": ["changed"] }),
    )
    .await;
    eventually("the edit is in the feed", async || {
        let item = item_of(&follower, &old).await.expect("the post stays");
        if item["post"] == edited {
            Ok(())
        } else {
            Err(item)
        }
    })
    .await;
    assert_eq!(follower.feed_ids().await, [new, old]);
}

#[tokio::test]
async fn a_deleted_post_leaves_every_feed() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let (gone, kept) = (author.say("gone").await, author.say("kept").await);
    follower.feed_becomes(&[&kept, &gone]).await;
    author
        .delete(&format!("/v1/posts/{gone}"))
        .await
        .expect(204);
    follower.feed_becomes(&[&kept]).await;
    author.feed_becomes(&[&kept]).await;
}

#[tokio::test]
async fn changes_of_visibility_take_a_post_out_and_bring_it_back() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let post = author.say_to("PRIVATE", "a secret").await;
    let marker = author.say("a marker").await;
    follower.feed_becomes(&[&marker]).await;
    for visibility in ["FOLLOWERS_ONLY", "PRIVATE", "PUBLIC", "PRIVATE"] {
        edit(&author, &post, json!({ "visibility": visibility })).await;
        match visibility {
            "PRIVATE" => follower.feed_becomes(&[&marker]).await,
            _ => follower.feed_becomes(&[&marker, &post]).await,
        }
        author.feed_becomes(&[&marker, &post]).await;
    }
}

#[tokio::test]
async fn many_quick_edits_end_with_the_last() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let post = author.say("revision 1").await;
    let mut last = Value::Null;
    for revision in 2..=20 {
        last = edit(
            &author,
            &post,
            json!({ "content": format!("revision {revision}") }),
        )
        .await;
    }
    eventually("the last edit is in the feed", async || {
        let item = item_of(&follower, &post)
            .await
            .ok_or_else(|| "no post".to_owned())?;
        if item["post"] == last {
            Ok(())
        } else {
            Err(item.to_string())
        }
    })
    .await;
}

#[tokio::test]
async fn a_post_that_is_edited_and_deleted_at_once_does_not_come_back() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let mut markers = Vec::new();
    for number in 0..5 {
        let post = author.say("short-lived").await;
        edit(&author, &post, json!({ "content": "edited" })).await;
        author
            .delete(&format!("/v1/posts/{post}"))
            .await
            .expect(204);
        markers.insert(0, author.say(&format!("marker {number}")).await);
    }
    follower
        .feed_becomes(&markers.iter().collect::<Vec<_>>())
        .await;
}

#[tokio::test]
async fn authors_are_shown_with_the_names_they_have_now() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let post = author.say("who am I?").await;
    follower.feed_becomes(&[&post]).await;
    let (username, display_name) = (unique("renamed"), "Someone Else");
    let avatar = "https://pictures.example/someone.png";
    let change =
        json!({ "username": username, "display_name": display_name, "avatar_url": avatar });
    author.patch("/v1/users/me").json(change).await.expect(200);
    let expected = json!({
        "id": author.id, "username": username, "display_name": display_name, "avatar_url": avatar,
    });
    for reader in [&follower, &author] {
        eventually("the new name is in the feed", async || {
            let item = item_of(reader, &post).await.expect("the post stays");
            if item["author"] == expected {
                Ok(())
            } else {
                Err(item)
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_post_reaches_everyone_who_follows() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let mut followers = Vec::new();
    for _ in 0..8 {
        let follower = nova.user("follower").await;
        follower.follow(&author).await;
        followers.push(follower);
    }
    let post = author.say("to all of you").await;
    for follower in &followers {
        follower.feed_becomes(&[&post]).await;
    }
}

#[tokio::test]
async fn an_empty_redis_changes_no_answer() {
    let nova = Nova::start().await;
    let (author, follower) = author_and_follower(&nova).await;
    let mut posts = Vec::new();
    for number in 0..30 {
        posts.insert(0, author.say(&format!("post {number}")).await);
    }
    follower
        .feed_becomes(&posts.iter().collect::<Vec<_>>())
        .await;

    for round in 0..5 {
        let whole = follower.feed().await;
        let first = follower.page("/v1/feed", 7, None).await;
        empty_redis(&nova).await;
        assert_eq!(
            follower.page("/v1/feed", 7, None).await["items"],
            first["items"]
        );
        empty_redis(&nova).await;
        // A cursor from before is still good.
        let cursor = first["next_cursor"].as_str().expect("more");
        let second = follower.page("/v1/feed", 7, Some(cursor)).await;
        assert_eq!(second["items"].as_array().expect("items"), &whole[7..14]);
        empty_redis(&nova).await;
        assert_eq!(follower.list("/v1/feed", 4).await, whole);

        // What happens between a loss and the next read is not lost either.
        empty_redis(&nova).await;
        let new = author.say(&format!("round {round}")).await;
        let gone = posts.pop().expect("an old post");
        author
            .delete(&format!("/v1/posts/{gone}"))
            .await
            .expect(204);
        posts.insert(0, new);
        follower
            .feed_becomes(&posts.iter().collect::<Vec<_>>())
            .await;
    }
    nova.finish().await;
}

#[tokio::test]
async fn quick_follows_and_unfollows_end_as_the_last() {
    let nova = Nova::shared().await;
    let (kept, left) = (nova.user("kept").await, nova.user("left").await);
    let reader = nova.user("reader").await;
    let (by_kept, _) = (kept.say("stays").await, left.say("goes").await);
    for _ in 0..5 {
        tokio::join!(reader.follow(&kept), reader.follow(&left));
        tokio::join!(reader.unfollow(&kept), reader.unfollow(&left));
    }
    reader.follow(&kept).await;
    reader.feed_becomes(&[&by_kept]).await;
    let last = kept.say("the last").await;
    reader.feed_becomes(&[&last, &by_kept]).await;
}

#[tokio::test]
async fn a_feed_longer_than_what_is_cached_is_read_to_its_end() {
    let nova = Nova::start_with(&[("NOVA_FEED_TIMELINE_LENGTH", "10")]).await;
    let (author, follower) = author_and_follower(&nova).await;
    let mut posts = Vec::new();
    for number in 0..45 {
        let by = [&author, &follower][number % 2];
        posts.insert(0, by.say(&format!("post {number}")).await);
    }
    let expected: Vec<&String> = posts.iter().collect();
    follower.feed_becomes(&expected).await;
    for limit in [1, 7, 10, 11, 45] {
        let read = follower.list("/v1/feed", limit).await;
        let ids: Vec<String> = read.iter().map(|item| id_of(&item["post"])).collect();
        assert_eq!(ids, posts, "in pages of {limit}");
    }
    // What is deleted among those that are cached makes room for older ones.
    for gone in posts.drain(..8) {
        let by = [&author, &follower].into_iter();
        let mut deletions = Vec::new();
        for user in by {
            deletions.push(user.delete(&format!("/v1/posts/{gone}")).await.status);
        }
        assert!(deletions.contains(&204), "{deletions:?}");
    }
    follower
        .feed_becomes(&posts.iter().collect::<Vec<_>>())
        .await;
    let page = follower.page("/v1/feed", 10, None).await;
    assert_eq!(page["items"].as_array().map(Vec::len), Some(10));
    nova.finish().await;
}

/// What `FLUSHALL` would do to this platform, without touching that of others.
async fn empty_redis(nova: &Nova) {
    let mut redis = nova.stack().redis().await;
    let pattern = format!("{}*", nova.stack().redis_prefix);
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(pattern)
        .query_async(&mut redis)
        .await
        .expect("keys");
    if !keys.is_empty() {
        redis::cmd("DEL")
            .arg(keys)
            .exec_async(&mut redis)
            .await
            .expect("keys are deleted");
    }
}
