//! The process's metrics.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use ::metrics::{Label, counter, describe_gauge, describe_histogram, gauge, histogram};
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use prost::Message as _;
use prost_types::FileDescriptorSet;

use super::protocol::Protocol;
use crate::build;

/// Upper bounds of the buckets of everything named `…_seconds`: 0.5 ms to 10 s.
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];

/// The same of what is named `…_recovery_seconds`, which nobody tries for before some time is over: 1 s to 1 h.
const RECOVERY: [f64; 11] = [
    1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
];

/// A gauge that nobody sets for so long is forgotten: it told of something that is no longer here, as the lag of
/// a partition that another process has. Whoever has one sets it every few seconds, changed or not.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// One per process, however many platforms run in it.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// The process's recorder, installed when it is first asked for.
pub(super) fn recorder() -> &'static PrometheusHandle {
    RECORDER.get_or_init(|| {
        let recorder = builder(FORGOTTEN_AFTER).build_recorder();
        let handle = recorder.handle();
        if ::metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of metrics is installed; /metrics stays empty");
        }
        handle
    })
}

fn builder(forgotten_after: Duration) -> PrometheusBuilder {
    let buckets = [
        ("_seconds", SECONDS.as_slice()),
        ("_recovery_seconds", &RECOVERY),
    ];
    let with = |builder: PrometheusBuilder, (suffix, bounds): (&str, &[f64])| {
        let suffix = Matcher::Suffix(suffix.to_owned());
        // Refused for an empty list only.
        builder
            .set_buckets_for_metric(suffix, bounds)
            .unwrap_or_default()
    };
    buckets
        .into_iter()
        .fold(PrometheusBuilder::new(), with)
        .idle_timeout(MetricKindMask::GAUGE, Some(forgotten_after))
}

/// How often it is tried how late a task comes.
const PULSE: Duration = Duration::from_millis(250);

/// Says which build this is: `nova_build_info{version,commit}`, which is 1.
pub(super) fn build() {
    describe_gauge!(
        "nova_build_info",
        "1, with the version and the commit of the build"
    );
    let (version, commit) = build::built();
    gauge!("nova_build_info", "version" => version, "commit" => commit).set(1.0);
}

/// Sleeps a while, again and again, and notes how much later than asked for it wakes (`nova_runtime_stall_seconds`): so late is
/// everything here, because something blocks the threads of the runtime, or the machine has no time for them. Never ends.
pub(super) async fn feel_the_pulse() {
    describe_histogram!(
        "nova_runtime_stall_seconds",
        "how much later than it wanted to a task was woken, tried four times a second"
    );
    let stalled = histogram!("nova_runtime_stall_seconds");
    loop {
        let began = Instant::now();
        tokio::time::sleep(PULSE).await;
        stalled.record(began.elapsed().saturating_sub(PULSE));
    }
}

/// What is counted of one request.
///
/// `nova_http_requests_total{method,route,status}` and `nova_http_request_seconds{method,route}` for
/// HTTP; `nova_grpc_requests_total{route,status}` and `nova_grpc_request_seconds{route}` for gRPC.
pub(super) struct Observed {
    protocol: Protocol,
    method: Method,
    route: Arc<str>,
}

/// The route of requests that no route matched: their paths are the client's, and without number.
const UNMATCHED: &str = "unmatched";

impl Observed {
    pub(super) fn of(protocol: Protocol, request: &Request, route: Option<&MatchedPath>) -> Self {
        let route = match (protocol, route) {
            (_, None) => UNMATCHED,
            (Protocol::Http, Some(route)) => route.as_str(),
            (Protocol::Grpc, Some(route)) => {
                let path = request.uri().path();
                if GRPC_METHODS.contains(path) {
                    path
                } else {
                    route.as_str()
                }
            }
        };
        Self {
            protocol,
            method: request.method().clone(),
            route: route.into(),
        }
    }

    /// The route's template, or a gRPC method's path.
    pub(super) fn route(&self) -> &str {
        &self.route
    }

    pub(super) fn finish(self, response: &Response, took: Duration) {
        let route = Label::new("route", self.route.clone());
        match self.protocol {
            Protocol::Http => {
                let method = Label::from_static_parts("method", known(&self.method));
                let status = Label::new("status", response.status().as_str().to_owned());
                counter!(
                    "nova_http_requests_total",
                    vec![method.clone(), route.clone(), status]
                )
                .increment(1);
                histogram!("nova_http_request_seconds", vec![method, route]).record(took);
            }
            Protocol::Grpc => {
                // Answers with a body bring their status after it; without one, in the headers.
                let status = response
                    .headers()
                    .get("grpc-status")
                    .and_then(|status| status.to_str().ok());
                let status = Label::new("status", status.unwrap_or("0").to_owned());
                counter!("nova_grpc_requests_total", vec![route.clone(), status]).increment(1);
                histogram!("nova_grpc_request_seconds", vec![route]).record(took);
            }
        }
    }
}

/// The method, or `other` for those a client made up.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 8] = [
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE",
    ];
    KNOWN
        .into_iter()
        .find(|known| method == known)
        .unwrap_or("other")
}

/// Paths of all gRPC methods there are: `/nova.content.v1.ContentService/GetPost`.
static GRPC_METHODS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let sets = [
        nova_proto::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
    ];
    let files = sets
        .into_iter()
        .filter_map(|set| FileDescriptorSet::decode(set).ok())
        .flat_map(|set| set.file);
    let mut paths = HashSet::new();
    for file in files {
        for service in &file.service {
            for method in &service.method {
                paths.insert(format!(
                    "/{}.{}/{}",
                    file.package(),
                    service.name(),
                    method.name()
                ));
            }
        }
    }
    paths
});

/// The metrics in Prometheus' text format.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, description = "In the text format of Prometheus", content_type = "text/plain", body = String))
)]
pub(super) async fn get_metrics() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        recorder().render(),
    )
}

#[cfg(test)]
mod tests {
    use ::metrics::{gauge, with_local_recorder};

    use super::*;

    #[test]
    fn what_takes_minutes_has_buckets_for_that() {
        let recorder = builder(FORGOTTEN_AFTER).build_recorder();
        with_local_recorder(&recorder, || {
            histogram!("a_recovery_seconds").record(70.0);
            histogram!("a_redis_seconds").record(0.003);
        });
        let page = recorder.handle().render();
        assert!(
            page.contains("a_recovery_seconds_bucket{le=\"60\"} 0"),
            "{page}"
        );
        assert!(
            page.contains("a_recovery_seconds_bucket{le=\"120\"} 1"),
            "{page}"
        );
        assert!(
            page.contains("a_redis_seconds_bucket{le=\"0.005\"} 1"),
            "{page}"
        );
    }

    #[test]
    fn a_gauge_that_nobody_sets_is_forgotten_and_all_else_is_kept() {
        let recorder = builder(Duration::from_millis(50)).build_recorder();
        let page = recorder.handle();
        with_local_recorder(&recorder, || {
            counter!("counted_total").increment(1);
            gauge!("given_up").set(7.0);
        });
        assert!(page.render().contains("given_up 7"));
        loop {
            with_local_recorder(&recorder, || gauge!("set_again").set(1.0));
            let page = page.render();
            assert!(page.contains("set_again 1"), "{page}");
            assert!(page.contains("counted_total 1"), "{page}");
            if !page.contains("given_up") {
                break;
            }
        }
    }
}
