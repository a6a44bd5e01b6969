//! What leaves a service as an event carries its trace, its cause and the names any CloudEvents
//! consumer expects.

use nova_proto::catalogue::Event;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::feed::v1::FeedUpdated;
use nova_proto::identity::v1::{UserFollowed, UserProfileUpdated, UserRegistered, UserUnfollowed};
use nova_testkit::{Published, eventually};
use nova_tests::{Nova, User, id_of};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Waits for the one event that is about this.
async fn event<E: Event + Clone>(nova: &Nova, is_it: impl Fn(&E) -> bool) -> Published<E> {
    eventually(
        &format!("a {} is published", E::INFO.event_type),
        async || {
            nova.stack()
                .published::<E>()
                .await
                .into_iter()
                .find(|event| is_it(event))
        },
    )
    .await
}

#[track_caller]
fn header<'a, E>(event: &'a Published<E>, name: &str) -> &'a str {
    let values: Vec<&str> = event
        .headers
        .iter()
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .collect();
    let [value] = values[..] else {
        panic!("{} times {name} in {:?}", values.len(), event.headers)
    };
    value
}

/// Asserts that the headers are those of CloudEvents 1.0 in binary mode.
#[track_caller]
fn is_cloud_event<E: Event>(event: &Published<E>, owner: &str, key: &str) {
    assert_eq!(header(event, "ce_specversion"), "1.0");
    assert_eq!(header(event, "ce_type"), E::INFO.event_type);
    assert_eq!(header(event, "ce_source"), format!("/nova/{owner}"));
    assert_eq!(header(event, "ce_subject"), event.event.subject());
    assert_eq!(header(event, "ce_partitionkey"), key);
    assert_eq!(event.key, key);
    // Posts have had media since 1.1.
    let is_of_media = ["nova.content.v1.PostCreated", "nova.content.v1.PostUpdated"];
    let version = if is_of_media.contains(&E::INFO.event_type) {
        "1.1"
    } else {
        "1.0"
    };
    assert_eq!(header(event, "ce_dataversion"), version);
    assert_eq!(header(event, "content-type"), "application/protobuf");
    let id = Uuid::parse_str(header(event, "ce_id")).expect("a UUID");
    assert_eq!(id.get_version_num(), 7);
    Uuid::parse_str(header(event, "ce_correlationid")).expect("a UUID");
    let age = OffsetDateTime::now_utc()
        - OffsetDateTime::parse(header(event, "ce_time"), &Rfc3339).expect("a time");
    assert!(age.whole_seconds().abs() < 120, "{age}");
}

/// An author and someone whom their posts reach by now.
async fn author_and_follower(nova: &Nova) -> (User, User) {
    let (author, follower) = (nova.user("author").await, nova.user("follower").await);
    follower.follow(&author).await;
    let first = author.say("the first").await;
    follower.feed_becomes(&[&first]).await;
    (author, follower)
}

#[tokio::test]
async fn a_trace_goes_on_through_kafka() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let request = author
        .post("/v1/posts")
        .json(json!({ "content": "traced" }));
    let request = request.header("traceparent", format!("00-{TRACE_ID}-{PARENT}-01"));
    let post = id_of(&request.await.expect(201));

    let created = event::<PostCreated>(&nova, |event| event.post_id == post).await;
    let traceparent: Vec<&str> = header(&created, "traceparent").split('-').collect();
    let [version, trace, span, _] = traceparent[..] else {
        panic!("{traceparent:?}")
    };
    assert_eq!((version, trace, span.len()), ("00", TRACE_ID, 16));
    // The event's parent is the work that made it, not the caller's.
    assert_ne!(span, PARENT);
}

#[tokio::test]
async fn a_trace_goes_on_in_what_follows_from_an_event() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let trace_id = Uuid::new_v4().simple().to_string();
    let request = author
        .post("/v1/posts")
        .json(json!({ "content": "traced" }));
    let request = request.header("traceparent", format!("00-{trace_id}-{PARENT}-01"));
    let post = id_of(&request.await.expect(201));
    let updated = event::<FeedUpdated>(&nova, |event| {
        event.post_id == post && event.user_id == follower.id
    })
    .await;
    let traceparent = header(&updated, "traceparent");
    assert_eq!(traceparent.split('-').nth(1), Some(trace_id.as_str()));
}

#[tokio::test]
async fn the_state_of_a_trace_goes_with_it() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let trace_id = Uuid::new_v4().simple();
    let request = author
        .post("/v1/posts")
        .header("traceparent", format!("00-{trace_id}-{PARENT}-01"));
    let request = request.header("tracestate", "vendor=abc,other=1");
    let post = id_of(
        &request
            .json(json!({ "content": "traced" }))
            .await
            .expect(201),
    );
    let created = event::<PostCreated>(&nova, |event| event.post_id == post).await;
    assert_eq!(header(&created, "tracestate"), "vendor=abc,other=1");
}

