//! What one service brings to the process that runs it.

use std::convert::Infallible;

use axum::response::IntoResponse;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Method, Request};
use nova_resilience::Health;
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService;
use tonic::service::RoutesBuilder;
use utoipa_axum::router::OpenApiRouter;

use super::allowance::{Allowance, Allowances};
use super::cors::{PageOrigins, Trusting};
use crate::postgres::Database;

/// A service: routes, gRPC services, health and tasks, in one value that a [`Platform`](super::Platform)
/// runs, alone or beside others.
pub struct Service {
    pub(super) name: &'static str,
    pub(super) rest: OpenApiRouter,
    pub(super) grpc: RoutesBuilder,
    pub(super) grpc_names: Vec<&'static str>,
    pub(super) allowances: Allowances,
    pub(super) trusting: Vec<Trusting>,
    pub(super) healths: Vec<Health>,
    pub(super) tasks: Vec<Task>,
    pub(super) drains: Vec<Drain>,
}

/// What a service does when connections are to end.
pub(super) type Drain = Box<dyn FnOnce() + Send>;

pub(super) struct Task {
    /// `service.task`
    pub(super) name: String,
    pub(super) run: Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>,
}

impl Service {
    /// A service that does nothing yet.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            rest: OpenApiRouter::new(),
            grpc: RoutesBuilder::default(),
            grpc_names: Vec::new(),
            allowances: Allowances::default(),
            trusting: Vec::new(),
            healths: Vec::new(),
            tasks: Vec::new(),
            drains: Vec::new(),
        }
    }

    /// Serves these routes too; their OpenAPI operations appear in `/openapi.json`. A variable part
    /// of a path must have one name in all services: `/v1/users/{id}`.
    #[must_use]
    pub fn rest(self, router: OpenApiRouter) -> Self {
        Self {
            rest: self.rest.merge(router),
            ..self
        }
    }

    /// Serves this gRPC service too.
    #[must_use]
    pub fn grpc<S>(mut self, service: S) -> Self
    where
        S: tower::Service<Request<tonic::body::Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Response: IntoResponse,
        S::Future: Send + 'static,
    {
        self.grpc.add_service(service);
        self.grpc_names.push(S::NAME);
        self
    }

    /// Lets this route have longer bodies than others, and time for them as long as they come: `NOVA_REQUEST_TIMEOUT` is for
    /// each stretch in which it is not the client that is waited for. The path is that of the route (`/v1/things/{id}`), of
    /// gRPC that of the method (`/package.Service/Method`, always `POST`). What is wrong with such a body
    /// [`unreadable`](crate::http::unreadable) tells.
    #[must_use]
    pub fn allow(mut self, method: Method, path: &'static str, allowance: Allowance) -> Self {
        self.allowances.add(method, path, allowance);
        self
    }

    /// Lets pages of these origins ask for this path, and for what lies under it, with cookies. For others, and elsewhere,
    /// `NOVA_CORS_ORIGINS` says what pages may do, which lets no cookie through.
    #[must_use]
    pub fn trust_pages(mut self, path: &'static str, origins: PageOrigins) -> Self {
        self.trusting.push(Trusting::new(path, origins));
        self
    }

    /// Shows this on `/health/ready`.
    #[must_use]
    pub fn health(mut self, health: Health) -> Self {
        self.healths.push(health);
        self
    }

    /// Runs this until the process stops: it ends soon after its token is cancelled. If it ends
    /// earlier the whole process stops in order, naming it.
    #[must_use]
    pub fn task<F, Fut>(mut self, name: &'static str, run: F) -> Self
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let name = format!("{}.{name}", self.name);
        self.tasks.push(Task {
            name,
            run: Box::new(|stop| run(stop).boxed()),
        });
        self
    }

    /// Does this when the process stops and its connections are to end, while tasks still run: connections that routes have
    /// taken over ([`Takeover`](super::Takeover)), and bodies that never end, are the routes' own to end in order.
    #[must_use]
    pub fn on_drain(mut self, drain: impl FnOnce() + Send + 'static) -> Self {
        self.drains.push(Box::new(drain));
        self
    }

    /// Runs this too, as [`Self::task`] does, and shows how it is.
    #[must_use]
    pub fn part<F, Fut>(mut self, name: &'static str, healths: Vec<Health>, run: F) -> Self
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.healths.extend(healths);
        self.task(name, run)
    }

    /// Runs and shows all of these, as [`Self::part`] does.
    #[must_use]
    pub fn parts<F, Fut>(
        self,
        parts: impl IntoIterator<Item = (&'static str, Vec<Health>, F)>,
    ) -> Self
    where
        F: FnOnce(CancellationToken) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let add = |service: Self, (name, healths, run)| service.part(name, healths, run);
        parts.into_iter().fold(self, add)
    }

    /// Shows on `/health/ready` how the database is, and asks it each second.
    #[must_use]
    pub fn database(self, database: &Database) -> Self {
        let (health, database) = (database.health.clone(), database.clone());
        self.part("postgres", vec![health], |stop| database.watch(stop))
    }
}
