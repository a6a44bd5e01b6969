#![doc = include_str!("../README.md")]

use include_dir::{Dir, include_dir};
use nova_event_bus::{Bus, ConsumerOptions, KafkaConfig, Tables};
use nova_service::config::Env;
use nova_service::erasure::Eraser;
use nova_service::platform::Service;
use utoipa::openapi::OpenApi;

pub mod commands;
pub mod config;
mod consumers;
pub mod domain;
pub mod error;
pub mod events;
mod grpc;
mod jobs;
mod metrics;
pub mod state;
pub mod store;
mod ws;

use config::Config;
use state::State;

/// The service's name: of its database, its consumer group, its events' source and its lines on the health
/// page.
pub const NAME: &str = "realtime-chat";

/// The tables of this service.
pub static MIGRATIONS: Dir = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// What this service's REST operations take and answer. Nothing needs to run.
#[must_use]
pub fn openapi() -> OpenApi {
    ws::openapi()
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
    let (state, behind) = State::connect(&config, &kafka, env).await?;
    let database = &state.database;
    let tables = Tables::from(&database.pool).deadline(database.deadline);
    let bus = Bus::new(NAME, &kafka, tables).consume(consumers::router(state.clone()), options);
    let eraser = Eraser::new(database, store::erasures::STEPS);
    let of = || state.clone();
    let (sockets, look, catch_up, receive) = (of(), of(), of(), of());
    let (lease, presence, forget, canary) = (of(), of(), of(), of());
    Ok(Service::new(NAME)
        .rest(ws::router(&state))
        .grpc(grpc::server(&state))
        .database(database)
        .health(state.delivery.clone())
        .health(state.redis.clone())
        .task("sockets", |stop| jobs::sockets(sockets, stop))
        .task("look", |stop| jobs::look(look, stop))
        .task("catch-up", |stop| jobs::catch_up(catch_up, behind, stop))
        .task("receive", |stop| jobs::receive(receive, stop))
        .task("lease", |stop| jobs::lease(lease, stop))
        .task("presence", |stop| jobs::presence(presence, stop))
        .task("forget", |stop| jobs::forget(forget, stop))
        .task("canary", |stop| jobs::canary(canary, stop))
        .task("erasure", |stop| eraser.run(stop))
        .parts(bus.parts()))
}
