//! Ada, and everybody who may ask about her.

use nova_proto::content::v1::{GetPostRequest, ListUserPostsRequest};
use nova_proto::feed::v1::GetHomeFeedRequest;
use nova_proto::identity::v1::{
    GetMeRequest, GetUserByUsernameRequest, GetUserRequest, ListBlocksRequest,
    ListFollowRequestsRequest, ListFollowersRequest, ListFollowingRequest, ListMutesRequest,
    ListSessionsRequest,
};
use nova_testkit::{Answer, eventually};
use nova_tests::contract::{Subject, filled};
use nova_tests::keys::{Key, claims};
use nova_tests::{Nova, User, id_of};
use serde_json::json;
use tonic::{Code, IntoRequest};

use super::put_in;
use crate::grpc::{Clients, with_token};

/// How they stand to Ada. `muted`: each mutes the other. `waiting`: asks to follow her. `blocked`: by her. `deleted`: has
/// left, with an access token from before. Ada comes last: what she does changes what there is.
pub(super) const WHO: [&str; 10] = [
    "stranger",
    "follower",
    "muted",
    "waiting",
    "blocked",
    "blocking",
    "deleted",
    "anonymous",
    "forged",
    "self",
];

/// Ada, who is locked, with a post for all and one for followers, and those who ask about her.
pub(super) struct Scene {
    pub(super) nova: Nova,
    pub(super) ada: User,
    people: Vec<User>,
    pub(super) public: String,
    for_followers: String,
    /// What Ada has uploaded, an avatar that she wears, and what she is uploading.
    medium: String,
    avatar: String,
    upload: String,
    /// A conversation of hers, and what she has said there.
    conversation: String,
    message: String,
    /// A post of who has left, and a picture of theirs.
    posts_of_gone: String,
    avatar_of_gone: String,
}

/// Says something in a conversation; the id of the message.
async fn say_in(user: &User, conversation: &str) -> String {
    let path = format!("/v1/conversations/{conversation}/messages");
    let said = user.post(&path).json(json!({ "content": "a word" })).await;
    id_of(&said.expect(201))
}

impl Scene {
    pub(super) async fn set() -> Self {
        let nova = Nova::shared().await;
        let people = WHO.iter().take(7).map(|who| nova.user(who));
        let (ada, people) = futures::join!(nova.user("ada"), futures::future::join_all(people));
        let follower = &people[1];
        follower.follow(&ada).await;
        let locked = ada.patch("/v1/users/me").json(json!({ "locked": true }));
        locked.await.expect(200);
        let public = ada.say_to("PUBLIC", "for all").await;
        let for_followers = ada.say_to("FOLLOWERS_ONLY", "for followers").await;
        let (medium, avatar) = futures::join!(ada.upload("post"), ada.upload("avatar"));
        let upload = ada.begin_upload().await;
        let body = json!({ "type": "GROUP", "member_ids": [] });
        let conversation = ada.post("/v1/conversations").json(body).await;
        let conversation = id_of(&conversation.expect(201));
        let message = say_in(&ada, &conversation).await;
        let posts_of_gone = people[6].say("gone with the wind").await;
        let avatar_of_gone = people[6].upload("avatar").await;
        let scene = Self {
            nova,
            ada,
            people,
            public,
            for_followers,
            medium,
            avatar,
            upload,
            conversation,
            message,
            posts_of_gone,
            avatar_of_gone,
        };
        scene.put_right().await;
        let gone = scene.person("deleted");
        let password = json!({ "password": gone.password });
        let left = gone.delete("/v1/users/me").json(password).await;
        left.expect(202);
        scene.is_known_everywhere().await;
        scene
    }

    /// Content has heard of follow and blocks, messaging of who has left.
    async fn is_known_everywhere(&self) {
        let path = |post: &str| format!("/v1/posts/{post}");
        for (who, post, status) in [
            ("follower", &self.for_followers, 200),
            ("blocked", &self.public, 404),
            ("blocking", &self.public, 404),
        ] {
            let person = self.person(who);
            eventually("content has heard of it", async || {
                person.get(&path(post)).await.status == status
            })
            .await;
        }
        let gone = self.person("deleted");
        eventually("messaging has heard of it", async || {
            gone.get("/v1/conversations").await.status == 401
        })
        .await;
    }

    /// Content and media have heard that they have left.
    pub(super) async fn is_gone_everywhere(&self, gone: &User) {
        let path = format!("/v1/posts/{}", self.posts_of_gone);
        eventually("the post is gone", async || {
            self.nova.get(&path).await.status == 404
        })
        .await;
        let picture = format!("/v1/media/{}/avatar/64", self.avatar_of_gone);
        eventually("the picture is gone", async || {
            self.nova.get(&picture).await.status == 404
        })
        .await;
        let profile = self.nova.get(&format!("/v1/users/{}", gone.id)).await;
        assert_eq!(profile.status, 404);
    }

    pub(super) fn person(&self, who: &str) -> &User {
        let at = WHO.iter().position(|known| *known == who);
        at.and_then(|at| self.people.get(at)).unwrap_or(&self.ada)
    }

    /// The path of a row, about Ada or as the row says.
    pub(super) async fn path(&self, row: &str, template: &str) -> String {
        let (operation, about) = row.split_once(' ').unwrap_or((row, ""));
        let user = match about {
            "of waiting" => self.person("waiting"),
            _ => &self.ada,
        };
        let (post, medium, upload, message);
        let mut subject = Subject {
            user,
            ..self.of_ada(template)
        };
        match (operation, about) {
            ("delete_post", _) => {
                post = self.ada.say("to be deleted").await;
                subject.post = &post;
            }
            ("delete_message", _) => {
                message = say_in(&self.ada, &self.conversation).await;
                subject.message = &message;
            }
            ("delete_media", _) => {
                medium = self.ada.upload("post").await;
                subject.medium = &medium;
            }
            ("end_upload" | "update_upload", _) => {
                upload = self.ada.begin_upload().await;
                subject.upload = &upload;
            }
            (_, "for followers") => subject.post = &self.for_followers,
            _ => {}
        }
        filled(template, &subject)
    }

