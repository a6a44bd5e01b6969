//! A member of a consumer group, for the fault tests of the bus to kill: relays the outbox and handles
//! events until SIGTERM.
//!
//! `bus-member <URL of its database> <brokers> <classic or consumer>`

use std::io::{Write, stderr};
use std::time::Duration;

use anyhow::Context;
use nova_event_bus::{Consumer, Relay};
use nova_service::Env;
use nova_service::telemetry::Telemetry;
use nova_tests::bus;
use sqlx::postgres::PgPoolOptions;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// For a member that is to be useful soon after Postgres is back.
const ACQUIRE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    writeln!(stderr(), "{}", bus::LISTENS)?;
    let mut env = Env::of([("NOVA_LOG".to_owned(), "info".to_owned())]);
    let _telemetry = Telemetry::install(&mut env, "bus-member")?;
    bus::tell_violations()?;
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().context("an argument is missing");
    let (database, brokers, protocol) = (argument()?, argument()?, argument()?);
    let kafka = bus::kafka(&brokers, &protocol)?;
    // Postgres may be down just now.
    let pool = PgPoolOptions::new()
        .acquire_timeout(ACQUIRE)
        .connect_lazy(&database)?;
    let stop = CancellationToken::new();
    let consumer = Consumer::new(&kafka, pool.clone(), bus::router(pool.clone()));
    let relay = Relay::new(bus::NAME, pool, &kafka);
    tokio::join!(consumer.run(stop.clone()), relay.run(stop.clone()), async {
        terminate.recv().await;
        stop.cancel();
    });
    Ok(())
}
