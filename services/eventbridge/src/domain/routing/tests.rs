use nova_proto::routing::find;
use serde_json::json;

use super::*;

fn data(value: Value) -> Data {
    let Value::Object(data) = value else { panic!() };
    data
}

fn routed(event_type: &str, value: Value) -> Routed {
    route(find(event_type).unwrap(), &data(value))
}

fn post(visibility: &str, post_id: PostId, author: UserId) -> Routed {
    let message = json!({ "post_id": post_id, "user_id": author, "visibility": visibility,
        "revision": 3, "tags": ["Rust", "sse", "RUST", "no tag"] });
    routed("nova.content.v1.PostUpdated", message)
}

#[test]
fn public_posts_reach_their_author_and_who_follows() {
    let (post_id, author) = (PostId::new(), UserId::new());
    let routed = post(PUBLIC, post_id, author);
    assert_eq!(routed.channels, [Channel::Me(author)]);
    assert_eq!(routed.shows, [author]);
    let change = routed.post.unwrap();
    assert_eq!((change.post_id, change.revision), (post_id, 3));
    let tag = |tag: &str| Channel::Tag(tag.to_owned());
    let public = [
        Channel::User(author),
        Channel::Post(post_id),
        tag("rust"),
        tag("sse"),
    ];
    assert_eq!(change.public, public);
}

#[test]
fn other_posts_reach_their_author_alone() {
    for visibility in [
        "POST_VISIBILITY_PRIVATE",
        "POST_VISIBILITY_FOLLOWERS_ONLY",
        "POST_VISIBILITY_UNSPECIFIED",
        "9",
    ] {
        let author = UserId::new();
        let routed = post(visibility, PostId::new(), author);
        assert_eq!(routed.channels, [Channel::Me(author)]);
        assert_eq!(routed.post.unwrap().public, []);
    }
}

fn change(revision: i64, is_public: bool) -> PostChange {
    let post_id = PostId::new();
    let public = if is_public {
        vec![Channel::Post(post_id)]
    } else {
        Vec::new()
    };
    PostChange {
        post_id,
        revision,
        public,
    }
}

/// What is told of each event, one after the other.
fn told(events: &[(i64, bool)]) -> Vec<Told> {
    let mut known = None;
    let tell = |(revision, is_public): &(i64, bool)| {
        let (told, state) = change(*revision, *is_public).judge(known);
        known = Some(state);
        told
    };
    events.iter().map(tell).collect()
}

#[test]
fn that_a_post_is_no_longer_public_is_told_once() {
    use Told::{Departed, Nothing, Whole};
    let (public, hidden) = (true, false);
    assert_eq!(
        told(&[
            (1, public),
            (2, public),
            (3, hidden),
            (4, hidden),
            (5, hidden)
        ]),
        [Whole, Whole, Departed, Nothing, Nothing]
    );
    assert_eq!(
        told(&[(1, hidden), (2, hidden), (3, hidden)]),
        [Nothing, Nothing, Nothing]
    );
    assert_eq!(
        told(&[
            (1, hidden),
            (2, public),
            (3, hidden),
            (4, public),
            (5, hidden)
        ]),
        [Nothing, Whole, Departed, Whole, Departed]
    );
}

#[test]
fn what_comes_late_brings_nothing_back() {
    use Told::{Departed, Nothing, Whole};
    assert_eq!(told(&[(2, false), (1, true)]), [Nothing, Nothing]);
    assert_eq!(told(&[(2, true), (1, true)]), [Whole, Whole]);
    // A second delivery, and a refill from the beginning.
    assert_eq!(
        told(&[(1, true), (1, true), (2, false), (2, false)]),
        [Whole, Whole, Departed, Departed]
    );
    assert_eq!(
        told(&[(1, true), (2, false), (1, true), (2, false)]),
        [Whole, Departed, Nothing, Departed]
    );
}

#[test]
fn messages_reach_sender_and_recipients() {
    let (sender, one, two) = (UserId::new(), UserId::new(), UserId::new());
    let sent = routed(
        "nova.messaging.v1.MessageSent",
        json!({ "sender_id": sender, "recipient_ids": [one, two, one, "?", ""] }),
    );
    assert_eq!(sent.channels, [sender, one, two].map(Channel::Me));
    assert_eq!(sent.shows, [sender]);
    let id = ConversationId::new();
    let reacted = routed(
        "nova.messaging.v1.MessageReacted",
        json!({ "conversation_id": id, "position": 9, "user_id": one,
        "message": { "sender_id": sender } }),
    );
    assert_eq!(reacted.channels, [Channel::Me(sender)]);
    assert_eq!(
        reacted.members,
        Some(Members {
            conversation_id: id,
            position: Some(9)
        })
    );
    assert_eq!(reacted.shows, [sender, one]);
    let read = routed(
        "nova.messaging.v1.MessageRead",
        json!({ "conversation_id": id, "user_id": one }),
    );
    assert_eq!(
        read.members,
        Some(Members {
            conversation_id: id,
            position: None
        })
    );
}

#[test]
fn who_is_followed_is_told_by_whom_alone() {
    let (follower, followed) = (UserId::new(), UserId::new());
    let table = find("nova.identity.v1.UserFollowed").unwrap();
    let mut message =
        data(json!({ "user_id": follower, "followed_user_id": followed, "revision": 4 }));
    assert_eq!(route(table, &message).channels, [Channel::Me(followed)]);
    assert_eq!(user(table, &message), Some(follower.to_string().as_str()));
    cut(table, &mut message);
    assert_eq!(
        Value::Object(message),
        json!({ "user_id": follower, "followed_user_id": followed })
    );
}

#[test]
fn what_names_nobody_reaches_nobody() {
    for table in nova_proto::routing::ROUTES {
        assert!(
            route(table, &Data::new()).is_empty(),
            "{}",
            table.event_type
        );
    }
}

#[test]
fn what_nobody_is_shown_is_cut_however_deep() {
    let table = find("nova.messaging.v1.MessageEdited").unwrap();
    let mut message = data(json!({
        "email": "a", "message": {
            "email": "a",
            "media": [{ "id": 1, "pending": true }, { "id": 2, "pending": false, "token": "t" }],
            "reactions": [{ "emoji": "x", "user_ids": ["u"], "mine": false, "count": 1 }],
        },
    }));
    cut(table, &mut message);
    let left = json!({ "message": {
        "media": [{ "id": 2, "pending": false }],
        "reactions": [{ "emoji": "x", "count": 1 }],
    } });
    assert_eq!(Value::Object(message), left);
}

#[test]
fn what_a_node_sends_itself_goes_to_no_user() {
    let id = uuid::Uuid::now_v7();
    let routed = |node_id: &str| {
        routed(
            "nova.eventbridge.v1.CanarySent",
            json!({ "node_id": node_id, "sent_at": "2026-11-21T00:47:00Z" }),
        )
    };
    let expected = Routed {
        channels: vec![Channel::Node(id)],
        ..Routed::default()
    };
    assert_eq!(routed(&id.to_string()), expected);
    for nobody in ["", "me", "1"] {
        assert!(routed(nobody).is_empty(), "{nobody}");
    }
}
