//! The process that runs services: one address for REST and gRPC, health, metrics, an orderly stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::RoutesBuilder;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::{ConfigError, Env};

mod docs;
mod edge;
mod grpc;
mod health;
mod metrics;
mod run;
mod serve;
mod service;
mod size;
mod span;

use edge::Edge;
use grpc::GrpcHealth;
use health::Readiness;
pub use service::Service;

/// The setting that says how long a process that stops still takes requests: who sends them (a load balancer, the
/// proxies of Kubernetes) learns only after a while that it is not ready any more. Programs that nobody sends
/// requests to without asking, `nova up` and tests, set it to `0s`.
pub const DRAIN_DELAY: &str = "NOVA_DRAIN_DELAY";

/// Services that will run in this process.
pub struct Platform {
    settings: Settings,
    edge: Edge,
    services: Vec<Service>,
}

#[derive(Debug, Clone, Copy)]
struct Settings {
    listen: SocketAddr,
    drain_delay: Duration,
    shutdown_timeout: Duration,
}

impl Platform {
    /// Reads the settings of the process itself.
    ///
    /// # Errors
    /// When one is missing or wrong.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let settings = Settings {
            listen: env.read(
                "NOVA_LISTEN",
                "127.0.0.1:8080",
                "address to serve on; port 0 takes a free one",
            )?,
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
        };
        Ok(Self {
            settings,
            edge: Edge::read(env)?,
            services: Vec::new(),
        })
    }

    /// Runs this service too.
    pub fn add(&mut self, service: Service) {
        self.services.push(service);
    }

    /// Takes the address. Nothing is served before [`Bound::run`].
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(self) -> anyhow::Result<Bound> {
        metrics::recorder();
        let Self {
            settings,
            edge,
            services,
        } = self;
        let mut parts = Parts::default();
        for service in services {
            parts.add(service);
        }
        let readiness = Readiness::of(parts.healths);
        let (grpc, grpc_health) = grpc::routes(parts.grpc, parts.grpc_names)?;
        grpc_health.report(readiness.is_ready()).await;
        let router = router(parts.rest, grpc, readiness.clone(), edge)?;
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("could not listen on {}", settings.listen))?;
        let address = listener
            .local_addr()
            .context("the listener has no address")?;
        Ok(Bound {
            address,
            listener,
            router,
            readiness,
            grpc_health,
            tasks: parts.tasks,
            drain_delay: settings.drain_delay,
            shutdown_timeout: settings.shutdown_timeout,
        })
    }
}

/// What all services bring, together.
#[derive(Default)]
struct Parts {
    rest: OpenApiRouter,
    grpc: RoutesBuilder,
    grpc_names: Vec<&'static str>,
    healths: Vec<nova_resilience::Health>,
    tasks: Vec<service::Task>,
}

impl Parts {
    fn add(&mut self, service: Service) {
        self.rest = std::mem::take(&mut self.rest).merge(service.rest);
        self.grpc = grpc::merge(std::mem::take(&mut self.grpc), service.grpc);
        self.grpc_names.extend(service.grpc_names);
        self.healths.extend(service.healths);
        self.tasks.extend(service.tasks);
    }
}

fn router(
    rest: OpenApiRouter,
    grpc: Router,
    readiness: Readiness,
    edge: Edge,
) -> anyhow::Result<Router> {
    let operations = OpenApiRouter::with_openapi(docs::base())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
        .with_state(readiness);
    let (router, openapi) = operations.merge(rest).split_for_parts();
    let docs = docs::routes(openapi).context("could not write the OpenAPI document")?;
    Ok(router
        .merge(docs)
        .merge(grpc)
        .fallback(edge::not_found)
        .method_not_allowed_fallback(edge::method_not_allowed)
        .layer(from_fn_with_state(Arc::new(edge), edge::pass)))
}

/// Services that have an address and are ready to run.
pub struct Bound {
    address: SocketAddr,
    listener: TcpListener,
    router: Router,
    readiness: Readiness,
    grpc_health: GrpcHealth,
    tasks: Vec<service::Task>,
    drain_delay: Duration,
    shutdown_timeout: Duration,
}

impl Bound {
    /// The address that is listened on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is cancelled, then stops in order: not ready any more, while requests are still
    /// taken for `NOVA_DRAIN_DELAY`; then, within `NOVA_SHUTDOWN_TIMEOUT`, no new connections, requests
    /// answered, tasks ended.
    ///
    /// # Errors
    /// When a task ended before it was told to (then there is no delay, or no more of it), or something did not
    /// stop in time; both are named.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        run::run(self, stop).await
    }
}
