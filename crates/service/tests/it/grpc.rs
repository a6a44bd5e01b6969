//! gRPC on the same address. Any service under `proto/` would do here.

use http::HeaderValue;
use nova_proto::content::v1::content_service_client::ContentServiceClient;
use nova_proto::content::v1::content_service_server::{ContentService, ContentServiceServer};
use nova_proto::content::v1::{
    CreatePostRequest, CreatePostResponse, DeletePostRequest, DeletePostResponse, GetPostRequest,
    GetPostResponse, GetPostsRequest, GetPostsResponse, ListUserPostsRequest,
    ListUserPostsResponse, Post, UpdatePostRequest, UpdatePostResponse,
};
use nova_service::cursor::InvalidCursor;
use nova_service::grpc::{forward, status};
use nova_service::http::ClientAddress;
use nova_service::tokens::Caller;
use reqwest::Method;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_types::StatusExt as _;

use crate::stage::{Stage, claims, soon, stage, stage_with};

struct Posts;

#[tonic::async_trait]
impl ContentService for Posts {
    async fn get_post(
        &self,
        request: Request<GetPostRequest>,
    ) -> Result<Response<GetPostResponse>, Status> {
        let caller = Caller::of(request.extensions()).map_err(|anonymous| status(&anonymous))?;
        assert!(ClientAddress::of(request.extensions()).0.is_loopback());
        let post = Post {
            author_id: caller.user_id.to_string(),
            ..Post::default()
        };
        Ok(Response::new(GetPostResponse { post: Some(post) }))
    }

    async fn get_posts(
        &self,
        _: Request<GetPostsRequest>,
    ) -> Result<Response<GetPostsResponse>, Status> {
        Ok(Response::new(GetPostsResponse::default()))
    }

    async fn list_user_posts(
        &self,
        _: Request<ListUserPostsRequest>,
    ) -> Result<Response<ListUserPostsResponse>, Status> {
        Err(status(&InvalidCursor::new()))
    }

    async fn create_post(
        &self,
        _: Request<CreatePostRequest>,
    ) -> Result<Response<CreatePostResponse>, Status> {
        panic!("the secret table is gone")
    }

    async fn update_post(
        &self,
        _: Request<UpdatePostRequest>,
    ) -> Result<Response<UpdatePostResponse>, Status> {
        std::future::pending().await
    }

    async fn delete_post(
        &self,
        _: Request<DeletePostRequest>,
    ) -> Result<Response<DeletePostResponse>, Status> {
        Ok(Response::new(DeletePostResponse::default()))
    }
}

async fn stage_with_posts(settings: &[(&str, &str)]) -> Stage {
    stage_with(settings, |service| {
        service.grpc(ContentServiceServer::new(Posts))
    })
    .await
}

pub(crate) async fn channel(stage: &Stage) -> Channel {
    Channel::from_shared(stage.url(""))
        .unwrap()
        .connect()
        .await
        .unwrap()
}

fn with_token<T>(message: T, token: &str) -> Request<T> {
    let authorization = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
    forward(message, &authorization)
}

#[tokio::test]
async fn calls_have_the_caller_of_their_token() {
    let stage = stage_with_posts(&[]).await;
    let mut client = ContentServiceClient::new(channel(&stage).await);
    let claims = claims(60);
    let token = stage.signer.sign("k1", &claims);
    let answer = client
        .get_post(with_token(GetPostRequest::default(), &token))
        .await
        .unwrap();
    assert!(answer.metadata().contains_key("x-trace-id"));
    assert_eq!(
        answer.into_inner().post.unwrap().author_id,
        claims.sub.to_string()
    );

    let anonymous = client
        .get_post(GetPostRequest::default())
        .await
        .unwrap_err();
    assert_eq!(anonymous.code(), Code::Unauthenticated);
    assert_eq!(
        anonymous.get_error_details().error_info().unwrap().reason,
        "unauthenticated"
    );
    let forged = client
        .delete_post(with_token(DeletePostRequest::default(), "x"))
        .await
        .unwrap_err();
    assert_eq!(forged.code(), Code::Unauthenticated);
    assert_eq!(
        forged.get_error_details().error_info().unwrap().reason,
        "invalid_token"
    );
    drop(client);
    stage.finish().await;
}

