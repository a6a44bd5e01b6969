//! Following, unfollowing, and the lists of both.

use nova_tests::checks::{
    are_indistinguishable, blames, is_callers_fault, is_page, is_profile, is_refused,
};
use nova_tests::{Nova, User, id_of};
use serde_json::{Value, json};
use uuid::Uuid;

fn ids(page: &Value) -> Vec<String> {
    is_page(page, is_profile).iter().map(id_of).collect()
}

async fn followers(nova: &Nova, user: &User) -> Vec<String> {
    ids(&nova
        .get(&format!("/v1/users/{}/followers", user.id))
        .await
        .expect(200))
}

async fn following(nova: &Nova, user: &User) -> Vec<String> {
    ids(&nova
        .get(&format!("/v1/users/{}/following", user.id))
        .await
        .expect(200))
}

#[tokio::test]
async fn a_follow_answers_204_and_is_in_both_lists_at_once() {
    let nova = Nova::shared().await;
    let (fan, star) = (nova.user("fan").await, nova.user("star").await);
    let answer = fan.put(&format!("/v1/users/{}/follow", star.id)).await;
    assert_eq!(
        (answer.status, answer.body.len()),
        (204, 0),
        "{}",
        answer.text()
    );
    assert_eq!(followers(&nova, &star).await, [fan.id.as_str()]);
    assert_eq!(following(&nova, &fan).await, [star.id.as_str()]);
    assert!(followers(&nova, &fan).await.is_empty());
    assert!(following(&nova, &star).await.is_empty());
}

#[tokio::test]
async fn an_unfollow_answers_204_and_takes_it_out_of_both_lists() {
    let nova = Nova::shared().await;
    let (fan, star) = (nova.user("fan").await, nova.user("star").await);
    fan.follow(&star).await;
    let answer = fan.delete(&format!("/v1/users/{}/follow", star.id)).await;
    assert_eq!(
        (answer.status, answer.body.len()),
        (204, 0),
        "{}",
        answer.text()
    );
    assert!(followers(&nova, &star).await.is_empty());
    assert!(following(&nova, &fan).await.is_empty());
}

#[tokio::test]
async fn both_may_be_repeated_and_change_nothing_then() {
    let nova = Nova::shared().await;
    let (fan, star) = (nova.user("fan").await, nova.user("star").await);
    fan.unfollow(&star).await;
    for _ in 0..2 {
        fan.follow(&star).await;
        fan.follow(&star).await;
        assert_eq!(followers(&nova, &star).await, [fan.id.as_str()]);
        fan.unfollow(&star).await;
        fan.unfollow(&star).await;
        assert!(followers(&nova, &star).await.is_empty());
    }
}

#[tokio::test]
async fn many_follows_of_one_pair_at_the_same_time_are_one() {
    let nova = Nova::shared().await;
    let (fan, star) = (nova.user("fan").await, nova.user("star").await);
    let follow = || fan.follow(&star);
    tokio::join!(follow(), follow(), follow(), follow(), follow(), follow());
    assert_eq!(followers(&nova, &star).await, [fan.id.as_str()]);
}

#[tokio::test]
async fn two_who_follow_each_other_at_the_same_time_both_do() {
    let nova = Nova::shared().await;
    let (one, other) = (nova.user("one").await, nova.user("other").await);
    for _ in 0..5 {
        tokio::join!(one.follow(&other), other.follow(&one));
        assert_eq!(followers(&nova, &one).await, [other.id.as_str()]);
        assert_eq!(followers(&nova, &other).await, [one.id.as_str()]);
        tokio::join!(one.unfollow(&other), other.unfollow(&one));
        assert!(followers(&nova, &one).await.is_empty());
    }
}

#[tokio::test]
async fn lists_show_the_newest_follow_first() {
    let nova = Nova::shared().await;
    let star = nova.user("star").await;
    let fans = [
        nova.user("a").await,
        nova.user("b").await,
        nova.user("c").await,
    ];
    for fan in [&fans[1], &fans[0], &fans[2]] {
        fan.follow(&star).await;
        star.follow(fan).await;
    }
    let expected = [fans[2].id.clone(), fans[0].id.clone(), fans[1].id.clone()];
    assert_eq!(followers(&nova, &star).await, expected);
    assert_eq!(following(&nova, &star).await, expected);
}

#[tokio::test]
async fn one_does_not_follow_oneself_nor_who_is_not_there() {
    let nova = Nova::shared().await;
    let user = nova.user("lonely").await;
    let post = user.say("a post is no user").await;
    is_callers_fault(&user.put(&format!("/v1/users/{}/follow", user.id)).await);
    let unknown = user
        .put(&format!("/v1/users/{}/follow", Uuid::now_v7()))
        .await;
    is_refused(&unknown, 404, "not_found");
    are_indistinguishable(
        &unknown,
        &user.put(&format!("/v1/users/{post}/follow")).await,
    );
    assert!(following(&nova, &user).await.is_empty());
}

#[tokio::test]
async fn following_needs_a_token_and_an_id() {
    let nova = Nova::shared().await;
    let user = nova.user("someone").await;
    for method in ["PUT", "DELETE"] {
        let path = format!("/v1/users/{}/follow", user.id);
        is_refused(&nova.request(method, &path).await, 401, "unauthenticated");
        blames(&user.request(method, "/v1/users/nobody/follow").await, "id");
        blames(&user.request(method, "/v1/users/me/follow").await, "id");
    }
}

#[tokio::test]
async fn lists_of_who_is_not_there_are_404() {
    let nova = Nova::shared().await;
    for list in ["followers", "following"] {
        is_refused(
            &nova
                .get(&format!("/v1/users/{}/{list}", Uuid::now_v7()))
                .await,
            404,
            "not_found",
        );
        blames(&nova.get(&format!("/v1/users/nobody/{list}")).await, "id");
    }
}

#[tokio::test]
async fn an_empty_list_is_a_page_without_items() {
    let nova = Nova::shared().await;
    let user = nova.user("empty").await;
    let page = nova
        .get(&format!("/v1/users/{}/followers", user.id))
        .await
        .expect(200);
    assert_eq!(page, json!({ "items": [], "next_cursor": null }));
}
