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
    let more = more.routes().into_axum_router().reset_fallback();
    RoutesBuilder::from(
        some.routes()
            .into_axum_router()
            .reset_fallback()
            .merge(more),
    )
}

/// The routes of these services, with reflection and health.
pub(super) fn routes(
    mut services: RoutesBuilder,
    mut names: Vec<&'static str>,
) -> Result<(Router, GrpcHealth), tonic_reflection::server::Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    services
        .add_service(health)
        .add_service(reflection(&names).build_v1()?);
    services.add_service(reflection(&names).build_v1alpha()?);
    // Without the reset, unknown paths of HTTP would be answered as gRPC.
    let router = services.routes().into_axum_router().reset_fallback();
    names.push("");
    Ok((
        router,
        GrpcHealth {
            reporter,
            names,
            reported: Mutex::new(None),
        },
    ))
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
