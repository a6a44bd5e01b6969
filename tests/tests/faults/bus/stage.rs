//! The processes: Postgres, Kafka, and the members of the group.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use nova_cli::servers::{Process, Server, Servers, Signal, Wanted};
use nova_event_bus::dead_letter::{Selection, request_replay};
use nova_event_bus::{KafkaConfig, SCHEMA, create_topics};
use nova_proto::catalogue::TOPICS;
use nova_tests::bus;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::time::sleep;

use super::member::Member;
use super::schedule::Victim;
use crate::folder::{Folder, Journal};
use crate::patience::until;
use crate::standstill::Paused;

const WANTED: Wanted = Wanted {
    postgres: true,
    redis: false,
    kafka: true,
};
/// For a pool that is to be useful soon after Postgres is back.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Everything that can be hurt. Dropping it kills it.
pub(super) struct Stage {
    pub(super) kafka: KafkaConfig,
    pub(super) pool: PgPool,
    /// Of the members, a file each.
    pub(super) logs: PathBuf,
    servers: Servers,
    pub(super) servers_data: PathBuf,
    members: Vec<Member>,
    program: PathBuf,
    arguments: Vec<String>,
    journal: Journal,
    started: usize,
}

impl Stage {
    pub(super) async fn set(folder: &Folder, protocol: &str) -> anyhow::Result<Self> {
        let servers_data = folder.path.join("servers");
        let servers = Servers::start(&servers_data, WANTED, folder.journal.progress()).await?;
        let brokers = servers.kafka_brokers.clone().context("no Kafka")?;
        let kafka = bus::kafka(&brokers, protocol)?;
        create_topics(&kafka, TOPICS, 1).await?;
        let url = servers.postgres_url.clone().context("no Postgres")?;
        let (server, _) = url.rsplit_once('/').context("a URL without a database")?;
        let database = format!("{server}/{}", bus::NAME);
        let pool = create_database(server, &database).await?;
        let logs = folder.path.join("members");
        fs::create_dir_all(&logs)?;
        Ok(Self {
            kafka,
            pool,
            logs,
            servers,
            servers_data,
            members: Vec::new(),
            program: folder.program.clone(),
            arguments: vec![database, brokers, protocol.to_owned()],
            journal: folder.journal.clone(),
            started: 0,
        })
    }

    /// Lets members come or go until there are so many; how many came, and how many went.
    pub(super) async fn have(&mut self, members: usize) -> anyhow::Result<(usize, usize)> {
        let (mut joins, mut leaves) = (0, 0);
        while self.members.len() < members {
            self.journal.note("a member comes");
            let member = self.start_member()?;
            self.members.push(member);
            joins += 1;
        }
        while self.members.len() > members {
            self.journal.note("a member goes");
            self.members.remove(0).leave().await?;
            leaves += 1;
        }
        Ok((joins, leaves))
    }

    /// SIGKILL. Servers are started again by their supervisor, members by this.
    pub(super) async fn kill(&mut self, victim: Victim, number: usize) -> anyhow::Result<()> {
        match victim {
            Victim::Member => {
                self.members.remove(number).kill().await?;
                let member = self.start_member()?;
                self.members.insert(number, member);
                Ok(())
            }
            Victim::Server(server) => Ok(self.server(server).await?.signal(Signal::KILL)?),
        }
    }

    /// Stops it where it is for so long.
    pub(super) async fn pause(
        &mut self,
        victim: Victim,
        number: usize,
        pause: Duration,
    ) -> anyhow::Result<()> {
        let _paused = match victim {
            Victim::Member => self.members[number].pause()?,
            Victim::Server(server) => {
                let server = self.server(server).await?;
                server.signal(Signal::STOP)?;
                Paused(server)
            }
        };
        sleep(pause).await;
        Ok(())
    }

    /// Stops a member for so long, while other things happen.
    pub(super) fn freeze(&mut self, number: usize, pause: Duration) -> anyhow::Result<()> {
        self.members[number].freeze(pause)
    }

    /// Mends what was poisoned so far, and asks for the replay of what is parked.
    pub(super) async fn mend(&mut self) -> anyhow::Result<()> {
        until("what was poisoned is mended", async || {
            self.runs()?;
            let mend = sqlx::query("UPDATE poisoned SET mended = true");
            let mended = mend.execute(&self.pool).await;
            let Err(error) = mended else {
                return Ok(self.replay().await);
            };
            Ok(Err(error.to_string()))
        })
        .await
    }

    /// Asks for the replay of what is parked.
    pub(super) async fn replay(&self) -> Result<(), String> {
        let asked = request_replay(&self.pool, &Selection::All, "faults", false).await;
        asked.map(|_| ()).map_err(|error| format!("{error:?}"))
    }

    /// # Errors
    /// When a member ended by itself.
    pub(super) fn runs(&mut self) -> anyhow::Result<()> {
        self.members.iter_mut().try_for_each(Member::runs)
    }

    /// Ends everything in order.
    pub(super) async fn strike(mut self) -> anyhow::Result<()> {
        let left = self.have(0).await;
        self.pool.close().await;
        self.servers.stop().await;
        left.map(|_| ())
    }

    fn start_member(&mut self) -> anyhow::Result<Member> {
        self.started += 1;
        let log = self.logs.join(format!("{}.log", self.started));
        Member::start(&self.program, &self.arguments, log)
    }

    /// The process that is this server now, which may still be starting.
    async fn server(&self, server: Server) -> anyhow::Result<Process> {
        let record = self.servers_data.join(format!("run/{server}.pid"));
        until(&format!("{server} runs"), async || {
            Ok(Process::recorded(&record).ok_or_else(|| "no process".to_owned()))
        })
        .await
    }
}

async fn create_database(server: &str, database: &str) -> anyhow::Result<PgPool> {
    let mut maintenance = PgConnection::connect(&format!("{server}/postgres")).await?;
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {}", bus::NAME));
    sqlx::query(create).execute(&mut maintenance).await?;
    maintenance.close().await?;
    let options: PgConnectOptions = database.parse()?;
    let pool = PgPoolOptions::new()
        .acquire_timeout(ACQUIRE)
        .connect_with(options)
        .await?;
    sqlx::raw_sql(SCHEMA).execute(&pool).await?;
    sqlx::raw_sql(bus::TABLES).execute(&pool).await?;
    Ok(pool)
}
