#![doc = include_str!("../README.md")]

use std::time::Duration;

use anyhow::Context as _;
use include_dir::{Dir, include_dir};
use nova_event_bus::{Bus, ConsumerOptions, Direct, KafkaConfig, Tables};
use nova_resilience::Health;
use nova_service::config::Env;
use nova_service::erasure::Eraser;
use nova_service::platform::{PageOrigins, Service};
use utoipa::openapi::OpenApi;

pub mod commands;
pub mod config;
mod consumers;
pub mod domain;
pub mod error;
pub mod events;
mod grpc;
pub mod http;
mod jobs;
mod metrics;
pub mod state;
pub mod store;

use config::Config;
use http::{Components, Watched};
use state::State;

/// The service's name: of its database, its consumer group, its events' source and its lines on the health
/// page.
pub const NAME: &str = "eventbridge";

/// Events that come so soon after others go to Redis with each other: at a thousand in a second a turn for each costs more
/// processor time than what is done for it.
const GATHER: Duration = Duration::from_millis(4);

/// The tables of this service.
pub static MIGRATIONS: Dir = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// What this service's REST operations take and answer. Nothing needs to run.
#[must_use]
pub fn openapi() -> OpenApi {
    http::openapi()
}

/// Everything that this service runs.
///
/// # Errors
/// When a setting is missing or wrong, and when there is no database.
pub async fn service(env: &mut Env) -> anyhow::Result<Service> {
    assemble(env, false).await
}

/// The same, alone on its address: `/health` is its own there.
///
/// # Errors
/// As [`service`].
pub async fn alone(env: &mut Env) -> anyhow::Result<Service> {
    assemble(env, true).await
}

async fn assemble(env: &mut Env, is_alone: bool) -> anyhow::Result<Service> {
    metrics::describe();
    let config = Config::read(env)?;
    let kafka = KafkaConfig::from_settings(|name, default, help| {
        anyhow::Ok(env.read(name, default, help)?)
    })?;
    let build = nova_service::build::id(env)?;
    let mut options =
        ConsumerOptions::from_settings(build, |name, default, help| env.read(name, default, help))?;
    options.breaker = Some(config.breaker.options());
    options.gather = GATHER;
    let state = State::connect(&config, &kafka, env).await?;
    let database = &state.database;
    let tables = Tables::from(&database.pool).deadline(database.deadline);
    let bus = Bus::new(NAME, &kafka, tables).consume(consumers::router(state.clone()), options);
    let of = || state.clone();
    let (rules, receive, refill, look) = (of(), of(), of(), of());
    let eraser = Eraser::new(database, store::erasures::STEPS);
    let service = serving(&state, &config.origins)
        .database(&state.database)
        .health(state.rules.health())
        .task("rules", |stop| jobs::rules(rules, stop))
        .task("receive", |stop| jobs::receive(receive, stop))
        .task("refill", |stop| jobs::refill(refill, stop))
        .task("look", |stop| jobs::look(look, stop))
        .task("erasure", |stop| eraser.run(stop));
    watched(service, &state, bus, is_alone)
}

/// The bus, and what says whether events get from Kafka to streams.
fn watched(service: Service, state: &State, bus: Bus, is_alone: bool) -> anyhow::Result<Service> {
    let standings = bus.standings().context("a bus that consumes nothing")?;
    let parts = bus.parts();
    let probe = parts.iter().filter(|(name, ..)| *name == "probe");
    let components = Components {
        kafka: probe.flat_map(|(_, healths, _)| healths.clone()).collect(),
        redis: Health::optional("eventbridge.redis"),
        canary: Health::optional("eventbridge.canary"),
    };
    let cage = jobs::Cage {
        state: state.clone(),
        direct: Direct::new(NAME, &state.kafka)?,
        kafka: components.kafka.clone(),
        redis: components.redis.clone(),
        standings: standings.clone(),
        canary: components.canary.clone(),
        pipeline: Health::required("eventbridge.pipeline"),
    };
    let (redis, asked) = (state.clone(), components.redis.clone());
    let told = vec![cage.canary.clone(), cage.pipeline.clone()];
    let partitions = standings.clone();
    let watched = Watched {
        standings,
        components,
    };
    Ok(service
        .rest(http::health_router(watched, is_alone))
        .part("redis", vec![asked.clone()], |stop| {
            jobs::redis(redis, asked, stop)
        })
        .part("canary", told, |stop| jobs::canary(cage, stop))
        .task("partitions", |stop| jobs::partitions(partitions, stop))
        .parts(parts))
}

/// The part of it that serves streams, and tells them what the [hub](state::hub::Hub) is handed. Pages of these origins may
/// read them.
#[must_use]
pub fn serving(state: &State, origins: &PageOrigins) -> Service {
    let (streams, hub) = (state.clone(), state.hub.clone());
    Service::new(NAME)
        .rest(http::router(state))
        .trust_pages(http::PATH, origins.clone())
        .grpc(grpc::server(state))
        .on_drain(move || hub.drain())
        .task("streams", |stop| jobs::streams(streams, stop))
}
