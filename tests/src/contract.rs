//! What clients rely on: every operation, written down by hand, so that none comes, goes or changes unseen.

use std::collections::{BTreeMap, BTreeSet};

use crate::User;

/// An operation: method, path, the name that clients call it by, and the errors that are its own.
pub type Operation = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// Every operation. All can answer [`EVERYWHERE`] too; those that take a body, [`OF_A_BODY`].
pub const OPERATIONS: &[Operation] = &[
    ("GET", "/.well-known/jwks.json", "list_keys", &["429"]),
    ("GET", "/health/eventbridge", "check_eventbridge", &[]),
    ("GET", "/health/live", "check_liveness", &[]),
    ("GET", "/health/ready", "check_readiness", &[]),
    ("GET", "/metrics", "get_metrics", &[]),
    (
        "POST",
        "/v1/auth/forgot-password",
        "forgot_password",
        &["429"],
    ),
    ("POST", "/v1/auth/login", "log_in", &["429"]),
    ("POST", "/v1/auth/logout", "log_out", &["429"]),
    ("POST", "/v1/auth/refresh", "refresh_session", &["429"]),
    (
        "POST",
        "/v1/auth/register",
        "register_user",
        &["409", "429"],
    ),
    (
        "POST",
        "/v1/auth/reset-password",
        "reset_password",
        &["429"],
    ),
    ("POST", "/v1/auth/verify-email", "verify_email", &["429"]),
    (
        "GET",
        "/v1/chat/ws",
        "connect_chat",
        &["400", "403", "426", "429"],
    ),
    (
        "GET",
        "/v1/conversations",
        "list_conversations",
        &["400", "429"],
    ),
    (
        "POST",
        "/v1/conversations",
        "create_conversation",
        &["403", "404", "422", "429"],
    ),
    (
        "GET",
        "/v1/conversations/{id}",
        "get_conversation",
        &["400", "404", "429"],
    ),
    (
        "PATCH",
        "/v1/conversations/{id}",
        "update_conversation",
        &["403", "404", "422", "429"],
    ),
    (
        "PUT",
        "/v1/conversations/{id}/members/{user_id}",
        "change_member",
        &["400", "403", "404", "413", "415", "422", "429"],
    ),
    (
        "DELETE",
        "/v1/conversations/{id}/members/{user_id}",
        "remove_member",
        &["400", "403", "404", "422", "429"],
    ),
    (
        "GET",
        "/v1/conversations/{id}/messages",
        "list_messages",
        &["400", "404", "429"],
    ),
    (
        "POST",
        "/v1/conversations/{id}/messages",
        "create_message",
        &["403", "404", "422", "429"],
    ),
    (
        "GET",
        "/v1/conversations/{id}/messages/search",
        "list_found_messages",
        &["400", "404", "429"],
    ),
    (
        "PATCH",
        "/v1/conversations/{id}/messages/{message_id}",
        "update_message",
        &["403", "404", "429"],
    ),
    (
        "DELETE",
        "/v1/conversations/{id}/messages/{message_id}",
        "delete_message",
        &["400", "403", "404", "429"],
    ),
    (
        "PUT",
        "/v1/conversations/{id}/messages/{message_id}/reactions/{emoji}",
        "create_reaction",
        &["400", "403", "404", "422", "429"],
    ),
    (
        "DELETE",
        "/v1/conversations/{id}/messages/{message_id}/reactions/{emoji}",
        "delete_reaction",
        &["400", "403", "404", "429"],
    ),
    (
        "PUT",
        "/v1/conversations/{id}/mute",
        "mute_conversation",
        &["400", "404", "413", "415", "429"],
    ),
    (
        "PUT",
        "/v1/conversations/{id}/read",
        "update_read_mark",
        &["400", "404", "413", "415", "422", "429"],
    ),
    ("GET", "/v1/events", "follow_events", &["400", "406", "429"]),
    (
        "POST",
        "/v1/events/session",
        "begin_events_session",
        &["429"],
    ),
    ("POST", "/v1/events/tickets", "give_events_ticket", &["429"]),
    ("GET", "/v1/feed", "get_home_feed", &["400", "429"]),
    ("GET", "/v1/media", "list_media", &["400", "429"]),
    ("POST", "/v1/media", "create_media", &["408", "422", "429"]),
    (
        "OPTIONS",
        "/v1/media/uploads",
        "get_upload_options",
        &["429"],
    ),
    (
        "POST",
        "/v1/media/uploads",
        "create_upload",
        &["408", "412", "422", "429"],
    ),
    (
        "HEAD",
        "/v1/media/uploads/{id}",
        "get_upload",
        &["400", "404", "410", "412", "429"],
    ),
    (
        "PATCH",
        "/v1/media/uploads/{id}",
        "update_upload",
        &["404", "408", "409", "410", "412", "429", "460"],
    ),
    (
        "DELETE",
        "/v1/media/uploads/{id}",
        "end_upload",
        &["400", "404", "410", "412", "429"],
    ),
    ("GET", "/v1/media/{id}", "get_media", &["400", "404", "429"]),
    (
        "DELETE",
        "/v1/media/{id}",
        "delete_media",
        &["400", "404", "429"],
    ),
    (
        "GET",
        "/v1/media/{id}/avatar/{size}",
        "get_media_avatar",
        &["400", "404", "416", "429"],
    ),
    (
        "GET",
        "/v1/media/{id}/content",
        "get_media_content",
        &["400", "404", "409", "416", "429"],
    ),
    (
        "GET",
        "/v1/media/{id}/thumbnail/{size}",
        "get_media_thumbnail",
        &["400", "404", "409", "416", "429"],
    ),
    ("POST", "/v1/posts", "create_post", &["422", "429"]),
    ("GET", "/v1/posts/{id}", "get_post", &["400", "404", "429"]),
    (
        "PATCH",
        "/v1/posts/{id}",
        "update_post",
        &["403", "404", "412", "429"],
    ),
    (
        "DELETE",
        "/v1/posts/{id}",
        "delete_post",
        &["400", "403", "404", "412", "429"],
    ),
    (
        "GET",
        "/v1/users/by-username/{username}",
        "get_user_by_username",
        &["400", "404", "429"],
    ),
    ("GET", "/v1/users/me", "get_me", &["429"]),
    ("PATCH", "/v1/users/me", "update_me", &["409", "429"]),
    (
        "DELETE",
        "/v1/users/me",
        "delete_me",
        &["400", "403", "413", "415", "429"],
    ),
    ("GET", "/v1/users/me/blocks", "list_blocks", &["400", "429"]),
    ("GET", "/v1/users/me/export", "get_export", &["400", "429"]),
    (
        "GET",
        "/v1/users/me/follow-requests",
        "list_follow_requests",
        &["400", "429"],
    ),
    (
        "PUT",
        "/v1/users/me/follow-requests/{user_id}",
        "accept_follow_request",
        &["400", "404", "422", "429"],
    ),
    (
        "DELETE",
        "/v1/users/me/follow-requests/{user_id}",
        "refuse_follow_request",
        &["400", "404", "429"],
    ),
    (
        "DELETE",
        "/v1/users/me/followers/{user_id}",
        "remove_follower",
        &["400", "404", "422", "429"],
    ),
    ("GET", "/v1/users/me/mutes", "list_mutes", &["400", "429"]),
    (
        "PUT",
        "/v1/users/me/password",
        "change_password",
        &["400", "403", "413", "415", "429"],
    ),
    (
        "GET",
        "/v1/users/me/sessions",
        "list_sessions",
        &["400", "429"],
    ),
    (
        "DELETE",
        "/v1/users/me/sessions/{id}",
        "end_session",
        &["400", "404", "429"],
    ),
    ("GET", "/v1/users/{id}", "get_user", &["400", "404", "429"]),
    (
        "PUT",
        "/v1/users/{id}/block",
        "block_user",
        &["400", "404", "422", "429"],
    ),
    (
        "DELETE",
        "/v1/users/{id}/block",
        "unblock_user",
        &["400", "404", "422", "429"],
    ),
    (
        "PUT",
        "/v1/users/{id}/follow",
        "follow_user",
        &["400", "404", "422", "429"],
    ),
    (
        "DELETE",
        "/v1/users/{id}/follow",
        "unfollow_user",
        &["400", "404", "429"],
    ),
    (
        "GET",
        "/v1/users/{id}/followers",
        "list_followers",
        &["400", "404", "429"],
    ),
    (
        "GET",
        "/v1/users/{id}/following",
        "list_following",
        &["400", "404", "429"],
    ),
    (
        "PUT",
        "/v1/users/{id}/mute",
        "mute_user",
        &["400", "404", "422", "429"],
    ),
    (
        "DELETE",
        "/v1/users/{id}/mute",
        "unmute_user",
        &["400", "404", "422", "429"],
    ),
    (
        "GET",
        "/v1/users/{id}/posts",
        "list_user_posts",
        &["400", "429"],
    ),
];

