//! The services of Nova in one process.

use nova_service::{Env, Platform};
use utoipa::openapi::OpenApi;

/// Names of the services.
pub const SERVICES: [&str; 3] = [nova_identity::NAME, nova_content::NAME, nova_feed::NAME];

/// Reads the settings and makes every service, each connected to its database.
///
/// # Errors
/// When a setting is missing or wrong, or a database cannot be had.
pub async fn assemble(env: &mut Env) -> anyhow::Result<Platform> {
    let mut platform = Platform::read(env)?;
    platform.add(nova_identity::service(env).await?);
    platform.add(nova_content::service(env).await?);
    platform.add(nova_feed::service(env).await?);
    Ok(platform)
}

/// The OpenAPI document that [`assemble`]'s platform serves. Nothing needs to run.
#[must_use]
pub fn openapi() -> OpenApi {
    nova_service::platform::document([
        nova_identity::openapi(),
        nova_content::openapi(),
        nova_feed::openapi(),
    ])
}
