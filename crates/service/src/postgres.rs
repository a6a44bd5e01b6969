//! One service's database: found or created, migrated, watched.

use std::borrow::Cow;
use std::time::Duration;

use anyhow::Context as _;
use nova_resilience::{Backoff, Code, Health};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::{ConfigError, Env};

/// A service's database.
#[derive(Debug, Clone)]
pub struct Database {
    /// Connections, made when needed and kept.
    pub pool: PgPool,
    /// Whether the last ping was answered; required for readiness.
    pub health: Health,
}

/// How long a request waits for a free connection before it answers 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// No restart of Postgres was seen to be faster than this.
const UNASKED_IDLE: Duration = Duration::from_millis(100);

const PING_EVERY: Duration = Duration::from_secs(1);

/// Set for every pooled connection: nothing holds locks for ever, and a prepared statement is planned once.
/// Planning each list query anew, as Postgres chooses by itself, doubles what it costs (measured: 62 µs
/// instead of 125 µs for a page of posts).
const SESSION: [(&str, &str); 3] = [
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("plan_cache_mode", "force_generic_plan"),
];

pub(crate) struct Settings {
    server: PgConnectOptions,
    database: String,
    connections: u32,
    patience: Duration,
}

impl Settings {
    pub(crate) fn read(env: &mut Env, service: &str) -> Result<Self, ConfigError> {
        let name = "NOVA_POSTGRES";
        let url: Url = env.required(
            name,
            "postgres://user:password@host:port/prefix of database names",
        )?;
        let invalid = || ConfigError::Invalid {
            name,
            value: "***".to_owned(),
            expects: EXPECTED_URL,
        };
        let server: PgConnectOptions = url.as_str().parse().map_err(|_| invalid())?;
        let prefix = match url.path().trim_start_matches('/') {
            "" => "nova",
            prefix => prefix,
        };
        let database = database_name(prefix, service).ok_or_else(invalid)?;
        Ok(Self {
            server: server.disable_statement_logging(),
            database,
            connections: read_connections(env)?,
            patience: env.read(
                "NOVA_STARTUP_TIMEOUT",
                "60s",
                "how long to wait for servers at the start",
            )?,
        })
    }
}

fn read_connections(env: &mut Env) -> Result<u32, ConfigError> {
    let name = "NOVA_POSTGRES_CONNECTIONS";
    let connections: u32 = env.read(name, "10", "most connections per service")?;
    if connections < MIN_CONNECTIONS {
        let value = connections.to_string();
        return Err(ConfigError::Invalid {
            name,
            value,
            expects: "a number of 4 or more",
        });
    }
    Ok(connections)
}

/// A relay listens on one, the health watch and a consumer need theirs, and requests are to go on.
const MIN_CONNECTIONS: u32 = 4;

const EXPECTED_URL: &str =
    "postgres://user:password@host:port/prefix with a prefix of at most 40 of a-z, 0-9 and _";

fn database_name(prefix: &str, service: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let fits = (1..=40).contains(&prefix.len()) && prefix.bytes().all(allowed);
    fits.then(|| format!("{prefix}_{}", service.replace('-', "_")))
}

impl Database {
    /// Reads the settings, waits for the server, creates the database `<prefix>_<service>` if it is
    /// not there, and runs the migrations.
    ///
    /// # Errors
    /// [`ConfigError`] for wrong settings; otherwise what Postgres said, or that it was not reachable
    /// within `NOVA_STARTUP_TIMEOUT`.
    pub async fn connect(
        env: &mut Env,
        service: &'static str,
        migrations: &Migrator,
    ) -> anyhow::Result<Self> {
        let settings = Settings::read(env, service)?;
        let options = settings.server.clone().database(&settings.database);
        let mut connection = patiently(&settings, service)
            .await
            .with_context(|| format!("could not connect to the Postgres of {service}"))?;
        migrations
            .run(&mut connection)
            .await
            .with_context(|| format!("could not migrate the database {}", settings.database))?;
        connection.close().await.ok();
        let pool = PgPoolOptions::new()
            .max_connections(settings.connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, idle| Box::pin(still_there(connection, idle.idle_for)))
            .connect_lazy_with(
                options
                    .options(SESSION)
                    .application_name(&format!("nova-{service}")),
            );
        let health = Health::required(&format!("{service}.postgres"));
        health.up();
        Ok(Self { pool, health })
    }

    /// Pings the server each second and reports to [`Self::health`]. For
    /// [`Service::task`](crate::Service::task).
    pub async fn watch(self, stop: CancellationToken) {
        let mut every = tokio::time::interval(PING_EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            let ping = sqlx::query("SELECT 1").execute(&self.pool);
            let Some(answer) = stop.run_until_cancelled(ping).await else {
                return;
            };
            match answer {
                Ok(_) => self.health.up(),
                // All connections are in use: slow, not down.
                Err(sqlx::Error::PoolTimedOut) if self.pool.size() > 0 => {}
                Err(error) => self.health.down(error.to_string()),
            }
            self.measure();
        }
    }

