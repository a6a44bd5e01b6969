//! What the server does for all services: tokens, reflection, health, refusals.

use std::collections::BTreeSet;

use nova_proto::content::v1::GetPostRequest;
use nova_proto::feed::v1::GetHomeFeedRequest;
use nova_proto::identity::v1::GetUserRequest;
use nova_testkit::eventually;
use nova_tests::keys::{claims, claims_but, unix_seconds, unsigned};
use nova_tests::{Nova, id_of};
use serde_json::json;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::{Clients, code, with_token};

const SERVICES: [&str; 5] = [
    "nova.identity.v1.AccountService",
    "nova.identity.v1.IdentityService",
    "nova.identity.v1.RelationService",
    "nova.content.v1.ContentService",
    "nova.feed.v1.FeedService",
];

#[tokio::test]
async fn a_bad_token_is_unauthenticated_everywhere() {
    let nova = Nova::shared().await;
    let clients = Clients::connect(&nova).await;
    let (mut content, mut feed, mut identity) = (clients.content, clients.feed, clients.identity);
    let mut health = HealthClient::new(clients.channel);
    let user = nova.user("bad").await;
    let id = user.say("public").await;
    let none = unsigned(
        &json!({ "alg": "none", "kid": nova.key().kid() }),
        &claims(&user.id),
    );
    let expired = nova
        .key()
        .sign(&claims_but(&user.id, "exp", json!(unix_seconds() - 60)));
    for token in ["nonsense", &none, &expired] {
        let get_post = with_token(GetPostRequest { id: id.clone() }, token);
        assert_eq!(
            code(content.get_post(get_post).await),
            Code::Unauthenticated
        );
        let get_feed = with_token(GetHomeFeedRequest::default(), token);
        assert_eq!(
            code(feed.get_home_feed(get_feed).await),
            Code::Unauthenticated
        );
        let get_user = with_token(
            GetUserRequest {
                id: user.id.clone(),
            },
            token,
        );
        assert_eq!(
            code(identity.get_user(get_user).await),
            Code::Unauthenticated
        );
        let check = with_token(HealthCheckRequest::default(), token);
        assert_eq!(code(health.check(check).await), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn reflection_lists_every_service_and_describes_it() {
    let nova = Nova::shared().await;
    let channel = Clients::connect(&nova).await.channel;
    let mut reflection = ServerReflectionClient::new(channel);
    let ask = |message| ServerReflectionRequest {
        host: String::new(),
        message_request: Some(message),
    };
    let mut questions = vec![ask(MessageRequest::ListServices(String::new()))];
    questions.extend(
        SERVICES.map(|service| ask(MessageRequest::FileContainingSymbol(service.to_owned()))),
    );
    let stream = reflection
        .server_reflection_info(tokio_stream::iter(questions))
        .await
        .expect("a stream");
    let mut stream = stream.into_inner();

    let first = stream
        .message()
        .await
        .expect("an answer")
        .expect("an answer")
        .message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = first else {
        panic!("{first:?}")
    };
    let listed: BTreeSet<String> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    for service in SERVICES.into_iter().chain(["grpc.health.v1.Health"]) {
        assert!(listed.contains(service), "{service} is not in {listed:?}");
    }
    for service in SERVICES {
        let answer = stream
            .message()
            .await
            .expect("an answer")
            .expect("an answer")
            .message_response;
        assert!(
            matches!(answer, Some(MessageResponse::FileDescriptorResponse(_))),
            "{service}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn older_clients_find_reflection_too() {
    use tonic_reflection::pb::v1alpha::ServerReflectionRequest;
    use tonic_reflection::pb::v1alpha::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1alpha::server_reflection_request::MessageRequest;

    let nova = Nova::shared().await;
    let mut reflection = ServerReflectionClient::new(Clients::connect(&nova).await.channel);
    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let stream = reflection
        .server_reflection_info(tokio_stream::iter([question]))
        .await
        .expect("a stream");
    let answer = stream.into_inner().message().await.expect("an answer");
    assert!(answer.is_some_and(|answer| answer.message_response.is_some()));
}

#[tokio::test]
async fn health_answers_for_the_whole_and_for_each_service() {
    let nova = Nova::shared().await;
    let mut health = HealthClient::new(Clients::connect(&nova).await.channel);
    for service in SERVICES.into_iter().chain([""]) {
        eventually("it is serving", async || {
            let check = HealthCheckRequest {
                service: service.to_owned(),
            };
            let status = health
                .check(check)
                .await
                .map(|answer| answer.into_inner().status());
            if matches!(status, Ok(ServingStatus::Serving)) {
                Ok(())
            } else {
                Err((service, status))
            }
        })
        .await;
    }
    let unknown = HealthCheckRequest {
        service: "nova.unknown.v1.Service".to_owned(),
    };
    assert_eq!(code(health.check(unknown).await), Code::NotFound);
}

#[tokio::test]
async fn what_no_service_has_is_unimplemented() {
    let nova = Nova::shared().await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .expect("a client");
    for path in [
        "/nova.content.v1.ContentService/NoSuchMethod",
        "/nova.unknown.v1.Service/Method",
        "/nowhere",
    ] {
        let request = client
            .post(format!("{}{path}", nova.base_url))
            .header("content-type", "application/grpc");
        let answer = request
            .header("te", "trailers")
            .body(vec![0; 5])
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(
            answer
                .headers()
                .get("grpc-status")
                .map(|status| status.as_bytes()),
            Some(b"12".as_slice()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn damaged_messages_are_refused() {
    let nova = Nova::shared().await;
    let user = nova.user("damaged").await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .expect("a client");
    let long = 5_u32 << 20;
    for body in [
        b"".to_vec(),
        b"\0".to_vec(),
        b"\0\0\0\0\x05ab".to_vec(),
        b"\0\0\0\0\x02\xff\xff".to_vec(),
        b"\x01\0\0\0\x02ab".to_vec(),
        b"\x07\0\0\0\x02ab".to_vec(),
        b"\0\0\0\0\x04\x0a\x02\xff\xfe".to_vec(),
        [b"\0".as_slice(), &long.to_be_bytes()].concat(),
    ] {
        let url = format!(
            "{}/nova.content.v1.ContentService/CreatePost",
            nova.base_url
        );
        let request = client
            .post(url)
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        let request = request.bearer_auth(&user.access_token).body(body.clone());
        let answer = request.send().await.expect("an answer");
        assert!(
            answer.status().is_success() || answer.status().is_client_error(),
            "{body:?}: {}",
            answer.status()
        );
        let in_head = answer
            .headers()
            .get("grpc-status")
            .map(|status| status.to_str().expect("a number").to_owned());
        assert_ne!(in_head.as_deref(), Some("0"), "{body:?}");
        // 2 is UNKNOWN and 13 INTERNAL: the codes of accidents.
        assert_ne!(in_head.as_deref(), Some("2"), "{body:?}");
    }
    assert!(
        user.list(&format!("/v1/users/{}/posts", user.id), 100)
            .await
            .is_empty()
    );
    assert!(!id_of(&user.publish(json!({ "content": "x" })).await).is_empty());
}
