//! Who leaves is gone from every service at once, back from every service by signing in, and erased in the end. Who is
//! blocked is blocked in every service.

mod traces;

use nova_proto::content::v1::{GetPostRequest, ListUserPostsRequest};
use nova_proto::feed::v1::GetHomeFeedRequest;
use nova_proto::identity::v1::{
    BlockRequest, DeleteAccountRequest, FollowRequest, GetUserByUsernameRequest, GetUserRequest,
    ListFollowersRequest,
};
use nova_testkit::{Answer, eventually};
use nova_tests::checks::{is_problem, is_refused, text};
use nova_tests::{Nova, User, id_of, unique};
use serde_json::{Value, json};
use tonic::Code;

use crate::export::export;
use crate::grpc::{Clients, by, code};
use traces::{Needles, in_databases, in_redis};

async fn leave(user: &User) {
    let password = json!({ "password": user.password });
    let answer = user.delete("/v1/users/me").json(password).await;
    assert_eq!((answer.status, answer.body.len()), (202, 0));
}

async fn sign_in(nova: &Nova, user: &User) -> Answer {
    let credentials = json!({ "username": user.username, "password": user.password });
    nova.post("/v1/auth/login").json(credentials).await
}

async fn ids(viewer: &User, path: &str) -> Vec<String> {
    viewer.list(path, 100).await.iter().map(id_of).collect()
}

/// What somebody sees of somebody, as over HTTP: whether the profile, by id and by name, and which of the posts.
async fn seen(viewer: &User, of: &User, posts: &[&String]) -> (bool, bool, Vec<String>, Vec<bool>) {
    let is_there = async |path: String| {
        let status = viewer.get(&path).await.status;
        assert!([200, 404].contains(&status), "{path}: {status}");
        status == 200
    };
    let mut by_themselves = Vec::new();
    for post in posts {
        by_themselves.push(is_there(format!("/v1/posts/{post}")).await);
    }
    (
        is_there(format!("/v1/users/{}", of.id)).await,
        is_there(format!("/v1/users/by-username/{}", of.username)).await,
        ids(viewer, &format!("/v1/users/{}/posts", of.id)).await,
        by_themselves,
    )
}

/// The same over gRPC.
async fn seen_over_grpc(
    grpc: &mut Clients,
    viewer: &User,
    of: &User,
    posts: &[&String],
) -> (bool, bool, Vec<String>, Vec<bool>) {
    let is_there = |code: Code| {
        assert!([Code::Ok, Code::NotFound].contains(&code), "{code:?}");
        code == Code::Ok
    };
    let mut by_themselves = Vec::new();
    for post in posts {
        let post = GetPostRequest {
            id: (*post).clone(),
        };
        let answer = grpc.content.get_post(by(viewer, post)).await;
        by_themselves.push(is_there(
            answer.err().map_or(Code::Ok, |error| error.code()),
        ));
    }
    let by_id = GetUserRequest { id: of.id.clone() };
    let by_id = grpc.identity.get_user(by(viewer, by_id)).await;
    let username = of.username.clone();
    let by_name = GetUserByUsernameRequest { username };
    let by_name = grpc
        .identity
        .get_user_by_username(by(viewer, by_name))
        .await;
    let list = ListUserPostsRequest {
        user_id: of.id.clone(),
        ..Default::default()
    };
    let list = grpc.content.list_user_posts(by(viewer, list)).await;
    let list = list.expect("a list").into_inner().items;
    (
        is_there(by_id.err().map_or(Code::Ok, |error| error.code())),
        is_there(by_name.err().map_or(Code::Ok, |error| error.code())),
        list.into_iter().map(|post| post.id).collect(),
        by_themselves,
    )
}

/// Waits until somebody sees somebody or nobody, of all these posts, newest first, over HTTP and gRPC, at this replica.
async fn sees(nova: &Nova, viewer: &User, of: &User, posts: &[&String], is_there: bool) {
    let viewer = nova.known(viewer);
    let mut grpc = Clients::connect(nova).await;
    let list = posts
        .iter()
        .copied()
        .filter(|_| is_there)
        .cloned()
        .collect();
    let expected = (is_there, is_there, list, vec![is_there; posts.len()]);
    let what = format!("{} sees {}: {is_there}", viewer.username, of.username);
    eventually(&what, async || {
        let both = [
            seen(&viewer, of, posts).await,
            seen_over_grpc(&mut grpc, &viewer, of, posts).await,
        ];
        if both.iter().all(|seen| *seen == expected) {
            Ok(())
        } else {
            Err(both)
        }
    })
    .await;
}

/// Waits until the home feed over gRPC holds these posts.
async fn feed_over_grpc_becomes(nova: &Nova, user: &User, posts: &[&String]) {
    let mut grpc = Clients::connect(nova).await;
    eventually("the feed over gRPC", async || {
        let request = by(user, GetHomeFeedRequest::default());
        let page = grpc.feed.get_home_feed(request).await.expect("a feed");
        let items = page.into_inner().items.into_iter();
        let ids: Vec<String> = items.filter_map(|item| Some(item.post?.id)).collect();
        if ids.iter().eq(posts.iter().copied()) {
            Ok(())
        } else {
            Err(ids)
        }
    })
    .await;
}

