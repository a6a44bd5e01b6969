//! `/health/eventbridge`: how the way from Kafka to streams is.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use nova_event_bus::PartitionStanding;
use nova_resilience::{BreakerCounts, BreakerState, Condition, Health};
use nova_service::http::Json;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Events since this process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// Read from Kafka.
    pub events_consumed: u64,
    /// Put on at least one channel.
    pub events_published: u64,
    /// For nobody.
    pub events_filtered: u64,
    /// Let go while a breaker was open.
    pub events_dropped: u64,
}

/// What the way leads through.
#[derive(Debug, Clone, Copy)]
pub struct Components<'a> {
    /// Where events come from.
    pub kafka: &'a Health,
    /// What keeps them.
    pub redis: &'a Health,
    /// An event of this node that goes all the way again and again.
    pub canary: &'a Health,
}

/// How the way is.
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
    components: Components<'_>,
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
    components: Components<'_>,
    now: OffsetDateTime,
) -> Page {
    let worst = standings.iter().map(|one| one.breaker).max_by_key(rank);
    let worst = worst.unwrap_or(BreakerState::Closed);
    let mut all = BreakerCounts::default();
    for one in &standings {
        all.successes += one.counts.successes;
        all.failures += one.counts.failures;
    }
    let is_late = matches!(components.canary.condition().0, Condition::Down(_));
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
            kafka: word(components.kafka),
            redis: word(components.redis),
            canary: word(components.canary),
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

fn word(health: &Health) -> &'static str {
    match health.condition().0 {
        Condition::Starting => "starting",
        Condition::Up => "up",
        Condition::Down(_) => "down",
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
        let parts = Components {
            kafka: &up,
            redis: &up,
            canary: &up,
        };
        let now = datetime!(2026-11-21 00:47 UTC);
        let of = |breaker| {
            let standings = vec![
                standing(0, breaker, 1),
                standing(1, BreakerState::Closed, 1),
            ];
            serde_json::to_value(page(standings, Totals::default(), parts, now)).unwrap()
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
        let late = Health::optional("canary");
        late.down("late");
        let parts = Components {
            canary: &late,
            ..parts
        };
        let page = page(Vec::new(), Totals::default(), parts, now);
        assert!(!page.healthy && page.circuit_breaker.state == "closed");
    }
}
