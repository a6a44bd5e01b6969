//! The same operations over gRPC, on the same address, with reflection and health.

mod content;
mod feed;
mod identity;
mod server;

use nova_proto::content::v1::Post;
use nova_proto::content::v1::content_service_client::ContentServiceClient;
use nova_proto::feed::v1::feed_service_client::FeedServiceClient;
use nova_proto::identity::v1::account_service_client::AccountServiceClient;
use nova_proto::identity::v1::identity_service_client::IdentityServiceClient;
use nova_proto::identity::v1::relation_service_client::RelationServiceClient;
use nova_tests::{Nova, User};
use prost_types::Timestamp;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, IntoRequest, Request, Response, Status};

/// Clients of every service on one connection.
pub(crate) struct Clients {
    pub(crate) identity: IdentityServiceClient<Channel>,
    pub(crate) accounts: AccountServiceClient<Channel>,
    pub(crate) relations: RelationServiceClient<Channel>,
    pub(crate) content: ContentServiceClient<Channel>,
    pub(crate) feed: FeedServiceClient<Channel>,
    channel: Channel,
}

impl Clients {
    pub(crate) async fn connect(nova: &Nova) -> Self {
        let endpoint = Channel::from_shared(nova.base_url.clone()).expect("an address");
        let channel = endpoint.connect().await.expect("a connection");
        Self {
            identity: IdentityServiceClient::new(channel.clone()),
            accounts: AccountServiceClient::new(channel.clone()),
            relations: RelationServiceClient::new(channel.clone()),
            content: ContentServiceClient::new(channel.clone()),
            feed: FeedServiceClient::new(channel.clone()),
            channel,
        }
    }
}

pub(crate) fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = message.into_request();
    let token = MetadataValue::try_from(format!("Bearer {token}")).expect("a header");
    request.metadata_mut().insert("authorization", token);
    request
}

pub(crate) fn by<T>(user: &User, message: T) -> Request<T> {
    with_token(message, &user.access_token)
}

#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> Code {
    answer.expect_err("a refusal").code()
}

fn written(time: Option<Timestamp>) -> String {
    let time = time.expect("a time");
    let at = OffsetDateTime::from_unix_timestamp(time.seconds)
        .expect("a time")
        .replace_nanosecond(time.nanos.cast_unsigned());
    let at = at.expect("a time");
    let millis = at.millisecond();
    let seconds = at
        .replace_nanosecond(0)
        .expect("a time")
        .format(&Rfc3339)
        .expect("RFC 3339");
    format!("{}.{millis:03}Z", seconds.trim_end_matches('Z'))
}

/// A post of gRPC as REST would show it.
fn shown(post: Post) -> Value {
    let kind = post
        .r#type()
        .as_str_name()
        .trim_start_matches("POST_TYPE_")
        .to_owned();
    let visibility = post
        .visibility()
        .as_str_name()
        .trim_start_matches("POST_VISIBILITY_")
        .to_owned();
    json!({
        "id": post.id, "author_id": post.author_id, "content": post.content, "type": kind,
        "visibility": visibility, "tags": post.tags, "media": [], "revision": post.revision,
        "created_at": written(post.created_at), "updated_at": written(post.updated_at),
    })
}

fn shown_user(user: nova_proto::identity::v1::User) -> Value {
    json!({
        "id": user.id, "username": user.username, "display_name": user.display_name, "avatar_url": user.avatar_url,
        "locked": user.locked, "created_at": written(user.created_at), "updated_at": written(user.updated_at),
    })
}
