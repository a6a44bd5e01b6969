//! The processes: how they are started, hurt and stopped.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use nova_cli::running::Running;
use nova_cli::servers::{Process, Server, Servers, Signal, Wanted};
use nova_tests::program::free_address;

use crate::folder::Folder;
use crate::patience::until;
use crate::schedule::Victim;
use crate::services::Services;
use crate::standstill::{Paused, freeze};

/// Who runs the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This test; the services have a process of their own.
    Apart,
    /// `nova up`, and they end when it does.
    Whole,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Apart => "apart",
            Self::Whole => "whole",
        })
    }
}

/// A running platform. Dropping it kills what it consists of.
pub(crate) struct Platform {
    /// `http://host:port`
    pub(crate) url: String,
    services: Services,
    /// Data folder of `nova up`.
    services_data: PathBuf,
    servers: Option<Servers>,
    /// Data folder of the servers, with the records of their processes.
    pub(crate) servers_data: PathBuf,
}

impl Platform {
    /// Starts everything. Who calls waits until it is ready.
    pub(crate) async fn start(kind: Kind, folder: &Folder) -> anyhow::Result<Self> {
        let listen = free_address()?.to_string();
        let services_data = folder.path.join("services");
        let mut arguments = vec!["--listen".into(), listen.clone().into()];
        arguments.extend(["--data".into(), services_data.clone().into()]);
        let (servers, servers_data) = match kind {
            Kind::Whole => (None, services_data.clone()),
            Kind::Apart => {
                let data = folder.path.join("servers");
                let servers = Servers::start(&data, Wanted::ALL, folder.journal.progress()).await?;
                for (option, address) in [
                    ("--postgres", &servers.postgres_url),
                    ("--redis", &servers.redis_url),
                    ("--kafka", &servers.kafka_brokers),
                ] {
                    let address = address.clone().context("a server has no address")?;
                    arguments.extend([option.into(), address.into()]);
                }
                (Some(servers), data)
            }
        };
        let log = folder.path.join("services.log");
        let services = Services::start(folder.program.clone(), arguments, Vec::new(), log)?;
        let url = format!("http://{listen}");
        Ok(Self {
            url,
            services,
            services_data,
            servers,
            servers_data,
        })
    }

    /// Kills with SIGKILL. Servers are started again by their supervisor, the services by this.
    pub(crate) async fn kill(&mut self, victim: Victim) -> anyhow::Result<()> {
        match victim {
            Victim::Services => {
                self.services.kill().await?;
                self.services.start_again()
            }
            Victim::Server(server) => Ok(self.process(server).await?.signal(Signal::KILL)?),
        }
    }

    /// Stops a server where it is until what this gives is dropped.
    pub(crate) async fn pause(&mut self, server: Server) -> anyhow::Result<Paused> {
        let process = self.process(server).await?;
        process.signal(Signal::STOP)?;
        Ok(Paused(process))
    }

    /// Stops Postgres and every child of it where they are until what this gives is dropped: a server that
    /// is there and says nothing.
    pub(crate) async fn freeze(&mut self) -> anyhow::Result<Vec<Paused>> {
        freeze(self.process(Server::Postgres).await?)
    }

    pub(crate) async fn flush_redis(&mut self) -> anyhow::Result<()> {
        flush(&self.addresses().await?.redis).await
    }

    /// Where everything is, as the platform that runs now has announced it.
    pub(crate) async fn addresses(&mut self) -> anyhow::Result<Running> {
        until("nova up announces its addresses", async || {
            self.services.runs()?;
            Ok(Running::find(&self.services_data).ok_or_else(|| "no announcement".to_owned()))
        })
        .await
    }

    /// # Errors
    /// When the services ended by themselves.
    pub(crate) fn runs(&mut self) -> anyhow::Result<()> {
        self.services.runs()
    }

    /// Ends everything in order and looks that nothing is left.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let stopped = self.services.stop().await;
        if let Some(servers) = self.servers {
            servers.stop().await;
        }
        stopped?;
        for server in Server::ALL {
            let record = self.servers_data.join(format!("run/{server}.pid"));
            ensure!(Process::recorded(&record).is_none(), "{server} still runs");
        }
        Ok(())
    }

    /// The process that is this server now, which may still be starting.
    async fn process(&mut self, server: Server) -> anyhow::Result<Process> {
        let record = self.servers_data.join(format!("run/{server}.pid"));
        until(&format!("{server} runs"), async || {
            self.services.runs()?;
            Ok(Process::recorded(&record).ok_or_else(|| "no process".to_owned()))
        })
        .await
    }
}

/// Has the Redis at this address forget everything.
pub(crate) async fn flush(redis: &str) -> anyhow::Result<()> {
    let client = redis::Client::open(redis)?;
    until("redis flushes", async || {
        let flushed = async {
            let mut redis = client.get_multiplexed_async_connection().await?;
            redis::cmd("FLUSHALL").exec_async(&mut redis).await
        };
        Ok(flushed
            .await
            .map_err(|error: redis::RedisError| error.to_string()))
    })
    .await
}
