//! Health, metrics and documentation.

use nova_resilience::Health;
use reqwest::Method;
use serde_json::Value;

use crate::stage::{stage, stage_with};

#[tokio::test]
async fn readiness_tells_each_dependency() {
    let broker = Health::optional("kafka");
    let cache = Health::required("things.redis");
    let stage = stage_with(&[], |service| {
        service.health(broker.clone()).health(cache.clone())
    })
    .await;
    let live = stage.get("/health/live").await;
    assert_eq!(live.status(), 200);

    let starting = stage.get("/health/ready").await;
    assert_eq!(starting.status(), 503);
    let page: Value = starting.json().await.unwrap();
    assert_eq!(page["status"], "unready");
    assert_eq!(page["dependencies"]["things.postgres"]["state"], "up");
    assert_eq!(page["dependencies"]["things.redis"]["state"], "starting");
    let since = page["dependencies"]["things.redis"]["since"]
        .as_str()
        .unwrap();
    assert!(since.len() == 24 && since.ends_with('Z'), "{since}");

    cache.up();
    broker.down("refused");
    let degraded = stage.get("/health/ready").await;
    assert_eq!(degraded.status(), 200);
    let page: Value = degraded.json().await.unwrap();
    assert_eq!(page["status"], "degraded");
    assert_eq!(page["dependencies"]["kafka"]["detail"], "refused");

    broker.up();
    let page: Value = stage.get("/health/ready").await.json().await.unwrap();
    assert_eq!(page["status"], "ready");
    stage.finish().await;
}

#[tokio::test]
async fn requests_are_counted_by_route() {
    let stage = stage().await;
    stage.get("/v1/things?limit=1").await;
    stage.get("/v1/search/nowhere").await;
    let answer = stage.get("/metrics").await;
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );
    let text = answer.text().await.unwrap();
    let counted = r#"nova_http_requests_total{method="GET",route="/v1/things",status="200"}"#;
    assert!(text.contains(counted), "{text}");
    assert!(text.contains(r#"route="unmatched",status="404""#), "{text}");
    assert!(text.contains("nova_http_request_seconds_bucket"), "{text}");
    assert!(!text.contains("nowhere"), "{text}");
    stage.finish().await;
}

#[tokio::test]
async fn the_document_describes_what_is_there() {
    let stage = stage().await;
    let document: Value = stage.get("/openapi.json").await.json().await.unwrap();
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/v1/things",
        "/v1/things/{id}",
        "/health/live",
        "/health/ready",
        "/metrics",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    let things = &document["paths"]["/v1/things"];
    let error = &things["post"]["responses"]["default"]["content"]["application/problem+json"];
    assert_eq!(error["schema"]["$ref"], "#/components/schemas/Problem");
    assert!(document["components"]["schemas"]["Problem"]["properties"]["errors"].is_object());
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    assert_eq!(things["get"]["parameters"][0]["name"], "limit");
    assert_eq!(things["get"]["parameters"][0]["required"], false);
    stage.finish().await;
}

#[tokio::test]
async fn the_page_of_the_document_needs_nothing_from_outside() {
    let stage = stage().await;
    let page = stage.get("/docs").await;
    assert_eq!(page.status(), 200);
    let html = page.text().await.unwrap();
    assert!(
        html.contains("swagger-ui") && !html.contains("https://"),
        "{html}"
    );
    for asset in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-initializer.js",
    ] {
        assert_eq!(
            stage.get(&format!("/docs/{asset}")).await.status(),
            200,
            "{asset}"
        );
    }
    assert_eq!(stage.get("/docs/nothing.js").await.status(), 404);
    assert_eq!(
        stage
            .request(Method::POST, "/docs/")
            .send()
            .await
            .unwrap()
            .status(),
        405
    );
    stage.finish().await;
}