    /// What is Ada's, for this path.
    pub(super) fn of_ada(&self, template: &str) -> Subject<'_> {
        let is_avatar = template.contains("/avatar/");
        Subject {
            user: &self.ada,
            post: &self.public,
            medium: if is_avatar {
                &self.avatar
            } else {
                &self.medium
            },
            upload: &self.upload,
            conversation: &self.conversation,
            message: &self.message,
        }
    }

    /// What is of who has left.
    pub(super) fn of_gone(&self) -> Subject<'_> {
        Subject {
            medium: &self.avatar_of_gone,
            ..Subject::new(self.person("deleted"), &self.posts_of_gone)
        }
    }

    fn token(&self, who: &str) -> Option<String> {
        match who {
            "anonymous" => None,
            // Signed by somebody else, in Ada's name.
            "forged" => Some(Key::new(self.nova.key().kid()).sign(&claims(&self.ada.id))),
            who => Some(self.person(who).access_token.clone()),
        }
    }

    pub(super) async fn ask(&self, who: &str, method: &str, path: &str, operation: &str) -> Answer {
        let mut request = self.nova.request(method, path);
        if let Some(token) = self.token(who) {
            request = request.bearer(token);
        }
        put_in(operation, request).await
    }

    /// Everybody stands to Ada as before, whatever they did.
    pub(super) async fn put_right(&self) {
        let of_ada = |what: &str| format!("/v1/users/{}/{what}", self.ada.id);
        let must = |answer: Answer, statuses: &[u16]| {
            assert!(statuses.contains(&answer.status), "{}", answer.text());
            answer.status
        };
        for who in &WHO[..6] {
            let person = self.person(who);
            for (what, stays) in [
                ("block", *who == "blocking"),
                ("follow", ["follower", "waiting"].contains(who)),
                ("mute", *who == "muted"),
            ] {
                if !stays {
                    must(person.delete(&of_ada(what)).await, &[204, 404]);
                }
            }
        }
        let [follower, muted, waiting, blocked] =
            ["follower", "muted", "waiting", "blocked"].map(|who| self.person(who));
        if must(follower.put(&of_ada("follow")).await, &[204, 202]) == 202 {
            let accept = format!("/v1/users/me/follow-requests/{}", follower.id);
            must(self.ada.put(&accept).await, &[204]);
        }
        let remove = format!("/v1/users/me/followers/{}", waiting.id);
        must(self.ada.delete(&remove).await, &[204]);
        must(waiting.put(&of_ada("follow")).await, &[202]);
        must(muted.put(&of_ada("mute")).await, &[204]);
        let mute = format!("/v1/users/{}/mute", muted.id);
        must(self.ada.put(&mute).await, &[204]);
        let block = format!("/v1/users/{}/block", blocked.id);
        must(self.ada.put(&block).await, &[204]);
        let blocking = self.person("blocking");
        must(blocking.put(&of_ada("block")).await, &[204]);
    }

    /// What is answered over gRPC, by the names of the operations of REST.
    pub(super) async fn ask_over_grpc(&self, who: &str) -> Vec<(&'static str, Code)> {
        let mut grpc = Clients::connect(&self.nova).await;
        let token = self.token(who);
        let mut answers = Vec::new();
        macro_rules! ask {
            ($name:literal, $client:ident . $method:ident, $request:expr) => {
                let request = match &token {
                    Some(token) => with_token($request, token),
                    None => $request.into_request(),
                };
                let code = match grpc.$client.$method(request).await {
                    Ok(_) => Code::Ok,
                    Err(refusal) => refusal.code(),
                };
                answers.push(($name, code));
            };
        }
        let (user_id, id) = (self.ada.id.clone(), self.public.clone());
        let username = self.ada.username.clone();
        let post = |id: &str| GetPostRequest { id: id.to_owned() };
        let posts = ListUserPostsRequest {
            user_id: user_id.clone(),
            ..Default::default()
        };
        let followers = ListFollowersRequest {
            user_id: user_id.clone(),
            ..Default::default()
        };
        let following = ListFollowingRequest {
            user_id: user_id.clone(),
            ..Default::default()
        };
        ask!("get_post", content.get_post, post(&id));
        ask!(
            "get_post for followers",
            content.get_post,
            post(&self.for_followers)
        );
        ask!("list_user_posts", content.list_user_posts, posts);
        ask!(
            "get_home_feed",
            feed.get_home_feed,
            GetHomeFeedRequest::default()
        );
        ask!(
            "get_user",
            identity.get_user,
            GetUserRequest { id: user_id }
        );
        ask!(
            "get_user_by_username",
            identity.get_user_by_username,
            GetUserByUsernameRequest { username }
        );
        ask!("list_followers", identity.list_followers, followers);
        ask!("list_following", identity.list_following, following);
        ask!("get_me", identity.get_me, GetMeRequest {});
        ask!(
            "list_sessions",
            identity.list_sessions,
            ListSessionsRequest::default()
        );
        ask!(
            "list_blocks",
            relations.list_blocks,
            ListBlocksRequest::default()
        );
        ask!(
            "list_mutes",
            relations.list_mutes,
            ListMutesRequest::default()
        );
        ask!(
            "list_follow_requests",
            relations.list_follow_requests,
            ListFollowRequestsRequest::default()
        );
        answers
    }
}
