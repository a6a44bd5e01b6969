//! The settings of the process itself.

use std::net::SocketAddr;
use std::time::Duration;

use super::doors::Doors;
use crate::config::{ConfigError, Env};

/// The setting that says how long a process that stops still takes requests: who sends them (a load balancer, the
/// proxies of Kubernetes) learns only after a while that it is not ready any more. Programs that nobody sends
/// requests to without asking, `nova up` and tests, set it to `0s`.
pub const DRAIN_DELAY: &str = "NOVA_DRAIN_DELAY";

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) listen: SocketAddr,
    /// Without it everything is served at one address.
    pub(super) admin_listen: Option<SocketAddr>,
    pub(super) doors: Doors,
    pub(super) drain_delay: Duration,
    pub(super) shutdown_timeout: Duration,
}

impl Settings {
    pub(super) fn read(env: &mut Env) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: env.read(
                "NOVA_LISTEN",
                "127.0.0.1:8080",
                "address to serve on; port 0 takes a free one",
            )?,
            admin_listen: env.optional(
                "NOVA_ADMIN_LISTEN",
                "address of metrics, health details and reflection; unset, they are served with the rest",
            )?,
            doors: Doors::read(env)?,
            drain_delay: env.read(
                DRAIN_DELAY,
                "5s",
                "how long requests are still taken after ready has turned false; 0s in `nova up`",
            )?,
            shutdown_timeout: env.read(
                "NOVA_SHUTDOWN_TIMEOUT",
                "20s",
                "how long a stop may take after that delay",
            )?,
        })
    }
}
