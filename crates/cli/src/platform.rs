//! The services of Nova in one process. The list of them is here: the command line and the tests take theirs
//! from it.

use nova_event_bus::KafkaConfig;
use nova_service::postgres::Dir;
use nova_service::{ConfigError, Env, Platform};
use utoipa::openapi::OpenApi;

/// One group for all would have each of them miss what others handle.
fn each_has_its_group(env: &mut Env) -> anyhow::Result<()> {
    let kafka = KafkaConfig::from_settings(|name, default, help| {
        anyhow::Ok(env.read::<String>(name, default, help)?)
    })?;
    kafka.group.map_or(Ok(()), |value| {
        let wrong = ConfigError::Invalid {
            name: "NOVA_KAFKA_GROUP",
            value,
            expects: "for several services in one process: each has its own",
        };
        Err(wrong.into())
    })
}

macro_rules! services {
    ($($service:ident),+ $(,)?) => {
        /// The tables of each service, in the order of [`SERVICES`].
        pub static MIGRATIONS: [&Dir<'static>; SERVICES.len()] = [$(&$service::MIGRATIONS),+];

        /// Names of the services.
        pub const SERVICES: [&str; [$($service::NAME),+].len()] = [$($service::NAME),+];

        /// Reads the settings of every service and nothing else: their names are known then.
        ///
        /// # Errors
        /// The first that is missing or wrong, by name.
        pub fn read_settings(env: &mut Env) -> Result<(), ConfigError> {
            $($service::config::Config::read(env)?;)+
            Ok(())
        }

        /// Reads the settings and makes every service, each connected to its database.
        ///
        /// # Errors
        /// When a setting is missing or wrong, or a database cannot be had.
        pub async fn assemble(env: &mut Env) -> anyhow::Result<Platform> {
            each_has_its_group(env)?;
            let mut platform = Platform::read(env)?;
            $(platform.add($service::service(env).await?);)+
            Ok(platform)
        }

        /// What the operations of each service take and answer, in the order of [`SERVICES`].
        #[must_use]
        pub fn openapi_of_each() -> [OpenApi; SERVICES.len()] {
            [$($service::openapi()),+]
        }

        /// The OpenAPI document that [`assemble`]'s platform serves. Nothing needs to run.
        #[must_use]
        pub fn openapi() -> OpenApi {
            nova_service::platform::document(openapi_of_each())
        }
    };
}

services![
    nova_identity,
    nova_content,
    nova_feed,
    nova_media,
    nova_messaging,
    nova_realtime_chat,
    nova_eventbridge
];
