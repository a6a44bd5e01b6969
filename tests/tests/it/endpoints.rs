//! The endpoints that take a body, as a table: what each field takes, and a body that is accepted.

use nova_testkit::{Answer, Request};
use nova_tests::{Nova, User, unique};
use serde_json::{Value, json};

/// What a field of a body takes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Takes {
    /// A text with rules of its own.
    Text,
    /// A text that is only compared with others: nonsense is wrong, not malformed.
    Credential,
    /// One of a few words.
    Word,
    /// A list of texts.
    Texts,
    /// True or false.
    Flag,
}

pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    pub(crate) required: bool,
}

/// An endpoint that takes a body, with a body that it would accept.
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) fields: Vec<Field>,
    user: User,
}

impl Endpoint {
    pub(crate) fn request(&self) -> Request {
        self.user.request(self.method, &self.path)
    }

    pub(crate) async fn send(&self, body: impl Into<Vec<u8>>) -> Answer {
        self.request()
            .header("content-type", "application/json")
            .body(body)
            .await
    }

    /// The good body with one field put to this value.
    pub(crate) async fn send_with(&self, field: &str, value: &Value) -> Answer {
        let mut body = self.body.clone();
        body[field] = value.clone();
        self.send(body.to_string()).await
    }

    /// For messages of failed assertions.
    pub(crate) fn called(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

const fn required(name: &'static str, takes: Takes) -> Field {
    Field {
        name,
        takes,
        required: true,
    }
}

const fn optional(name: &'static str, takes: Takes) -> Field {
    Field {
        name,
        takes,
        required: false,
    }
}

/// All of them, called by a user who may.
pub(crate) async fn endpoints(nova: &Nova) -> Vec<Endpoint> {
    use Takes::{Credential, Flag, Text, Texts, Word};
    let user = nova.user("bad").await;
    let post = user.say("to be edited").await;
    let username = unique("new");
    let endpoint = |method, path: &str, body, fields: Vec<Field>| Endpoint {
        method,
        path: path.to_owned(),
        body,
        fields,
        user: user.clone(),
    };
    vec![
        endpoint(
            "POST",
            "/v1/auth/register",
            json!({ "username": username, "email": format!("{username}@example.org"), "password": "long enough" }),
            vec![
                required("username", Text),
                required("email", Text),
                required("password", Credential),
                optional("display_name", Text),
            ],
        ),
        endpoint(
            "POST",
            "/v1/auth/login",
            json!({ "username": user.username, "password": user.password }),
            vec![
                optional("username", Credential),
                required("password", Credential),
            ],
        ),
        endpoint(
            "POST",
            "/v1/auth/refresh",
            json!({ "refresh_token": "none" }),
            vec![required("refresh_token", Credential)],
        ),
        endpoint(
            "POST",
            "/v1/auth/logout",
            json!({ "refresh_token": "none" }),
            vec![required("refresh_token", Credential)],
        ),
        endpoint(
            "POST",
            "/v1/auth/verify-email",
            json!({ "token": "none" }),
            vec![required("token", Credential)],
        ),
        endpoint(
            "POST",
            "/v1/auth/forgot-password",
            json!({ "email": user.email }),
            vec![required("email", Text)],
        ),
        endpoint(
            "PATCH",
            "/v1/users/me",
            json!({ "display_name": "New Name" }),
            vec![
                optional("username", Text),
                optional("display_name", Text),
                optional("avatar_url", Text),
                optional("locked", Flag),
            ],
        ),
        endpoint(
            "PUT",
            "/v1/users/me/password",
            // So that it is good as often as it is sent.
            json!({ "current_password": user.password, "new_password": user.password }),
            vec![
                required("current_password", Credential),
                required("new_password", Credential),
            ],
        ),
        endpoint(
            "POST",
            "/v1/posts",
            json!({ "content": "new" }),
            vec![
                required("content", Text),
                optional("type", Word),
                optional("visibility", Word),
                optional("tags", Texts),
            ],
        ),
        endpoint(
            "PATCH",
            &format!("/v1/posts/{post}"),
            json!({ "content": "edited" }),
            vec![
                optional("content", Text),
                optional("visibility", Word),
                optional("tags", Texts),
            ],
        ),
    ]
}
