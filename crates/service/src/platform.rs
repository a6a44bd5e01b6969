//! The process that runs services: one address for REST and gRPC, health, metrics, an orderly stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::RoutesBuilder;
use tower_http::cors::CorsLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::config::{ConfigError, Env};

mod allowance;
mod cors;
mod deadline;
mod docs;
mod doors;
mod edge;
mod grpc;
mod head;
mod health;
mod metrics;
mod pace;
mod protocol;
mod routes;
mod run;
mod serve;
mod service;
mod settings;
mod size;
mod span;
mod takeover;

use allowance::Allowances;
pub use allowance::{Allowance, Pace};
pub use cors::PageOrigins;
use cors::{Pages, Trusting};
use doors::Doors;
use edge::Edge;
use grpc::GrpcHealth;
use health::Readiness;
use routes::Routes;
pub use service::Service;
pub use settings::DRAIN_DELAY;
use settings::Settings;
pub use takeover::Takeover;

/// Where health is told in full, as these settings say.
pub(crate) fn operators(env: &mut Env) -> Result<SocketAddr, ConfigError> {
    let settings = Settings::read(env)?;
    Ok(settings.admin_listen.unwrap_or(settings.listen))
}

/// Services that will run in this process.
pub struct Platform {
    settings: Settings,
    edge: Edge,
    cors: Option<CorsLayer>,
    services: Vec<Service>,
}

impl Platform {
    /// Reads the settings of the process itself.
    ///
    /// # Errors
    /// When one is missing or wrong.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        Ok(Self {
            settings: Settings::read(env)?,
            edge: Edge::read(env)?,
            cors: cors::read(env)?,
            services: Vec::new(),
        })
    }

    /// Runs this service too.
    pub fn add(&mut self, service: Service) {
        self.services.push(service);
    }

    /// Takes the address, and that of `NOVA_ADMIN_LISTEN`. Nothing is served before [`Bound::run`].
    ///
    /// # Errors
    /// When an address cannot be had.
    pub async fn bind(self) -> anyhow::Result<Bound> {
        metrics::recorder();
        let Self {
            settings,
            edge,
            cors,
            services,
        } = self;
        let mut parts = Parts::default();
        for service in services {
            parts.add(service);
        }
        let readiness = Readiness::of(parts.healths);
        let grpc = grpc::routes(parts.grpc, parts.grpc_names)?;
        grpc.reporter.report(readiness.is_ready()).await;
        let routes = Routes {
            rest: parts.rest,
            services: grpc.services,
            reflection: grpc.reflection,
            health: grpc.health,
            readiness: readiness.clone(),
            edge: Arc::new(edge.allowing(parts.allowances)),
            pages: Pages {
                all: cors,
                trusting: parts.trusting,
            },
        };
        let (public, admin) = match settings.admin_listen {
            None => (Door::open(settings.listen, routes.together()?).await?, None),
            Some(address) => {
                let (public, admin) = routes.apart()?;
                let public = Door::open(settings.listen, public).await?;
                (public, Some(Door::open(address, admin).await?))
            }
        };
        Ok(Bound {
            public,
            admin,
            doors: settings.doors,
            readiness,
            grpc_health: grpc.reporter,
            tasks: parts.tasks,
            drains: parts.drains,
            drain_delay: settings.drain_delay,
            shutdown_timeout: settings.shutdown_timeout,
        })
    }
}

/// An address that is listened on, and what is served there.
struct Door {
    address: SocketAddr,
    listener: TcpListener,
    router: Router,
}

impl Door {
    async fn open(address: SocketAddr, router: Router) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("could not listen on {address}"))?;
        let address = listener
            .local_addr()
            .context("the listener has no address")?;
        Ok(Self {
            address,
            listener,
            router,
        })
    }
}

/// What all services bring, together.
#[derive(Default)]
struct Parts {
    rest: OpenApiRouter,
    grpc: RoutesBuilder,
    grpc_names: Vec<&'static str>,
    allowances: Allowances,
    trusting: Vec<Trusting>,
    healths: Vec<nova_resilience::Health>,
    tasks: Vec<service::Task>,
    drains: Vec<service::Drain>,
}

impl Parts {
    fn add(&mut self, service: Service) {
        self.rest = std::mem::take(&mut self.rest).merge(service.rest);
        self.grpc = grpc::merge(std::mem::take(&mut self.grpc), service.grpc);
        self.grpc_names.extend(service.grpc_names);
        self.allowances.merge(service.allowances);
        self.trusting.extend(service.trusting);
        self.healths.extend(service.healths);
        self.tasks.extend(service.tasks);
        self.drains.extend(service.drains);
    }
}

/// The OpenAPI document of a process with services of these operations, as it serves it. Nothing needs to run.
#[must_use]
pub fn document(services: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let mut whole = routes::operations().into_openapi();
    for service in services {
        whole.merge(service);
    }
    docs::complete(whole)
}

/// Services that have an address and are ready to run.
pub struct Bound {
    public: Door,
    admin: Option<Door>,
    doors: Doors,
    readiness: Readiness,
    grpc_health: GrpcHealth,
    tasks: Vec<service::Task>,
    drains: Vec<service::Drain>,
    drain_delay: Duration,
    shutdown_timeout: Duration,
}

impl Bound {
    /// The address that is listened on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.public.address
    }

    /// The address of metrics, health details and reflection, when they have one of their own.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|door| door.address)
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
