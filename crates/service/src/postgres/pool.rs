//! Connections that are asked whether their server is still there, and not for long.

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection};

use super::pulse::Pulse;
use super::{PING_TIMEOUT, within};

/// How long a request waits for a free connection before it answers 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// No restart of Postgres was seen to be faster than this.
const UNASKED_IDLE: Duration = Duration::from_millis(100);

/// Longest wait for the answer of a connection that lay idle. What is left of [`ACQUIRE_TIMEOUT`] is for a
/// new one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// A pool that does not keep what a server left behind that vanished without a word: what is asked of a
/// connection when it is taken out and put back has a deadline.
pub(super) fn options(connections: u32, pulse: &Pulse) -> PgPoolOptions {
    let pulse = pulse.clone();
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, idle| Box::pin(still_there(connection, idle.idle_for)))
        .after_release(move |connection, _| Box::pin(given_back(connection, pulse.clone())))
}

/// Asks a connection that lay idle whether its server is still there, so that a restart of Postgres
/// fails no request later. Under load no connection is idle for long, and nothing is asked.
async fn still_there(connection: &mut PgConnection, idle_for: Duration) -> sqlx::Result<bool> {
    if idle_for >= UNASKED_IDLE {
        within(IDLE_TIMEOUT, connection.ping()).await?;
    }
    Ok(true)
}

/// The pool asks each connection that it is given back, and waits for the answer for ever: a statement that
/// was cut off, because its server is gone, would keep its place in the pool. So where the server has not
/// answered for a while it is asked here, and the connection closed when it is silent.
async fn given_back(connection: &mut PgConnection, pulse: Pulse) -> sqlx::Result<bool> {
    pulse.given_back();
    if !pulse.is_fresh() {
        within(PING_TIMEOUT, connection.ping()).await?;
    }
    Ok(true)
}