#[tokio::test]
async fn who_leaves_is_gone_from_every_service_and_back_by_signing_in() {
    let one = Nova::start().await;
    let other = one.replica().await;
    let (ada, fan) = (one.user("ada").await, one.user("fan").await);
    fan.follow(&ada).await;
    ada.follow(&fan).await;
    let own = fan.say("the fan's own").await;
    let older = ada.say("for all").await;
    let newer = ada.say_to("FOLLOWERS_ONLY", "for the fan").await;
    fan.feed_becomes(&[&newer, &older, &own]).await;
    sees(&other, &fan, &ada, &[&newer, &older], true).await;

    leave(&ada).await;
    let followers = format!("/v1/users/{}/followers", fan.id);
    let following = format!("/v1/users/{}/following", fan.id);
    for nova in [&one, &other] {
        let (fan, ada) = (nova.known(&fan), nova.known(&ada));
        sees(nova, &fan, &ada, &[&newer, &older], false).await;
        fan.feed_becomes(&[&own]).await;
        feed_over_grpc_becomes(nova, &fan, &[&own]).await;
        for list in [&followers, &following] {
            assert_eq!(ids(&fan, list).await, [""; 0]);
        }
        // What is done with a token from before, nobody sees; of the account it opens nothing.
        let me = ada.get("/v1/users/me").await;
        is_refused(&me, 401, "invalid_token");
        let follow = ada.put(&format!("/v1/users/{}/follow", fan.id)).await;
        is_refused(&follow, 401, "invalid_token");
    }
    let late = ada.say("by who has left").await;
    assert_eq!(fan.get(&format!("/v1/posts/{late}")).await.status, 404);
    let refresh = json!({ "refresh_token": ada.refresh_token });
    is_problem(&one.post("/v1/auth/refresh").json(refresh).await, 401);

    let session = sign_in(&other, &ada).await.expect(200);
    assert_eq!(session["user"]["id"], ada.id);
    let token = text(&session["access_token"]);
    let me = other.get("/v1/users/me").bearer(token).await.expect(200);
    assert_eq!(me["email"], ada.email);
    for nova in [&one, &other] {
        let fan = nova.known(&fan);
        sees(nova, &fan, &ada, &[&late, &newer, &older], true).await;
        fan.feed_becomes(&[&late, &newer, &older, &own]).await;
        for list in [&followers, &following] {
            assert_eq!(ids(&fan, list).await, [ada.id.as_str()]);
        }
    }
    drop(other);
    one.finish().await;
}

/// Does what leaves something in every service, and gives back the words in it.
async fn live(nova: &Nova, user: &User, others: [&User; 2]) -> Needles {
    let (word, name) = (unique("word"), unique("Name"));
    let [fan, other] = others;
    let profile = json!({
        "display_name": name, "avatar_url": format!("https://example.org/{name}.png"), "locked": true,
    });
    user.patch("/v1/users/me").json(profile).await.expect(200);
    user.follow(fan).await;
    let path = |of: &User, what: &str| format!("/v1/users/{}/{what}", of.id);
    fan.put(&path(user, "follow")).await.expect(202);
    let accept = format!("/v1/users/me/follow-requests/{}", fan.id);
    user.put(&accept).await.expect(204);
    other.put(&path(user, "follow")).await.expect(202);
    fan.put(&path(user, "mute")).await.expect(204);
    fan.delete(&path(user, "mute")).await.expect(204);
    user.put(&path(fan, "mute")).await.expect(204);
    let post = json!({ "content": format!("{word} in a post"), "tags": [word] });
    let made = user.post("/v1/posts").idempotency_key(&word).json(post);
    let made = id_of(&made.await.expect(201));
    let deleted = user.say(&format!("{word} deleted")).await;
    user.delete(&format!("/v1/posts/{deleted}"))
        .await
        .expect(204);
    // Muted: of the other's posts nothing is in the feed, of one's own all is; and there is a timeline.
    user.feed_becomes(&[&made]).await;
    sign_in(nova, user).await.expect(200);
    export(user).await;
    Needles::new(user, &[word, name])
}