#[tokio::test]
async fn faults_bring_their_details() {
    let stage = stage_with_posts(&[]).await;
    let mut client = ContentServiceClient::new(channel(&stage).await);
    let refused = client
        .list_user_posts(ListUserPostsRequest::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let details = refused.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "invalid_cursor");
    assert_eq!(
        details.bad_request().unwrap().field_violations[0].field,
        "cursor"
    );

    let panicked = client
        .create_post(CreatePostRequest::default())
        .await
        .unwrap_err();
    assert_eq!(panicked.code(), Code::Internal);
    assert!(!panicked.message().contains("table"));
    drop(client);
    stage.finish().await;
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_ended() {
    let stage = stage_with_posts(&[("NOVA_REQUEST_TIMEOUT", "50ms")]).await;
    let mut client = ContentServiceClient::new(channel(&stage).await);
    let ended = client
        .update_post(UpdatePostRequest::default())
        .await
        .unwrap_err();
    assert_eq!(ended.code(), Code::DeadlineExceeded);
    drop(client);
    stage.finish().await;
}

#[tokio::test]
async fn a_caller_waits_as_long_as_they_say_and_no_longer_than_they_may() {
    // Without a client that would give up by itself.
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    for (limit, timeout, message) in [
        ("1h", "50m", "the deadline of the call has passed"),
        ("50ms", "1H", "the answer took too long"),
        ("50ms", "nonsense", "the answer took too long"),
    ] {
        let stage = stage_with_posts(&[("NOVA_REQUEST_TIMEOUT", limit)]).await;
        let call = client
            .post(stage.url("/nova.content.v1.ContentService/UpdatePost"))
            .header("content-type", "application/grpc")
            .header("grpc-timeout", timeout)
            // An empty message.
            .body([0; 5].as_slice());
        let ended = soon(call.send()).await.unwrap();
        let told = |name| ended.headers()[name].to_str().unwrap();
        assert_eq!(told("grpc-status"), "4", "{timeout}");
        let told = told("grpc-message").replace("%20", " ");
        assert!(told.starts_with(message), "{told}");
        stage.finish().await;
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unimplemented() {
    let stage = stage().await;
    let mut client = ContentServiceClient::new(channel(&stage).await);
    let refused = client
        .get_post(GetPostRequest::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    drop(client);
    stage.finish().await;
}

#[tokio::test]
async fn health_and_reflection_tell_what_is_served() {
    let stage = stage_with_posts(&[]).await;
    let channel = channel(&stage).await;
    let mut health = HealthClient::new(channel.clone());
    for service in ["", "nova.content.v1.ContentService"] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let unknown = health
        .check(HealthCheckRequest {
            service: "other".to_owned(),
        })
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);

    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(channel);
    let asked = reflection
        .server_reflection_info(tokio_stream::once(list))
        .await
        .unwrap();
    let answer = asked.into_inner().message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(listed)) = answer.message_response else {
        panic!("{answer:?}")
    };
    let mut names: Vec<String> = listed
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["grpc.health.v1.Health", "nova.content.v1.ContentService"]
    );
    drop((health, reflection));
    stage.finish().await;
}

#[tokio::test]
async fn calls_are_counted_by_method() {
    let stage = stage_with_posts(&[]).await;
    let mut client = ContentServiceClient::new(channel(&stage).await);
    client
        .delete_post(DeletePostRequest::default())
        .await
        .unwrap();
    let text = stage.get("/metrics").await.text().await.unwrap();
    let counted = r#"nova_grpc_requests_total{route="/nova.content.v1.ContentService/DeletePost",status="0"}"#;
    assert!(text.contains(counted), "{text}");
    drop(client);
    stage.finish().await;
}

#[tokio::test]
async fn http_on_a_path_of_grpc_is_no_failure_of_ours() {
    let stage = stage_with_posts(&[]).await;
    for method in [Method::GET, Method::POST] {
        for path in [
            "/nova.content.v1.ContentService/GetPost",
            "/nova.content.v1.ContentService/Nothing",
        ] {
            let asked = stage
                .request(method.clone(), path)
                .header("content-type", "application/json");
            let answer = asked.body("{}").send().await.unwrap();
            assert!(
                !answer.status().is_server_error(),
                "{method} {path} {}",
                answer.status()
            );
        }
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_stream_does_not_hold_up_the_stop() {
    let stage = stage_with(&[("NOVA_SHUTDOWN_TIMEOUT", "400ms")], |service| service).await;
    let mut health = HealthClient::new(channel(&stage).await);
    let watched = health.watch(HealthCheckRequest::default()).await.unwrap();
    let mut watched = watched.into_inner();
    assert_eq!(
        soon(watched.message()).await.unwrap().unwrap().status(),
        ServingStatus::Serving
    );
    stage.stop.cancel();
    assert_eq!(
        soon(watched.message()).await.unwrap().unwrap().status(),
        ServingStatus::NotServing
    );
    soon(stage.running).await.unwrap().unwrap();
}
