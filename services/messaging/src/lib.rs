#![doc = include_str!("../README.md")]

use include_dir::{Dir, include_dir};
use nova_event_bus::{Bus, ConsumerOptions, KafkaConfig};
use nova_service::config::Env;
use nova_service::erasure::Eraser;
use nova_service::idempotency::Sweeper;
use nova_service::platform::Service;
use utoipa::openapi::OpenApi;

pub mod commands;
pub mod config;
mod consumers;
pub mod domain;
pub mod error;
pub mod events;
mod grpc;
mod http;
mod jobs;
pub mod state;
pub mod store;

use config::Config;
use state::State;

/// The service's name: of its database, its consumer group, its events' source and its lines on the health
/// page.
pub const NAME: &str = "messaging";

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
    let config = Config::read(env)?;
    let kafka = KafkaConfig::from_settings(|name, default, help| {
        anyhow::Ok(env.read(name, default, help)?)
    })?;
    let build = nova_service::build::id(env)?;
    let options =
        ConsumerOptions::from_settings(build, |name, default, help| env.read(name, default, help))?;
    let state = State::connect(env).await?;
    let database = &state.database;
    let router = consumers::router(&state);
    let bus = Bus::new(NAME, &kafka, state.tables()).consume(router, options);
    let eraser = Eraser::new(database, store::erasures::STEPS);
    let sweeper = Sweeper::new(database, config.idempotency_ttl);
    let (telling, departing, exporting) = (state.clone(), state.clone(), state.clone());
    Ok(Service::new(NAME)
        .rest(http::router(&state))
        .grpc(grpc::server(&state))
        .database(database)
        .task("idempotency", |stop| sweeper.run(stop))
        .task("marks", |stop| jobs::tell_marks(telling, stop))
        .task("departures", |stop| jobs::depart(departing, stop))
        .task("erasure", |stop| eraser.run(stop))
        .task("exports", |stop| jobs::export_messages(exporting, stop))
        .parts(bus.parts()))
}