/// Two who leave, over HTTP and over gRPC.
#[tokio::test]
async fn of_who_does_not_come_back_no_service_keeps_anything() {
    let nova = Nova::start_with(&[("NOVA_ACCOUNT_GRACE", "1s")]).await;
    let (ada, bob) = (nova.user("ada").await, nova.user("bob").await);
    let (fan, other) = (nova.user("fan").await, nova.user("other").await);
    let fans = fan.say("stays").await;
    let mut needles = Vec::new();
    for user in [&ada, &bob] {
        needles.push(live(&nova, user, [&fan, &other]).await);
    }
    let forgot = json!({ "email": ada.email });
    nova.post("/v1/auth/forgot-password")
        .json(forgot)
        .await
        .expect(202);
    let token = nova.stack().mail_to(&ada.email, 2).await.token();
    let block = format!("/v1/users/{}/block", other.id);
    bob.put(&block).await.expect(204);
    for needles in &needles {
        let found = in_databases(nova.stack(), needles).await;
        for service in ["identity", "content", "feed"] {
            let is_of = |place: &String| place.starts_with(&format!("{service}."));
            assert!(found.iter().any(is_of), "{service}: {found:?}");
        }
        let exported = "identity.export_parts: text".to_owned();
        assert!(found.contains(&exported), "{found:?}");
        assert!(!in_redis(nova.stack(), needles).await.is_empty());
    }

    leave(&ada).await;
    let mut grpc = Clients::connect(&nova).await;
    let delete = |password: &str| DeleteAccountRequest {
        password: password.to_owned(),
    };
    let wrong = grpc
        .accounts
        .delete_account(by(&bob, delete("wrong")))
        .await;
    assert_eq!(code(wrong), Code::PermissionDenied);
    let right = grpc
        .accounts
        .delete_account(by(&bob, delete(&bob.password)))
        .await;
    right.expect("a deletion");
    for needles in &needles {
        needles.are_gone(nova.stack()).await;
    }

    for user in [&ada, &bob] {
        is_refused(&sign_in(&nova, user).await, 401, "invalid_credentials");
        // With a token from before nothing begins anew.
        let late = user
            .post("/v1/posts")
            .json(json!({ "content": "late" }))
            .await;
        is_refused(&late, 401, "invalid_token");
        assert_eq!(user.feed_ids().await, [""; 0]);
        let follow = format!("/v1/users/{}/follow", fan.id);
        is_refused(&user.put(&follow).await, 401, "invalid_token");
        let follow = format!("/v1/users/{}/follow", user.id);
        is_refused(&fan.put(&follow).await, 404, "not_found");
    }
    let reset = json!({ "token": token, "new_password": "another secret" });
    let reset = nova.post("/v1/auth/reset-password").json(reset).await;
    is_refused(&reset, 400, "invalid_token");
    for needles in &needles {
        needles.are_gone(nova.stack()).await;
    }
    // Nothing of others is lost.
    fan.feed_becomes(&[&fans]).await;
    fan.get("/v1/users/me").await.expect(200);
    nova.finish().await;
}

/// Each of the two blocks once, over gRPC and over HTTP.
#[tokio::test]
async fn a_block_hides_each_from_the_other_in_every_service() {
    let one = Nova::start().await;
    let other = one.replica().await;
    let (ada, ben, third) = (
        one.user("ada").await,
        one.user("ben").await,
        one.user("third").await,
    );
    ada.follow(&ben).await;
    ben.follow(&ada).await;
    for followed in [&ada, &ben] {
        third.follow(followed).await;
    }
    let adas = ada.say("by ada").await;
    let bens = ben.say_to("FOLLOWERS_ONLY", "by ben").await;
    ada.feed_becomes(&[&bens, &adas]).await;
    ben.feed_becomes(&[&bens, &adas]).await;

    let mut grpc = Clients::connect(&one).await;
    let user_id = ben.id.clone();
    let block = grpc
        .relations
        .block(by(&ada, BlockRequest { user_id }))
        .await;
    block.expect("a block");
    for nova in [&other, &one] {
        let [ada, ben, third] = [&ada, &ben, &third].map(|user| nova.known(user));
        sees(nova, &ada, &ben, &[&bens], false).await;
        sees(nova, &ben, &ada, &[&adas], false).await;
        sees(nova, &third, &ben, &[&bens], true).await;
        ada.feed_becomes(&[&adas]).await;
        feed_over_grpc_becomes(nova, &ben, &[&bens]).await;
        third.feed_becomes(&[&bens, &adas]).await;
        // Nor in lists of third parties.
        let following = format!("/v1/users/{}/following", third.id);
        assert_eq!(ids(&ada, &following).await, [ada.id.as_str()]);
        assert_eq!(ids(&third, &following).await.len(), 2);
    }
    let user_id = ada.id.clone();
    let follow = grpc
        .identity
        .follow(by(&ben, FollowRequest { user_id }))
        .await;
    assert_eq!(code(follow), Code::NotFound);

    // Both block, and only when neither does they see each other again; the follows stay ended.
    let block = |user: &User| format!("/v1/users/{}/block", user.id);
    ben.put(&block(&ada)).await.expect(204);
    ada.delete(&block(&ben)).await.expect(204);
    sees(&other, &ada, &ben, &[&bens], false).await;
    ben.delete(&block(&ada)).await.expect(204);
    sees(&other, &ben, &ada, &[&adas], true).await;
    assert_eq!(
        ids(&ada, &format!("/v1/users/{}/posts", ben.id)).await,
        [""; 0]
    );
    ada.feed_becomes(&[&adas]).await;
    ben.feed_becomes(&[&bens]).await;
    let list = ListFollowersRequest {
        user_id: ada.id.clone(),
        ..Default::default()
    };
    let page = grpc.identity.list_followers(by(&ben, list)).await;
    let page: Vec<Value> = page
        .expect("a list")
        .into_inner()
        .items
        .into_iter()
        .map(|user| json!(user.id))
        .collect();
    assert_eq!(page, [json!(third.id)]);
    drop(other);
    one.finish().await;
}