#[tokio::test]
async fn an_event_names_the_one_that_led_to_it() {
    let nova = Nova::shared().await;
    let (author, follower) = author_and_follower(&nova).await;
    let post = author.say("the cause").await;
    let cause = event::<PostCreated>(&nova, |event| event.post_id == post).await;
    let effect = event::<FeedUpdated>(&nova, |event| {
        event.post_id == post && event.user_id == follower.id
    })
    .await;
    assert_eq!(header(&effect, "ce_causationid"), cause.id);
    assert_eq!(
        header(&effect, "ce_correlationid"),
        header(&cause, "ce_correlationid")
    );
    is_cloud_event(&effect, "feed", &follower.id);
}

#[tokio::test]
async fn events_of_posts_tell_all_and_are_keyed_as_the_catalogue_says() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let body =
        json!({ "content": "first", "type": "REEL", "visibility": "PRIVATE", "tags": ["a", "b"] });
    let post = id_of(&author.publish(body).await);
    let path = format!("/v1/posts/{post}");
    author
        .patch(&path)
        .json(json!({ "content": "second" }))
        .await
        .expect(200);
    author.delete(&path).await.expect(204);

    let created = event::<PostCreated>(&nova, |event| event.post_id == post).await;
    is_cloud_event(&created, "content", &author.id);
    assert_eq!((created.content.as_str(), created.revision), ("first", 1));
    assert_eq!(
        (
            created.r#type().as_str_name(),
            created.visibility().as_str_name()
        ),
        ("POST_TYPE_REEL", "POST_VISIBILITY_PRIVATE")
    );
    assert_eq!(created.tags, ["a", "b"]);
    let updated = event::<PostUpdated>(&nova, |event| event.post_id == post).await;
    is_cloud_event(&updated, "content", &post);
    assert_eq!(
        (updated.content.as_deref(), updated.revision),
        (Some("second"), 2)
    );
    assert_eq!(
        (updated.user_id.as_str(), &updated.tags),
        (author.id.as_str(), &created.tags)
    );
    assert_eq!(updated.created_at, created.created_at);
    let deleted = event::<PostDeleted>(&nova, |event| event.post_id == post).await;
    is_cloud_event(&deleted, "content", &post);
    assert!(deleted.revision > updated.revision);
    assert_eq!(deleted.user_id, author.id);
}

#[tokio::test]
async fn events_of_users_tell_all_and_are_keyed_by_the_user() {
    let nova = Nova::shared().await;
    let (user, other) = (nova.user("user").await, nova.user("other").await);
    user.patch("/v1/users/me")
        .json(json!({ "display_name": "Renamed" }))
        .await
        .expect(200);
    user.follow(&other).await;
    user.unfollow(&other).await;

    let registered = event::<UserRegistered>(&nova, |event| event.user_id == user.id).await;
    is_cloud_event(&registered, "identity", &user.id);
    assert_eq!(
        (&registered.username, registered.revision),
        (&user.username, 1)
    );
    let updated = event::<UserProfileUpdated>(&nova, |event| event.user_id == user.id).await;
    is_cloud_event(&updated, "identity", &user.id);
    assert_eq!(updated.display_name.as_deref(), Some("Renamed"));
    assert_eq!(updated.username.as_deref(), Some(user.username.as_str()));
    assert!(updated.revision > 1);
    let followed = event::<UserFollowed>(&nova, |event| event.user_id == user.id).await;
    is_cloud_event(&followed, "identity", &user.id);
    assert_eq!(followed.followed_user_id, other.id);
    let unfollowed = event::<UserUnfollowed>(&nova, |event| event.user_id == user.id).await;
    is_cloud_event(&unfollowed, "identity", &user.id);
    assert_eq!(unfollowed.followed_user_id, other.id);
    assert!(unfollowed.revision > followed.revision);
}

#[tokio::test]
async fn what_changes_nothing_publishes_nothing() {
    let nova = Nova::shared().await;
    let (user, other) = (nova.user("user").await, nova.user("other").await);
    user.follow(&other).await;
    user.follow(&other).await;
    let post = user.say("as it is").await;
    let path = format!("/v1/posts/{post}");
    user.patch(&path)
        .json(json!({ "content": "as it is" }))
        .await
        .expect(200);
    user.patch("/v1/users/me").json(json!({})).await.expect(200);
    // Published after all of these, on the same keys.
    user.unfollow(&other).await;
    user.delete(&path).await.expect(204);
    event::<UserUnfollowed>(&nova, |event| event.user_id == user.id).await;
    event::<PostDeleted>(&nova, |event| event.post_id == post).await;

    let follows = nova.stack().published::<UserFollowed>().await;
    assert_eq!(
        follows
            .iter()
            .filter(|event| event.user_id == user.id)
            .count(),
        1
    );
    let edits = nova.stack().published::<PostUpdated>().await;
    assert_eq!(
        edits.iter().filter(|event| event.post_id == post).count(),
        0
    );
    let profiles = nova.stack().published::<UserProfileUpdated>().await;
    assert_eq!(
        profiles
            .iter()
            .filter(|event| event.user_id == user.id)
            .count(),
        0
    );
}
