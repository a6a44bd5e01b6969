//! `/health/live`, `/health/ready` and the same for gRPC.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use http::StatusCode;
use nova_resilience::{Condition, Health};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::http::Json;
use crate::rfc3339;

/// Whether this process can serve.
#[derive(Debug, Clone)]
pub(super) struct Readiness(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    healths: Vec<Health>,
    draining: AtomicBool,
}

/// A process that answers at all.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Live {
    /// Always `live`.
    status: &'static str,
}

/// Whether the process can serve, and what it depends on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// `ready`, `degraded` (something optional is not up) or `unready`.
    status: &'static str,
    /// What it depends on, by name.
    dependencies: BTreeMap<String, Dependency>,
}

/// Whether the process can serve.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReadyBriefly {
    /// `ready`, `degraded` (something optional is not up) or `unready`.
    status: &'static str,
}

/// One dependency.
#[derive(Debug, Serialize, ToSchema)]
struct Dependency {
    /// `starting`, `up` or `down`.
    state: &'static str,
    /// Since when it has been in this state.
    #[serde(with = "rfc3339")]
    since: OffsetDateTime,
    /// Seconds since it was last tried and worked, where that is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success_age_seconds: Option<f64>,
    /// Why it is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Readiness {
    pub(super) fn of(healths: Vec<Health>) -> Self {
        Self(Arc::new(Inner {
            healths,
            draining: AtomicBool::new(false),
        }))
    }

    /// From now on the process is not ready: it stops.
    pub(super) fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    pub(super) fn is_ready(&self) -> bool {
        let is_up = |health: &Health| health.condition().0 == Condition::Up;
        !self.is_draining()
            && self
                .0
                .healths
                .iter()
                .filter(|health| health.is_required())
                .all(is_up)
    }

    /// Sets `nova_health{dependency}`: 1 when up, else 0.
    pub(super) fn measure(&self) {
        for health in &self.0.healths {
            let up = health.condition().0 == Condition::Up;
            metrics::gauge!("nova_health", "dependency" => health.name().to_owned()).set(if up {
                1.0
            } else {
                0.0
            });
        }
    }

    fn page(&self) -> Ready {
        let describe = |health: &Health| (health.name().to_owned(), Dependency::of(health));
        let dependencies: BTreeMap<String, Dependency> =
            self.0.healths.iter().map(describe).collect();
        let status = if !self.is_ready() {
            "unready"
        } else if dependencies
            .values()
            .all(|dependency| dependency.state == "up")
        {
            "ready"
        } else {
            "degraded"
        };
        Ready {
            status,
            dependencies,
        }
    }
}

impl Dependency {
    fn of(health: &Health) -> Self {
        let (condition, since) = health.condition();
        let (state, detail) = match condition {
            Condition::Starting => ("starting", None),
            Condition::Up => ("up", None),
            Condition::Down(why) => ("down", Some(why)),
        };
        Self {
            state,
            since: since.into(),
            last_success_age_seconds: health
                .last_success()
                .and_then(|at| at.elapsed().ok())
                .map(|age| age.as_secs_f64()),
            detail,
        }
    }
}

/// Whether the process answers at all.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "operations",
    responses((status = 200, description = "It answers", body = Live))
)]
pub(super) async fn check_liveness() -> Json<Live> {
    Json(Live { status: "live" })
}

/// Whether the process can serve, with the state of each dependency.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operations",
    responses(
        (status = 200, description = "It can serve", body = Ready),
        (status = 503, description = "It cannot serve now", body = Ready),
    )
)]
pub(super) async fn check_readiness(
    State(readiness): State<Readiness>,
) -> (StatusCode, Json<Ready>) {
    let page = readiness.page();
    (code(page.status), Json(page))
}

/// Whether the process can serve, for those who need not know why.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operations",
    operation_id = "check_readiness",
    responses(
        (status = 200, description = "It can serve", body = ReadyBriefly),
        (status = 503, description = "It cannot serve now", body = ReadyBriefly),
    )
)]
pub(super) async fn check_readiness_briefly(
    State(readiness): State<Readiness>,
) -> (StatusCode, Json<ReadyBriefly>) {
    let status = readiness.page().status;
    (code(status), Json(ReadyBriefly { status }))
}

fn code(status: &str) -> StatusCode {
    if status == "unready" {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_makes_unready() {
        let database = Health::required("content.postgres");
        let broker = Health::optional("kafka");
        let readiness = Readiness::of(vec![database.clone(), broker.clone()]);
        assert_eq!(readiness.page().status, "unready");
        database.up();
        assert_eq!(readiness.page().status, "degraded");
        broker.up();
        assert_eq!(readiness.page().status, "ready");
        broker.down("refused");
        assert_eq!(readiness.page().status, "degraded");
        assert_eq!(
            readiness.page().dependencies["kafka"].detail.as_deref(),
            Some("refused")
        );
        readiness.drain();
        assert_eq!(readiness.page().status, "unready");
    }
}
