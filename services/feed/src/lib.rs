#![doc = include_str!("../README.md")]

use include_dir::{Dir, include_dir};
use nova_event_bus::{Bus, ConsumerOptions, KafkaConfig, Tables};
use nova_service::config::Env;
use nova_service::erasure::Eraser;
use nova_service::platform::Service;
use utoipa::openapi::OpenApi;

pub mod clients;
pub mod commands;
pub mod config;
mod consumers;
pub mod domain;
pub mod error;
pub mod events;
mod grpc;
mod http;
mod jobs;
mod metrics;
pub mod state;
pub mod store;

use config::Config;
use state::State;

/// The service's name: of its database, its consumer group, its events' source and its lines on the health
/// page.
pub const NAME: &str = "feed";

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
    metrics::describe();
    let config = Config::read(env)?;
    let kafka = KafkaConfig::from_settings(|name, default, help| {
        anyhow::Ok(env.read(name, default, help)?)
    })?;
    let build = nova_service::build::id(env)?;
    let options =
        ConsumerOptions::from_settings(build, |name, default, help| env.read(name, default, help))?;
    let state = State::connect(&config, env).await?;
    let database = &state.database;
    let tables = Tables::from(&database.pool).deadline(database.deadline);
    let bus = Bus::new(NAME, &kafka, tables).consume(consumers::router(state.clone()), options);
    let redis = state.home.timelines.redis().clone();
    let eraser = Eraser::new(database, store::erasures::STEPS);
    let (telling, tidying) = (state.clone(), state.clone());
    Ok(Service::new(NAME)
        .rest(http::router(&state))
        .grpc(grpc::server(&state))
        .database(database)
        .part("redis", vec![redis.health()], |stop| redis.watch(stop))
        .task("fan-out", |stop| jobs::fan_out(telling, stop))
        .task("sweep", |stop| jobs::sweep(tidying, stop))
        .task("erasure", |stop| eraser.run(stop))
        .parts(bus.parts()))
}
