#![doc = include_str!("../README.md")]

use ::http::Method;
use include_dir::{Dir, include_dir};
use nova_event_bus::{Bus, ConsumerOptions, KafkaConfig};
use nova_resilience::Health;
use nova_service::config::Env;
use nova_service::erasure::Eraser;
use nova_service::idempotency::Sweeper;
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
pub const NAME: &str = "media";

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
    let idempotency_ttl = config.idempotency_ttl;
    let state = State::connect(config, env).await?;
    let database = &state.database;
    let tables = state.tables.clone();
    let bus = Bus::new(NAME, &kafka, tables).consume(consumers::router(state.clone()), options);
    let eraser = Eraser::new(database, store::erasures::STEPS);
    let sweeper = Sweeper::new(database, idempotency_ttl);
    let [reading, removing, sweeping, watching, exporting] = std::array::from_fn(|_| state.clone());
    // What is kept elsewhere is shown and changed while files are away.
    let stored = Health::optional("media.store");
    let service = Service::new(NAME)
        .rest(http::router(&state))
        .grpc(grpc::server(&state))
        .database(database)
        .task("idempotency", |stop| sweeper.run(stop))
        .task("erasure", |stop| eraser.run(stop))
        .task("reading", |stop| jobs::read_media(reading, stop))
        .task("removal", |stop| jobs::remove_files(removing, stop))
        .task("sweep", |stop| jobs::sweep(sweeping, stop))
        .part("store", vec![stored.clone()], |stop| {
            jobs::watch(watching, stored, stop)
        })
        .task("exports", |stop| jobs::export_media(exporting, stop))
        .parts(bus.parts());
    let allowance = http::allowance(&state);
    let service = service.allow(Method::POST, grpc::UPLOAD, allowance);
    Ok(http::allow(service, allowance))
}
