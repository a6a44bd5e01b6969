//! One service's database: found or created, migrated, watched.

use std::borrow::Cow;
use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

/// A folder of migrations that a program carries.
pub use include_dir::Dir;
use nova_resilience::{Code, Health};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool, Postgres, Transaction};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::{ConfigError, Env, Switch};

mod migrations;
mod pool;
mod pulse;
mod startup;

pub use migrations::{Migrations, SchemaError, migrator};
use pulse::Pulse;

/// A service's database.
#[derive(Debug, Clone)]
pub struct Database {
    /// Connections, made when needed and kept.
    pub pool: PgPool,
    /// Whether the last ping was answered; required for readiness.
    pub health: Health,
    /// How long one statement of the platform's own may take before its connection is given up, as
    /// `NOVA_POSTGRES_TIMEOUT` says. Requests have their own limit, `NOVA_REQUEST_TIMEOUT`.
    pub deadline: Duration,
    pulse: Pulse,
}

const PING_EVERY: Duration = Duration::from_secs(1);

/// Longest wait for the answer to a ping. Twice that and the pause between two pings is less
/// than the 10 s in which the health page must tell the truth.
const PING_TIMEOUT: Duration = Duration::from_secs(3);

/// When no connection comes back for so long and none is free, the pool works no more. Whoever works with
/// one gives it back earlier: see `statement_timeout` in [`SESSION`].
const STUCK: Duration = Duration::from_secs(15);

/// Set for every pooled connection: nothing holds locks for ever, and a prepared statement is planned once.
/// Planning each list query anew, as Postgres chooses by itself, doubles what it costs (measured: 62 µs
/// instead of 125 µs for a page of posts). Nor is it compiled to machine code, as Postgres does with what it takes
/// for expensive: it does so again at each execution, and estimates made on empty tables are high (the fan-out's take
/// of 15 rows took 7 ms instead of 0.2 ms).
const SESSION: [(&str, &str); 4] = [
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
];

pub(crate) struct Settings {
    server: PgConnectOptions,
    database: String,
    connections: u32,
    patience: Duration,
    deadline: Duration,
    migrates: bool,
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
            deadline: read_deadline(env)?,
            migrates: read_migrates(env)?,
        })
    }
}

fn read_migrates(env: &mut Env) -> Result<bool, ConfigError> {
    let help = "off when `nova migrate` has brought databases up to date before";
    let migrates: Switch = env.read("NOVA_POSTGRES_MIGRATE", "on", help)?;
    Ok(migrates.is_on())
}

fn read_deadline(env: &mut Env) -> Result<Duration, ConfigError> {
    let name = "NOVA_POSTGRES_TIMEOUT";
    let deadline = env.read(
        name,
        "10s",
        "how long Postgres may take to answer one statement of the platform's own before its connection is given up",
    )?;
    if DEADLINES.contains(&deadline) {
        return Ok(deadline);
    }
    Err(ConfigError::Invalid {
        name,
        value: format!("{deadline:?}"),
        expects: "a duration between 1s and 5m",
    })
}

/// From what a busy server may take to what TCP would find out by itself.
const DEADLINES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(300);

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
    fits.then(|| name_of(prefix, service))
}

/// What the database of a service is called: a hyphen in a name would have to be quoted wherever it stands.
#[must_use]
pub fn name_of(prefix: &str, service: &str) -> String {
    format!("{prefix}_{}", service.replace('-', "_"))
}

impl Database {
    /// Reads the settings, waits for the server, creates the database `<prefix>_<service>` if it is
    /// not there, and runs the migrations; or, with `NOVA_POSTGRES_MIGRATE=off`, makes sure that somebody has. A database
    /// may be newer than the program.
    ///
    /// # Errors
    /// [`ConfigError`] for wrong settings; [`SchemaError`] for a database of no use; otherwise what Postgres said, or that it was not reachable
    /// within `NOVA_STARTUP_TIMEOUT`.
    pub async fn connect(
        env: &mut Env,
        service: &'static str,
        migrations: &Dir<'static>,
    ) -> anyhow::Result<Self> {
        let migrations = Migrations::read(env, service, migrations)?;
        let settings = migrations.settings();
        if settings.migrates {
            migrations.run().await?;
        } else {
            migrations.require().await?;
        }
        let options = settings.server.clone().database(&settings.database);
        let pulse = Pulse::default();
        let options = options
            .options(SESSION)
            .application_name(&format!("nova-{service}"));
        let pool = pool::options(settings.connections, &pulse).connect_lazy_with(options);
        let health = Health::required(&format!("{service}.postgres"));
        health.up();
        Ok(Self {
            pool,
            health,
            deadline: settings.deadline,
            pulse,
        })
    }

    /// So many connections more, apart from [`Self::pool`]: for work that must not take those that others need, and that
    /// must not be done more often at a time.
    #[must_use]
    pub fn more_connections(&self, connections: u32) -> PgPool {
        let options = self.pool.connect_options().as_ref().clone();
        pool::options(connections, &self.pulse).connect_lazy_with(options)
    }