/// Whoever sends a bad token is told so everywhere; everything can fail.
pub const EVERYWHERE: [&str; 3] = ["401", "500", "503"];
/// What a body can be refused with.
pub const OF_A_BODY: [&str; 3] = ["400", "413", "415"];

/// Whether an operation takes a body: what is posted about events is said by the token alone.
#[must_use]
pub fn takes_a_body(method: &str, path: &str) -> bool {
    ["POST", "PATCH"].contains(&method) && !path.starts_with("/v1/events/")
}

/// Every error of an operation.
#[must_use]
pub fn errors((method, path, _, own): &Operation) -> BTreeSet<String> {
    let of_a_body: &[&str] = if takes_a_body(method, path) {
        &OF_A_BODY
    } else {
        &[]
    };
    let errors = [&EVERYWHERE, *own, of_a_body].concat();
    errors.into_iter().map(str::to_owned).collect()
}

/// Every path that there is, filled in, with the methods that it takes.
#[must_use]
pub fn routes(subject: &Subject<'_>) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut routes = BTreeMap::from([("/openapi.json".to_owned(), BTreeSet::from(["GET"]))]);
    for (method, path, ..) in OPERATIONS {
        let methods = routes.entry(filled(path, subject)).or_default();
        methods.insert(*method);
    }
    routes
}

