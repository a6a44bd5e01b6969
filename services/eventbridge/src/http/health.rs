//! `/health/eventbridge`: how the way from Kafka to streams is.

use axum::extract::State as Shared;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use nova_event_bus::{PartitionStanding, Standings};
use nova_resilience::{BreakerCounts, BreakerState, Condition, Health};
use nova_service::http::Json;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::metrics::{self, Totals};

/// What the way leads through.
#[derive(Debug, Clone)]
pub struct Components {
    /// Where events come from: whether a message can be put there, and be read.
    pub kafka: Vec<Health>,
    /// What keeps them.
    pub redis: Health,
    /// An event of this node that goes all the way again and again.
    pub canary: Health,
}

/// What the page looks at.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) standings: Standings,
    pub(crate) components: Components,
}

/// Where the page is. Alone on its address, the service also has it at `/health`.
pub(crate) fn health_router(watched: Watched, is_alone: bool) -> OpenApiRouter {
    let routes = routes();
    let routes = if is_alone {
        routes.route("/health", get(check_eventbridge))
    } else {
        routes
    };
    routes.with_state(watched)
}

pub(super) fn routes() -> OpenApiRouter<Watched> {
    OpenApiRouter::new().routes(routes!(check_eventbridge))
}

/// How the way from Kafka to streams is, as this process sees it. For whoever asks: no token is needed, and nothing of anybody
/// is told.
#[utoipa::path(
    get, path = "/health/eventbridge", tag = "operations", operation_id = "check_eventbridge",
    responses(
        (status = 200, description = "Events arrive", body = Page),
        (status = 503, description = "A breaker is open, or the canary is late", body = Page),
    ),
)]
async fn check_eventbridge(Shared(watched): Shared<Watched>) -> Response {
    health(
        watched.standings.list(),
        metrics::totals(),
        &watched.components,
        OffsetDateTime::now_utc(),
    )
}

/// How the way is.
///
/// A breaker whose time is over is `half_open`, also if nobody has tried since: the next message would be let through. So a
/// partition in which nothing happens does not make a process unhealthy for ever after an outage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventbridgeHealth)]
pub(super) struct Page {
    /// `healthy`, or `unhealthy` when a breaker is open or the canary is late.
    status: &'static str,
    /// The same.
    healthy: bool,
    /// When this was looked at.
    #[serde(with = "nova_service::rfc3339")]
    timestamp: OffsetDateTime,
    metrics: Totals,
    circuit_breaker: Worst,
    partitions: Vec<Partition>,
    components: States,
}

/// All breakers in one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventbridgeBreaker)]
pub(super) struct Worst {
    /// `closed`, `half_open` or `open`: the worst of all.
    state: &'static str,
    /// The share of calls that failed, 0 to 1, of all that breakers look back on.
    failure_rate: f64,
    success_count: u64,
    failure_count: u64,
}

/// A partition that is assigned to this process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventbridgePartition)]
pub(super) struct Partition {
    topic: String,
    partition: i32,
    /// `closed`, `half_open` or `open`.
    state: &'static str,
    /// The share of calls that failed, 0 to 1.
    failure_rate: f64,
    /// Messages that are not done; null while that is not known.
    lag: Option<u64>,
}

/// Each is `starting`, `up` or `down`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventbridgeComponents)]
pub(super) struct States {
    kafka: &'static str,
    redis: &'static str,
    canary: &'static str,
}

/// 200 with how everything is, or 503 with the same when a breaker is open or the canary is late.
#[must_use]
pub fn health(
    standings: Vec<PartitionStanding>,
    totals: Totals,
    components: &Components,
    now: OffsetDateTime,
) -> Response {
    let page = page(standings, totals, components, now);
    let status = if page.healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(page)).into_response()
}

