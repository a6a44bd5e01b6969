//! gRPC services, reflection and health on the same routes.

use std::sync::{Mutex, PoisonError};

use axum::Router;
use tonic::service::RoutesBuilder;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// Tells gRPC clients whether the services serve; "" stands for all.
pub(super) struct GrpcHealth {
    reporter: HealthReporter,
    names: Vec<&'static str>,
    reported: Mutex<Option<bool>>,
}

impl GrpcHealth {
    /// Reports the process's readiness for every service, if it has changed: whoever watches is told
    /// of every report.
    pub(super) async fn report(&self, ready: bool) {
        let before = self
            .reported
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(ready);
        if before == Some(ready) {
            return;
        }
        let status = if ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        for name in &self.names {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

/// Two services' gRPC routes as one's.
pub(super) fn merge(some: RoutesBuilder, more: RoutesBuilder) -> RoutesBuilder {
    RoutesBuilder::from(router(some).merge(router(more)))
}

/// What is served as gRPC.
pub(super) struct Served {
    /// The services, and health: that clients and load balancers ask.
    pub(super) services: Router,
    /// Reflection.
    pub(super) reflection: Router,
    /// Health once more, for another address.
    pub(super) health: Router,
    /// What health answers.
    pub(super) reporter: GrpcHealth,
}

/// The routes of these services, with reflection and health.
pub(super) fn routes(
    mut services: RoutesBuilder,
    mut names: Vec<&'static str>,
) -> Result<Served, tonic_reflection::server::Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    services.add_service(health.clone());
    let mut reflections = RoutesBuilder::default();
    reflections
        .add_service(reflection(&names).build_v1()?)
        .add_service(reflection(&names).build_v1alpha()?);
    let mut healths = RoutesBuilder::default();
    healths.add_service(health);
    names.push("");
    Ok(Served {
        services: router(services),
        reflection: router(reflections),
        health: router(healths),
        reporter: GrpcHealth {
            reporter,
            names,
            reported: Mutex::new(None),
        },
    })
}

/// Without the reset, unknown paths of HTTP would be answered as gRPC.
fn router(services: RoutesBuilder) -> Router {
    services.routes().into_axum_router().reset_fallback()
}

/// Reflection that lists what is served, not everything whose description is known.
fn reflection(names: &[&'static str]) -> tonic_reflection::server::Builder<'static> {
    let builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(nova_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.health.v1.Health");
    names
        .iter()
        .fold(builder, |builder, name| builder.with_service_name(*name))
}