    fn measure(&self) {
        let name = self.health.name().to_owned();
        let idle = self.pool.num_idle();
        let busy = (self.pool.size() as usize).saturating_sub(idle);
        metrics::gauge!("nova_postgres_connections", "pool" => name.clone(), "state" => "idle")
            .set(idle as f64);
        metrics::gauge!("nova_postgres_connections", "pool" => name, "state" => "busy")
            .set(busy as f64);
    }
}

/// Asks a connection that lay idle whether its server is still there, so that a restart of Postgres
/// fails no request later. Under load no connection is idle for long, and nothing is asked.
async fn still_there(connection: &mut PgConnection, idle_for: Duration) -> sqlx::Result<bool> {
    if idle_for >= UNASKED_IDLE {
        connection.ping().await?;
    }
    Ok(true)
}

/// Connects, trying again while the server is merely not there yet.
async fn patiently(settings: &Settings, service: &str) -> Result<PgConnection, sqlx::Error> {
    let deadline = Instant::now() + settings.patience;
    let backoff = Backoff::standard();
    let mut failures = 0;
    loop {
        let error = match connect_or_create(settings).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        failures += 1;
        let wait = backoff.wait(failures).min(Duration::from_secs(1));
        if !is_not_there_yet(&error) || Instant::now() + wait > deadline {
            return Err(error);
        }
        // The waits double to a second, so this is about one line a second.
        if failures > 4 {
            tracing::warn!(service, %error, "waiting for Postgres");
        }
        tokio::time::sleep(wait).await;
    }
}

async fn connect_or_create(settings: &Settings) -> Result<PgConnection, sqlx::Error> {
    let options = settings.server.clone().database(&settings.database);
    match options.connect().await {
        Err(error) if sqlstate(&error).as_deref() == Some("3D000") => {}
        connected => return connected,
    }
    let mut maintenance = settings
        .server
        .clone()
        .database("postgres")
        .connect()
        .await?;
    // The name is made of a-z, 0-9 and _ only.
    let create = format!("CREATE DATABASE \"{}\"", settings.database);
    let created = sqlx::query(AssertSqlSafe(create))
        .execute(&mut maintenance)
        .await;
    maintenance.close().await.ok();
    match created {
        // 42P04, 23505: another process was faster.
        Err(error) if !matches!(sqlstate(&error).as_deref(), Some("42P04" | "23505")) => Err(error),
        _ => options.connect().await,
    }
}

/// The SQLSTATE of an error that Postgres itself answered (Postgres manual, appendix A).
fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

/// Errors of a server that is starting, stopping or busy making another database.
fn is_not_there_yet(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_))
        || matches!(
            sqlstate(error).as_deref(),
            Some("53300" | "55006" | "57P01" | "57P02" | "57P03")
        )
}

/// What kind of failure an error of Postgres is, for the `Fault` of a service's error.
#[must_use]
pub fn code(error: &sqlx::Error) -> Code {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Code::Unavailable,
        sqlx::Error::Database(_) => match sqlstate(error).as_deref() {
            // Statement timeout.
            Some("57014") => Code::Timeout,
            // Text that Postgres cannot hold: only a client can have brought it.
            Some("22021" | "22P05") => Code::Invalid,
            // Connections, serialization, deadlock, resources, shutdown.
            Some(
                "08000" | "08003" | "08006" | "25P03" | "40001" | "40P01" | "53000" | "53100"
                | "53200" | "53300" | "57P01" | "57P02" | "57P03",
            ) => Code::Unavailable,
            _ => Code::Internal,
        },
        _ => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> Result<Settings, ConfigError> {
        Settings::read(
            &mut Env::of([("NOVA_POSTGRES".to_owned(), url.to_owned())]),
            "realtime-chat",
        )
    }

    #[test]
    fn the_database_is_named_after_prefix_and_service() {
        let named = |url| settings(url).unwrap().database;
        assert_eq!(
            named("postgres://nova:pw@db:5432/test7"),
            "test7_realtime_chat"
        );
        assert_eq!(named("postgres://nova@db"), "nova_realtime_chat");
        assert_eq!(named("postgres://nova@db/"), "nova_realtime_chat");
    }

    #[test]
    fn a_wrong_url_is_refused_without_its_password() {
        for url in [
            "postgres://u:hush@db/a-b",
            "postgres://u:hush@db/a;drop",
            "mysql://u:hush@db:x/a",
        ] {
            let refused = settings(url)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(refused.starts_with("NOVA_POSTGRES: "), "{url}: {refused}");
            assert!(!refused.contains("hush"), "{refused}");
        }
    }

    #[test]
    fn failures_of_the_pool_are_transient() {
        assert_eq!(code(&sqlx::Error::PoolTimedOut), Code::Unavailable);
        assert_eq!(code(&sqlx::Error::RowNotFound), Code::Internal);
    }
}