    /// Pings the server each second and reports to [`Self::health`]. For
    /// [`Service::task`](crate::Service::task).
    pub async fn watch(self, stop: CancellationToken) {
        let mut every = tokio::time::interval(PING_EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(every.tick()).await.is_some() {
            match stop.run_until_cancelled(self.look()).await {
                None => return,
                Some(Ok(())) => self.health.up(),
                Some(Err(error)) => self.health.down(error.to_string()),
            }
            self.measure();
        }
    }

    /// Asks over a connection of the pool. When none is to be had they may all be in use, which is slow and
    /// not down: then another one is made to ask over.
    async fn look(&self) -> Result<(), sqlx::Error> {
        let patience = self.deadline.min(PING_TIMEOUT);
        let ping = sqlx::query("SELECT 1").execute(&self.pool);
        match within(patience, ping).await {
            Ok(_) => {
                self.pulse.beat();
                return Ok(());
            }
            Err(error) if is_patience_at_an_end(&error) => {}
            Err(error) => return Err(error),
        }
        let options = self.pool.connect_options();
        let ping = async { PgConnection::connect_with(&options).await?.ping().await };
        within(patience, ping).await?;
        self.pulse.beat();
        if self.pulse.since_given_back() > STUCK {
            return Err(sqlx::Error::PoolTimedOut);
        }
        Ok(())
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

/// Commits, and fails if that committed nothing.
///
/// A statement that failed ends its transaction, and a COMMIT that follows because somebody did not look
/// rolls it back: Postgres answers that with `ROLLBACK`, which the driver takes for success. So the COMMIT
/// comes behind a statement that fails in such a transaction, in the same round trip. It begins another one,
/// which is empty and ends when the connection goes back to its pool: there the driver, which knows of
/// nothing, rolls back.
///
/// # Errors
/// When a statement before had failed: then nothing is committed. When the database fails: then it may or may
/// not have happened.
pub async fn commit(mut tx: Transaction<'static, Postgres>) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("CLOSE ALL; COMMIT AND CHAIN")
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// What a statement answers, or an I/O error when it takes longer than that. The statement is cut off then:
/// its connection can only be closed.
///
/// # Errors
/// What the statement says, and [`std::io::ErrorKind::TimedOut`].
pub async fn within<T>(
    deadline: Duration,
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(deadline, statement).await {
        Ok(answer) => answer,
        Err(_) => Err(sqlx::Error::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("Postgres has not answered for {deadline:?}"),
        ))),
    }
}

fn is_patience_at_an_end(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Io(error) => error.kind() == io::ErrorKind::TimedOut,
        _ => false,
    }
}

/// The SQLSTATE of an error that Postgres itself answered (Postgres manual, appendix A).
fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

/// What kind of failure an error of Postgres is, for the `Fault` of a service's error.
#[must_use]
pub fn code(error: &sqlx::Error) -> Code {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        // What a server says that is killed in the middle of a word.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Code::Unavailable,
        sqlx::Error::Database(_) => match sqlstate(error).as_deref() {
            // Statement timeout.
            Some("57014") => Code::Timeout,
            // Text that Postgres cannot hold: only a client can have brought it.
            Some("22021" | "22P05") => Code::Invalid,
            // Connections, serialization, deadlock, resources, shutdown, the disk.
            Some(
                "08000" | "08003" | "08006" | "08P01" | "25P03" | "40001" | "40P01" | "53000"
                | "53100" | "53200" | "53300" | "57P01" | "57P02" | "57P03" | "58000" | "58030",
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
    fn a_deadline_that_nothing_could_keep_is_refused() {
        let read = |value: &str| {
            let url = "postgres://nova@db".to_owned();
            let vars = [
                ("NOVA_POSTGRES", url),
                ("NOVA_POSTGRES_TIMEOUT", value.to_owned()),
            ];
            let vars = vars.map(|(name, value)| (name.to_owned(), value));
            Settings::read(&mut Env::of(vars), "content").map(|settings| settings.deadline)
        };
        assert_eq!(read("5s"), Ok(Duration::from_secs(5)));
        for wrong in ["0s", "10ms", "1h", "soon"] {
            let refused = read(wrong).unwrap_err().to_string();
            assert!(refused.starts_with("NOVA_POSTGRES_TIMEOUT"), "{refused}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_statement_without_an_answer_is_cut_off() {
        let deadline = Duration::from_secs(10);
        let silent = within(deadline, std::future::pending::<sqlx::Result<()>>()).await;
        let error = silent.unwrap_err();
        assert_eq!(code(&error), Code::Unavailable);
        assert!(is_patience_at_an_end(&error), "{error}");
    }

    #[test]
    fn failures_of_the_pool_are_transient() {
        assert_eq!(code(&sqlx::Error::PoolTimedOut), Code::Unavailable);
        assert_eq!(code(&sqlx::Error::RowNotFound), Code::Internal);
    }

    #[test]
    fn a_server_that_stops_in_the_middle_of_a_word_is_away() {
        let half = sqlx::Error::Protocol("unexpected message".to_owned());
        assert_eq!(code(&half), Code::Unavailable);
    }
}
