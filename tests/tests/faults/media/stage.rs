//! The processes, and the database of media.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use nova_cli::servers::Server;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::deals::Victim;
use super::sender::{Request, Sent, send};
use crate::folder::Folder;
use crate::replicas::Replicas;
use crate::services::Settings;

/// For a pool that is to be useful soon after Postgres is back.
const ACQUIRE: Duration = Duration::from_secs(5);
/// What a test by hand may need that lasts for hours.
const SETTINGS: [(&str, &str); 4] = [
    ("NOVA_MEDIA_UNCLAIMED_TTL", "7d"),
    ("NOVA_MEDIA_UPLOAD_TTL", "7d"),
    ("NOVA_MEDIA_UNCLAIMED_LIMIT", "1000000"),
    ("NOVA_MEDIA_BYTES_LIMIT", "1000000000000"),
];

/// Everything that can be hurt. Dropping it kills it.
pub(super) struct Stage {
    pub(super) pool: PgPool,
    pub(super) kafka: String,
    pub(super) killed: Killed,
    /// Over one store of files.
    replicas: Replicas,
}

/// How often who was killed.
#[derive(Debug, Default)]
pub(super) struct Killed {
    replicas: AtomicUsize,
    postgres: AtomicUsize,
    kafka: AtomicUsize,
}

impl Killed {
    /// Replicas, Postgres and Kafka since this was asked last.
    pub(super) fn take(&self) -> [usize; 3] {
        let counts = [&self.replicas, &self.postgres, &self.kafka];
        counts.map(|count| count.swap(0, Ordering::Relaxed))
    }
}

impl Stage {
    /// Starts everything; it is ready when this returns.
    pub(super) async fn set(folder: &Folder, store: Settings) -> anyhow::Result<Self> {
        let mut settings: Settings = SETTINGS
            .map(|(name, value)| (name, value.to_owned()))
            .into();
        settings.extend(store);
        let replicas = Replicas::start(folder, settings).await?;
        let servers = &replicas.servers;
        let postgres = servers.postgres_url.clone().context("no Postgres")?;
        Ok(Self {
            pool: database(&postgres)?,
            kafka: servers.kafka_brokers.clone().context("no Kafka")?,
            killed: Killed::default(),
            replicas,
        })
    }

    /// Asks a replica for something.
    pub(super) async fn ask(&self, replica: usize, line: &str, headers: &str) -> Sent {
        let request = Request {
            line: line.to_owned(),
            headers: headers.to_owned(),
            body: b"",
        };
        let nothing = async || Ok(());
        let sent = send(self.address(replica), &request, 0, nothing).await;
        sent.unwrap_or(Sent {
            bytes: 0,
            reply: None,
        })
    }

    /// SIGKILL. All are started again.
    pub(super) async fn kill(&self, victim: Victim, replica: usize) -> anyhow::Result<()> {
        let counter = match victim {
            Victim::Replica => {
                self.kill_replica(replica).await?;
                &self.killed.replicas
            }
            Victim::Server(server) => {
                self.kill_server(server).await?;
                match server {
                    Server::Postgres => &self.killed.postgres,
                    Server::Kafka | Server::Redis => &self.killed.kafka,
                }
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Kills both replicas and starts them again over another store.
    pub(super) async fn move_to(&self, store: Settings) -> anyhow::Result<()> {
        self.start_again_with(store).await
    }

    /// Ends everything in order.
    pub(super) async fn strike(self) -> anyhow::Result<()> {
        self.pool.close().await;
        self.replicas.stop().await
    }
}

impl Deref for Stage {
    type Target = Replicas;

    fn deref(&self) -> &Replicas {
        &self.replicas
    }
}

/// That of media.
fn database(postgres: &str) -> anyhow::Result<PgPool> {
    let server: PgConnectOptions = postgres.parse()?;
    let prefix = server.get_database().unwrap_or("nova").to_owned();
    let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE);
    Ok(pool.connect_lazy_with(server.database(&format!("{prefix}_media"))))
}
