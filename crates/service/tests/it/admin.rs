//! What operators see, at an address of its own.

use nova_resilience::Health;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use crate::stage::{problem, soon, stage_with, told};

const APART: (&str, &str) = ("NOVA_ADMIN_LISTEN", "127.0.0.1:0");

async fn reflects(channel: Channel) -> Result<(), Code> {
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(channel);
    let asked = client
        .server_reflection_info(tokio_stream::once(list))
        .await;
    asked.map(drop).map_err(|refused| refused.code())
}

async fn serves(channel: Channel) -> bool {
    let mut client = HealthClient::new(channel);
    let answer = client.check(HealthCheckRequest::default()).await.unwrap();
    answer.into_inner().status() == ServingStatus::Serving
}

async fn channel(url: String) -> Channel {
    let endpoint = Channel::from_shared(url).unwrap();
    endpoint.connect().await.unwrap()
}

#[tokio::test]
async fn details_are_at_the_operators_address_only() {
    let broken = Health::optional("things.broker");
    broken.down("refused by 10.0.0.7");
    let stage = stage_with(&[APART], |service| service.health(broken.clone())).await;
    let admin = |path: &str| format!("http://{}{path}", stage.admin.unwrap());

    assert_eq!(
        told(stage.get("/metrics").await).await,
        problem(404, "not_found")
    );
    let public: Value = stage.get("/health/ready").await.json().await.unwrap();
    assert_eq!(public, json!({ "status": "degraded" }));
    assert_eq!(stage.get("/health/live").await.status(), 200);
    let document: Value = stage.get("/openapi.json").await.json().await.unwrap();
    assert!(document["paths"]["/v1/things"].is_object());
    assert!(document["paths"]["/metrics"].is_null());

    let page = reqwest::get(admin("/metrics")).await.unwrap();
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("nova_http_requests_total{")
    );
    let ready = reqwest::get(admin("/health/ready")).await.unwrap();
    let ready: Value = ready.json().await.unwrap();
    let detail = &ready["dependencies"]["things.broker"]["detail"];
    assert_eq!(detail, "refused by 10.0.0.7");
    assert_eq!(
        reqwest::get(admin("/health/live")).await.unwrap().status(),
        200
    );
    let things = reqwest::get(admin("/v1/things")).await.unwrap();
    assert_eq!(told(things).await, problem(404, "not_found"));

    let (outside, inside) = (channel(stage.url("")).await, channel(admin("")).await);
    assert_eq!(reflects(outside.clone()).await, Err(Code::Unimplemented));
    assert_eq!(reflects(inside.clone()).await, Ok(()));
    assert!(serves(outside).await && serves(inside).await);
    stage.finish().await;
}

#[tokio::test]
async fn operators_see_the_end() {
    let (go, gone) = oneshot::channel::<()>();
    let stage = stage_with(&[APART], |service| {
        service.task("relay", |stop| async move {
            stop.cancelled().await;
            gone.await.ok();
        })
    })
    .await;
    stage.stop.cancel();
    soon(async { while tokio::net::TcpStream::connect(stage.address).await.is_ok() {} }).await;
    let ready = format!("http://{}/health/ready", stage.admin.unwrap());
    assert_eq!(reqwest::get(ready).await.unwrap().status(), 503);
    assert!(!stage.running.is_finished());
    drop(go);
    soon(stage.running).await.unwrap().unwrap();
}
