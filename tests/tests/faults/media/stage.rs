//! The processes: the servers, and two replicas of the platform over one store of files.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use aws_lc_rs::rand::fill;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use nova_cli::servers::{Server, Servers, Wanted};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::Mutex;

use super::deals::Victim;
use super::sender::{Request, Sent, send};
use crate::client::Client;
use crate::folder::{Folder, Journal};
use crate::patience::until;
use crate::services::{Services, Settings, free_address};

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
    pub(super) journal: Journal,
    pub(super) servers_data: PathBuf,
    pub(super) killed: Killed,
    /// Of the replicas, a file each.
    pub(super) logs: [PathBuf; 2],
    replicas: [Replica; 2],
    servers: Servers,
    /// Nobody kills what somebody else is killing.
    turn: Mutex<()>,
}

struct Replica {
    address: String,
    services: Mutex<Services>,
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
        let servers_data = folder.path.join("servers");
        let servers = Servers::start(&servers_data, Wanted::ALL, folder.journal.progress()).await?;
        let mut settings = shared_settings()?;
        settings.extend(store);
        let postgres = servers.postgres_url.clone().context("no Postgres")?;
        let replicas = [
            start(folder, &servers, &settings, 0)?,
            start(folder, &servers, &settings, 1)?,
        ];
        let stage = Self {
            pool: database(&postgres)?,
            kafka: servers.kafka_brokers.clone().context("no Kafka")?,
            journal: folder.journal.clone(),
            servers_data,
            killed: Killed::default(),
            logs: [log(folder, 0), log(folder, 1)],
            replicas,
            servers,
            turn: Mutex::new(()),
        };
        stage.well().await?;
        Ok(stage)
    }

    /// `http://host:port` of a replica.
    pub(super) fn url(&self, replica: usize) -> String {
        format!("http://{}", self.address(replica))
    }

    pub(super) fn address(&self, replica: usize) -> &str {
        &self.replicas[replica % 2].address
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

    /// Waits until both replicas say that they and everything they depend on are well.
    pub(super) async fn well(&self) -> anyhow::Result<()> {
        for replica in 0..2 {
            let client = Client::of(&self.url(replica))?;
            until("a replica is ready", async || {
                self.runs().await?;
                Ok(client.is_ready().await)
            })
            .await?;
        }
        Ok(())
    }

    /// SIGKILL. Servers are started again by their supervisor, replicas by this.
    pub(super) async fn kill(&self, victim: Victim, replica: usize) -> anyhow::Result<()> {
        let counter = match victim {
            Victim::Replica => {
                let mut services = self.replicas[replica % 2].services.lock().await;
                services.kill().await?;
                self.journal
                    .note(format_args!("kill -9 of replica {replica}"));
                services.start_again()?;
                &self.killed.replicas
            }
            Victim::Server(server) => {
                let _turn = self.turn.lock().await;
                self.servers.ready(server).await?;
                self.journal.note(format_args!("kill -9 of {server}"));
                self.servers.kill(server).await?;
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
        for replica in &self.replicas {
            let mut services = replica.services.lock().await;
            services.kill().await?;
            services.set(&store);
            services.start_again()?;
        }
        self.well().await
    }

    /// # Errors
    /// When a replica ended by itself.
    pub(super) async fn runs(&self) -> anyhow::Result<()> {
        for replica in &self.replicas {
            replica.services.lock().await.runs()?;
        }
        Ok(())
    }

    /// Ends everything in order.
    pub(super) async fn strike(self) -> anyhow::Result<()> {
        self.pool.close().await;
        let mut ended = Ok(());
        for replica in self.replicas {
            ended = ended.and(replica.services.into_inner().stop().await);
        }
        self.servers.stop().await;
        ended
    }
}

/// What replicas must have in common.
fn shared_settings() -> anyhow::Result<Settings> {
    let random = || {
        let mut bytes = [0; 32];
        fill(&mut bytes).map(|()| bytes).context("random bytes")
    };
    let mut settings: Settings = SETTINGS
        .map(|(name, value)| (name, value.to_owned()))
        .into();
    settings.push(("NOVA_SECRET", STANDARD.encode(random()?)));
    let key = format!("faults:{}", URL_SAFE_NO_PAD.encode(random()?));
    settings.push(("NOVA_TOKEN_SIGNING_KEY", key));
    Ok(settings)
}

fn start(
    folder: &Folder,
    servers: &Servers,
    settings: &Settings,
    number: usize,
) -> anyhow::Result<Replica> {
    let address = free_address()?;
    let data = folder.path.join(format!("replica-{number}"));
    let mut arguments = vec!["--listen".into(), address.clone().into()];
    arguments.extend(["--data".into(), data.into()]);
    for (option, server) in [
        ("--postgres", &servers.postgres_url),
        ("--redis", &servers.redis_url),
        ("--kafka", &servers.kafka_brokers),
    ] {
        let server = server.clone().context("a server has no address")?;
        arguments.extend([option.into(), server.into()]);
    }
    let (program, log) = (folder.program.clone(), log(folder, number));
    let services = Services::start(program, arguments, settings.clone(), log)?;
    Ok(Replica {
        address,
        services: Mutex::new(services),
    })
}

fn log(folder: &Folder, number: usize) -> PathBuf {
    folder.path.join(format!("replica-{number}.log"))
}

/// That of media.
fn database(postgres: &str) -> anyhow::Result<PgPool> {
    let server: PgConnectOptions = postgres.parse()?;
    let prefix = server.get_database().unwrap_or("nova").to_owned();
    let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE);
    Ok(pool.connect_lazy_with(server.database(&format!("{prefix}_media"))))
}
