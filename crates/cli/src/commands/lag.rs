//! `nova lag`

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use nova_event_bus::{BusError, KafkaConfig, Lag, lag};
use nova_proto::catalogue::TOPICS;
use nova_resilience::Chain;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::brokers::Brokers;
use crate::databases::services;
use crate::signals::StopSignals;

/// Shows how far behind the services are with their topics
#[derive(clap::Args)]
pub(crate) struct ShowLag {
    /// Only this service's; all services' if not given
    #[arg(long)]
    service: Option<String>,
    #[command(flatten)]
    brokers: Brokers,
    /// One JSON object per partition and line
    #[arg(long, conflicts_with = "serve")]
    json: bool,
    /// Tells it at this address, at /metrics, as `kafka_consumer_lag{group,topic,partition}`, until it is stopped: also of groups
    /// whose consumers are gone. Each question is put to Kafka
    #[arg(long, value_name = "ADDRESS")]
    serve: Option<SocketAddr>,
}

impl ShowLag {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let services = services(self.service.as_deref())?;
        let kafka = self.brokers.config()?;
        if let Some(address) = self.serve {
            return serve(address, Exporter { services, kafka }).await;
        }
        let lags = of_all(&services, &kafka).await?;
        if self.json {
            for lag in &lags {
                super::print(as_json(lag))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        if lags.is_empty() {
            super::print("no consumer has committed anything yet")?;
        }
        let rows: Vec<_> = lags.iter().map(row).collect();
        let head = ["GROUP", "TOPIC", "PARTITION", "COMMITTED", "END", "LAG"];
        for line in super::dlq::table(head, &rows) {
            super::print(line)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn of_all(services: &[&'static str], kafka: &KafkaConfig) -> Result<Vec<Lag>, BusError> {
    let mut lags = Vec::new();
    for service in services {
        lags.extend(lag(kafka, service, TOPICS).await?);
    }
    Ok(lags)
}

/// Whose lag is told, and by whom it is known.
struct Exporter {
    services: Vec<&'static str>,
    kafka: KafkaConfig,
}

async fn serve(address: SocketAddr, exporter: Exporter) -> anyhow::Result<ExitCode> {
    let mut signals = StopSignals::listen()?;
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("could not listen at {address}"))?;
    super::print(format!("http://{}/metrics", listener.local_addr()?))?;
    let router = Router::new()
        .route("/metrics", get(metrics))
        .with_state(Arc::new(Mutex::new(exporter)));
    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            signals.next().await;
        })
        .await?;
    Ok(ExitCode::SUCCESS)
}

/// Kafka is asked by one at a time. Where it does not answer nothing is told: what was true before is no answer.
async fn metrics(State(exporter): State<Arc<Mutex<Exporter>>>) -> impl IntoResponse {
    let exporter = exporter.lock().await;
    let format = [("content-type", "text/plain; version=0.0.4; charset=utf-8")];
    match of_all(&exporter.services, &exporter.kafka).await {
        Ok(lags) => (StatusCode::OK, format, exposition(&lags)),
        Err(error) => {
            let text = format!("{}\n", Chain(&error));
            (StatusCode::SERVICE_UNAVAILABLE, format, text)
        }
    }
}

/// In the text format of Prometheus. Names need no escaping: they are those of services and of topics.
fn exposition(lags: &[Lag]) -> String {
    let mut text = String::from(
        "# HELP kafka_consumer_lag Messages that a consumer group has not handled yet.\n\
         # TYPE kafka_consumer_lag gauge\n",
    );
    for lag in lags {
        let Lag {
            group,
            topic,
            partition,
            ..
        } = lag;
        let labels = format!("group=\"{group}\",topic=\"{topic}\",partition=\"{partition}\"");
        writeln!(text, "kafka_consumer_lag{{{labels}}} {}", lag.lag).ok();
    }
    text
}

fn row(lag: &Lag) -> [String; 6] {
    [
        lag.group.clone(),
        lag.topic.to_owned(),
        lag.partition.to_string(),
        lag.committed
            .map_or_else(|| "-".to_owned(), |offset| offset.to_string()),
        lag.end.to_string(),
        lag.lag.to_string(),
    ]
}

fn as_json(lag: &Lag) -> serde_json::Value {
    json!({
        "group": lag.group,
        "topic": lag.topic,
        "partition": lag.partition,
        "committed": lag.committed,
        "end": lag.end,
        "lag": lag.lag,
    })
}