fn page(
    standings: Vec<PartitionStanding>,
    totals: Totals,
    components: &Components,
    now: OffsetDateTime,
) -> Page {
    let worst = standings.iter().map(|one| one.breaker).max_by_key(rank);
    let worst = worst.unwrap_or(BreakerState::Closed);
    let mut all = BreakerCounts::default();
    for one in &standings {
        all.successes += one.counts.successes;
        all.failures += one.counts.failures;
    }
    let is_late = word(std::slice::from_ref(&components.canary)) == DOWN;
    let healthy = worst != BreakerState::Open && !is_late;
    Page {
        status: if healthy { "healthy" } else { "unhealthy" },
        healthy,
        timestamp: now,
        metrics: totals,
        circuit_breaker: Worst {
            state: worst.as_str(),
            failure_rate: all.failure_rate(),
            success_count: all.successes,
            failure_count: all.failures,
        },
        partitions: standings.into_iter().map(Partition::of).collect(),
        components: States {
            kafka: word(&components.kafka),
            redis: word(std::slice::from_ref(&components.redis)),
            canary: word(std::slice::from_ref(&components.canary)),
        },
    }
}

const fn rank(state: &BreakerState) -> u8 {
    match state {
        BreakerState::Closed => 0,
        BreakerState::HalfOpen => 1,
        BreakerState::Open => 2,
    }
}

impl Partition {
    fn of(standing: PartitionStanding) -> Self {
        Self {
            topic: standing.topic,
            partition: standing.partition,
            state: standing.breaker.as_str(),
            failure_rate: standing.counts.failure_rate(),
            lag: standing.lag,
        }
    }
}

const DOWN: &str = "down";

/// The worst of all.
fn word(healths: &[Health]) -> &'static str {
    let conditions: Vec<Condition> = healths.iter().map(|one| one.condition().0).collect();
    if conditions
        .iter()
        .any(|one| matches!(one, Condition::Down(_)))
    {
        DOWN
    } else if conditions.contains(&Condition::Starting) {
        "starting"
    } else {
        "up"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn standing(partition: i32, breaker: BreakerState, failures: u64) -> PartitionStanding {
        PartitionStanding {
            topic: "feed-updates".to_owned(),
            partition,
            breaker,
            counts: BreakerCounts {
                successes: 3,
                failures,
            },
            lag: None,
        }
    }

    #[test]
    fn the_worst_of_all_breakers_is_told() {
        let up = Health::optional("up");
        up.up();
        let mut parts = Components {
            kafka: vec![up.clone(), up.clone()],
            redis: up.clone(),
            canary: up,
        };
        let now = datetime!(2026-11-21 00:47 UTC);
        let of = |breaker| {
            let standings = vec![
                standing(0, breaker, 1),
                standing(1, BreakerState::Closed, 1),
            ];
            serde_json::to_value(page(standings, Totals::default(), &parts, now)).unwrap()
        };
        assert_eq!(
            of(BreakerState::HalfOpen),
            json!({
                "status": "healthy", "healthy": true, "timestamp": "2026-11-21T00:47:00.000Z",
                "metrics": { "events_consumed": 0, "events_published": 0, "events_filtered": 0, "events_dropped": 0 },
                "circuit_breaker": {
                    "state": "half_open", "failure_rate": 0.25, "success_count": 6, "failure_count": 2,
                },
                "partitions": [
                    { "topic": "feed-updates", "partition": 0, "state": "half_open", "failure_rate": 0.25, "lag": null },
                    { "topic": "feed-updates", "partition": 1, "state": "closed", "failure_rate": 0.25, "lag": null },
                ],
                "components": { "kafka": "up", "redis": "up", "canary": "up" },
            })
        );
        assert_eq!(of(BreakerState::Open)["status"], "unhealthy");
        let seen = |parts: &Components| page(Vec::new(), Totals::default(), parts, now);
        // A process that begins, and one without Redis whose canary is not late yet, are no worse than that.
        parts.canary = Health::optional("canary");
        parts.redis.down("away");
        let begun = seen(&parts);
        assert!(begun.healthy && begun.components.canary == "starting");
        assert_eq!(begun.components.redis, "down");
        parts.canary.down("late");
        let late = seen(&parts);
        assert!(!late.healthy && late.circuit_breaker.state == "closed");
        // One of two is enough.
        parts.kafka[1].down("away");
        assert_eq!(seen(&parts).components.kafka, "down");
    }
}
