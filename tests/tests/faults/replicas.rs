//! Two replicas of the platform over the same servers.

use std::path::PathBuf;

use anyhow::Context;
use aws_lc_rs::rand::fill;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use nova_cli::servers::{Server, Servers, Wanted};
use nova_tests::program::free_address;
use tokio::sync::Mutex;

use crate::client::Client;
use crate::folder::{Folder, Journal};
use crate::patience::until;
use crate::services::{Services, Settings};

/// The servers and both replicas. Dropping it kills them.
pub(crate) struct Replicas {
    pub(crate) journal: Journal,
    pub(crate) servers_data: PathBuf,
    /// Of the replicas, a file each.
    pub(crate) logs: [PathBuf; 2],
    pub(crate) servers: Servers,
    replicas: [Replica; 2],
    /// Nobody kills what somebody else is killing.
    turn: Mutex<()>,
}

struct Replica {
    address: String,
    services: Mutex<Services>,
}

impl Replicas {
    /// Starts everything, the replicas with these settings; it is ready when this returns.
    pub(crate) async fn start(folder: &Folder, own: Settings) -> anyhow::Result<Self> {
        let servers_data = folder.path.join("servers");
        let servers = Servers::start(&servers_data, Wanted::ALL, folder.journal.progress()).await?;
        let mut settings = shared_settings()?;
        settings.extend(own);
        let both = Self {
            journal: folder.journal.clone(),
            servers_data,
            logs: [log(folder, 0), log(folder, 1)],
            replicas: [
                start(folder, &servers, &settings, 0)?,
                start(folder, &servers, &settings, 1)?,
            ],
            servers,
            turn: Mutex::new(()),
        };
        both.well().await?;
        Ok(both)
    }

    /// `http://host:port` of a replica.
    pub(crate) fn url(&self, replica: usize) -> String {
        format!("http://{}", self.address(replica))
    }

    pub(crate) fn address(&self, replica: usize) -> &str {
        &self.replicas[replica % 2].address
    }

    /// Waits until both replicas say that they and everything they depend on are well.
    pub(crate) async fn well(&self) -> anyhow::Result<()> {
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

    /// SIGKILL, and started again.
    pub(crate) async fn kill_replica(&self, replica: usize) -> anyhow::Result<()> {
        let mut services = self.replicas[replica % 2].services.lock().await;
        services.kill().await?;
        self.journal
            .note(format_args!("kill -9 of replica {replica}"));
        services.start_again()
    }

    /// SIGTERM, and started again when it has ended in order.
    pub(crate) async fn restart(&self, replica: usize) -> anyhow::Result<()> {
        let mut services = self.replicas[replica % 2].services.lock().await;
        services.end().await?;
        self.journal
            .note(format_args!("replica {replica} has ended in order"));
        services.start_again()
    }

    /// SIGKILL of a server that answers. Its supervisor starts it again.
    pub(crate) async fn kill_server(&self, server: Server) -> anyhow::Result<()> {
        let _turn = self.turn.lock().await;
        self.servers.ready(server).await?;
        self.journal.note(format_args!("kill -9 of {server}"));
        self.servers.kill(server).await
    }

    /// Kills both replicas and starts them again with other settings.
    pub(crate) async fn start_again_with(&self, settings: Settings) -> anyhow::Result<()> {
        for replica in &self.replicas {
            let mut services = replica.services.lock().await;
            services.kill().await?;
            services.set(&settings);
            services.start_again()?;
        }
        self.well().await
    }

    /// # Errors
    /// When a replica ended by itself.
    pub(crate) async fn runs(&self) -> anyhow::Result<()> {
        for replica in &self.replicas {
            replica.services.lock().await.runs()?;
        }
        Ok(())
    }

    /// Ends everything in order.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let [one, other] = self.replicas.map(|replica| replica.services.into_inner());
        let (one, other) = tokio::join!(one.stop(), other.stop());
        self.servers.stop().await;
        one.and(other)
    }
}

/// What replicas must have in common.
fn shared_settings() -> anyhow::Result<Settings> {
    let random = || {
        let mut bytes = [0; 32];
        fill(&mut bytes).map(|()| bytes).context("random bytes")
    };
    let key = format!("faults:{}", URL_SAFE_NO_PAD.encode(random()?));
    Ok(vec![
        ("NOVA_SECRET", STANDARD.encode(random()?)),
        ("NOVA_TOKEN_SIGNING_KEY", key),
    ])
}

fn start(
    folder: &Folder,
    servers: &Servers,
    settings: &Settings,
    number: usize,
) -> anyhow::Result<Replica> {
    let address = free_address()?.to_string();
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