/// What paths are about.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Someone.
    pub user: &'a User,
    /// A post.
    pub post: &'a str,
    /// A medium, which for the path of an avatar is one.
    pub medium: &'a str,
    /// An upload.
    pub upload: &'a str,
    /// A conversation.
    pub conversation: &'a str,
    /// A message of it.
    pub message: &'a str,
}

impl<'a> Subject<'a> {
    /// A user, with a post if need be, where nothing is asked of media and messages.
    #[must_use]
    pub fn new(user: &'a User, post: &'a str) -> Self {
        Self {
            user,
            post,
            medium: post,
            upload: post,
            conversation: post,
            message: post,
        }
    }
}

/// A path with its variables filled in by what is really there.
#[must_use]
pub fn filled(path: &str, subject: &Subject<'_>) -> String {
    let user = subject.user;
    let id = if path.starts_with("/v1/posts/") {
        subject.post.to_owned()
    } else if path.starts_with("/v1/media/uploads/") {
        subject.upload.to_owned()
    } else if path.starts_with("/v1/media/") {
        subject.medium.to_owned()
    } else if path.starts_with("/v1/conversations/") {
        subject.conversation.to_owned()
    } else if path.starts_with("/v1/users/me/sessions/") {
        user.session_id()
    } else {
        user.id.clone()
    };
    let size = if path.contains("/avatar/") {
        "64"
    } else {
        "small"
    };
    let query = match path {
        // What it needs is in its query.
        path if path.ends_with("/search") => "?q=word",
        // Nobody gives such a channel: what is answered well has no end.
        "/v1/events" => "?channels=nothing",
        _ => "",
    };
    let path = path.replace("{id}", &id) + query;
    path.replace("{user_id}", &user.id)
        .replace("{message_id}", subject.message)
        .replace("{emoji}", "%F0%9F%91%8D")
        .replace("{username}", &user.username)
        .replace("{size}", size)
}
