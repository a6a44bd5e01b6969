//! Mutes: an event, and nothing else here.

use nova_ids::UserId;
use nova_proto::identity::v1::{UserMuted, UserUnmuted};
use nova_testkit::{Stack, eventually};

use crate::people::{block, follow, followers, names, send, unblock, unfollow};
use crate::{register, start};

#[tokio::test]
async fn a_mute_needs_no_follow_outlives_one_and_is_told_once() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    let mute = async |method: &str, id: &str| {
        send(&app, &ada, method, &format!("/v1/users/{id}/mute")).await
    };
    let muted = async || names(&app, Some(&ada), "/v1/users/me/mutes", 1).await;
    mute("DELETE", &ben.id).await.expect(204);
    for other in [&ben, &ben, &cas] {
        mute("PUT", &other.id).await.expect(204);
    }
    assert_eq!(muted().await, ["cas", "ben"]);
    // Whoever is muted sees no difference, and is followed or not as before.
    send(&app, &ben, "GET", &format!("/v1/users/{}", ada.id))
        .await
        .expect(200);
    let of_ben = names(&app, Some(&ben), "/v1/users/me/mutes", 1).await;
    assert_eq!(of_ben, [""; 0]);
    follow(&app, &ada, &ben).await.expect(204);
    assert_eq!(followers(&app, &ben, &ben).await, ["ada"]);
    unfollow(&app, &ada, &ben).await.expect(204);
    assert_eq!(muted().await, ["cas", "ben"]);
    for _ in 0..2 {
        mute("DELETE", &ben.id).await.expect(204);
    }
    assert_eq!(muted().await, ["cas"]);
    mute("PUT", &ben.id).await.expect(204);
    assert_eq!(muted().await, ["ben", "cas"]);

    let mutes = eventually("three mutes are published", async || {
        let mutes = stack.published::<UserMuted>().await;
        if mutes.len() == 3 {
            Ok(mutes)
        } else {
            Err(mutes)
        }
    })
    .await;
    let told: Vec<_> = mutes
        .iter()
        .map(|event| (event.muted_user_id.as_str(), event.revision))
        .collect();
    assert_eq!(told, [(&*ben.id, 1), (&*cas.id, 1), (&*ben.id, 3)]);
    let ends = stack.published::<UserUnmuted>().await;
    let [end] = ends.as_slice() else {
        panic!("{ends:?}");
    };
    assert_eq!((&end.key, &end.user_id), (&ada.id, &ada.id));
    assert_eq!((&end.muted_user_id, end.revision), (&ben.id, 2));
    assert!(end.unmuted_at.is_some() && mutes.iter().all(|event| event.muted_at.is_some()));
    stack.finish().await;
}

/// A block hides the name here as everywhere, and the mute is as it was behind it.
#[tokio::test]
async fn a_block_hides_a_mute_and_does_not_end_it() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let muted = async || names(&app, Some(&ada), "/v1/users/me/mutes", 1).await;
    let path = format!("/v1/users/{}/mute", ben.id);
    send(&app, &ada, "PUT", &path).await.expect(204);
    block(&app, &ben, &ada).await.expect(204);
    assert_eq!(muted().await, [""; 0]);
    unblock(&app, &ben, &ada).await.expect(204);
    assert_eq!(muted().await, ["ben"]);
    stack.finish().await;
}

#[tokio::test]
async fn nobody_mutes_themself_or_nobody() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    for method in ["PUT", "DELETE"] {
        let mute = async |id: &str| {
            let path = format!("/v1/users/{id}/mute");
            send(&app, &ada, method, &path).await
        };
        let oneself = mute(&ada.id).await;
        assert_eq!(oneself.wrong_fields(422, "oneself"), ["id"]);
        assert_eq!(
            oneself.json::<serde_json::Value>()["errors"][0]["code"],
            "self_mute"
        );
        let nobody = mute(&UserId::new().to_string()).await;
        nobody.problem(404, "not_found");
        let malformed = mute("me").await;
        assert_eq!(malformed.wrong_fields(400, "invalid_request"), ["id"]);
        let path = format!("/v1/users/{}/mute", ada.id);
        let anonymous = app.request(method, &path).await;
        anonymous.problem(401, "unauthenticated");
    }
    let path = format!("/v1/users/{}/mute", ada.id);
    let stranger = stack.token(UserId::new());
    let answer = app.put(&path).bearer(&stranger).await;
    answer.problem(401, "invalid_token");
    app.get("/v1/users/me/mutes")
        .await
        .problem(401, "unauthenticated");
    stack.finish().await;
}
