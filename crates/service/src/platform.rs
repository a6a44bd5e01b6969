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
use utoipa::openapi::OpenApi;
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

/// Services that will run in this process.
pub struct Platform {
    settings: Settings,
    edge: Edge,
    services: Vec<Service>,
}

#[derive(Debug, Clone, Copy)]
struct Settings {
    listen: SocketAddr,
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
            shutdown_timeout: env.read(
                "NOVA_SHUTDOWN_TIMEOUT",
                "20s",
                "how long a stop may take",
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
        let shutdown_timeout = settings.shutdown_timeout;
        Ok(Bound {
            address,
            listener,
            router,
            readiness,
            grpc_health,
            tasks: parts.tasks,
            shutdown_timeout,
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

/// The OpenAPI document of a process with services of these operations, as it serves it. Nothing needs to run.
#[must_use]
pub fn document(services: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let mut whole = operations().into_openapi();
    for service in services {
        whole.merge(service);
    }
    docs::complete(whole)
}

/// What every process serves.
fn operations() -> OpenApiRouter<Readiness> {
    OpenApiRouter::with_openapi(docs::base())
        .routes(routes!(health::check_liveness))
        .routes(routes!(health::check_readiness))
        .routes(routes!(metrics::get_metrics))
}

fn router(
    rest: OpenApiRouter,
    grpc: Router,
    readiness: Readiness,
    edge: Edge,
) -> anyhow::Result<Router> {
    let whole = operations().with_state(readiness).merge(rest);
    let (router, openapi) = whole.split_for_parts();
    let docs =
        docs::routes(&docs::complete(openapi)).context("could not write the OpenAPI document")?;
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
    shutdown_timeout: Duration,
}

impl Bound {
    /// The address that is listened on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is cancelled, then stops in order within `NOVA_SHUTDOWN_TIMEOUT`: not ready
    /// any more, no new connections, requests answered, tasks ended.
    ///
    /// # Errors
    /// When a task ended before the stop, or something did not stop in time; both are named.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        run::run(self, stop).await
    }
}
