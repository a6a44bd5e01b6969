//! Real Postgres, Redis and Apache Kafka as child processes, for development and for tests.
//!
//! Everything lies in one data folder: each server's data, `logs/<server>.log`, `run/<server>.pid` (pid,
//! start and boot, of the process that runs now) and a lock that keeps a second `nova` out. All three
//! listen on 127.0.0.1 only, on ports that stay the same from run to run, and ask for no password:
//! whoever works on this machine may use them.
//!
//! A server that dies is started again on its port. When `nova` dies, however it dies, the kernel tells
//! the servers to end; the next run waits for those that are still at it.

mod account;
mod instance;
mod kafka;
mod launch;
mod packages;
mod ports;
mod postgres;
mod process;
mod redis;
mod spawner;
mod supervisor;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

pub use instance::{Instance, InstanceError};
pub use packages::Missing;
pub use process::Process;
pub use rustix::process::Signal;

use crate::progress::Progress;
use kafka::Kafka;
use ports::Ports;
use postgres::Postgres;
use redis::Redis;
use spawner::Spawner;
use supervisor::{Program, Supervisor, Surroundings};

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The truth of each service.
    Postgres,
    /// What can be rebuilt.
    Redis,
    /// The events.
    Kafka,
}

impl Server {
    /// All, in the order in which they are stopped.
    pub const ALL: [Self; 3] = [Self::Kafka, Self::Redis, Self::Postgres];
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Kafka => "kafka",
        })
    }
}

/// Which of them to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Start Postgres.
    pub postgres: bool,
    /// Start Redis.
    pub redis: bool,
    /// Start Kafka.
    pub kafka: bool,
}

impl Wanted {
    /// All three.
    pub const ALL: Self = Self {
        postgres: true,
        redis: true,
        kafka: true,
    };
}

/// Running servers. [`Self::stop`] ends them in order; dropping them kills them.
pub struct Servers {
    /// `postgres://user@host:port/prefix`, when it was wanted.
    pub postgres_url: Option<String>,
    /// `redis://host:port`, when it was wanted.
    pub redis_url: Option<String>,
    /// `host:port`, when it was wanted.
    pub kafka_brokers: Option<String>,
    /// In the order in which they are stopped.
    running: Vec<(Server, Supervisor)>,
    instance: Instance,
}

impl Servers {
    /// Takes the data folder, ends what an earlier run left behind, starts what is wanted, all at the
    /// same time, and returns when every one of them answers.
    ///
    /// # Errors
    /// [`InstanceError`] when the folder is taken; [`Missing`] when packages are; otherwise what the
    /// server itself said. Whatever was started by then is ended.
    pub async fn start(data: &Path, wanted: Wanted, progress: Progress) -> anyhow::Result<Self> {
        let instance = Instance::take(data).await?;
        let data = instance.folder().to_owned();
        check_packages(&data, wanted)?;
        let run = data.join("run");
        end_leftovers(&run, &progress).await?;
        let spawner = Spawner::start().context("could not start a thread")?;
        let around = Surroundings {
            spawner,
            progress,
            run,
        };
        let mut ports = Ports::read(&around.run.join("ports.json"));
        let (postgres, redis, kafka) = tokio::try_join!(
            start_postgres(
                wanted.postgres.then(|| ports.take("postgres")),
                &data,
                &around
            ),
            start_redis(wanted.redis.then(|| ports.take("redis")), &data, &around),
            start_kafka(
                wanted
                    .kafka
                    .then(|| Ok([ports.take("kafka")?, ports.take("kafka_controller")?])),
                &data,
                &around
            ),
        )?;
        let address = |started: &Started| started.as_ref().map(|(address, _)| address.clone());
        Ok(Self {
            postgres_url: address(&postgres),
            redis_url: address(&redis),
            kafka_brokers: address(&kafka),
            running: [
                (Server::Kafka, kafka),
                (Server::Redis, redis),
                (Server::Postgres, postgres),
            ]
            .into_iter()
            .filter_map(|(server, started)| Some((server, started?.1)))
            .collect(),
            instance,
        })
    }

    /// The data folder, absolute.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.instance.folder()
    }

    /// The process that is this server now; `None` while it is being started again, and when it was not
    /// wanted.
    #[must_use]
    pub fn process(&self, server: Server) -> Option<Process> {
        self.supervisor(server).and_then(Supervisor::process)
    }

    /// Sends a server a signal, for tests of failure: `STOP` and `CONT` make it pause.
    ///
    /// # Errors
    /// When it is not running.
    pub fn signal(&self, server: Server, signal: Signal) -> anyhow::Result<()> {
        let process = self
            .process(server)
            .with_context(|| format!("{server} is not running"))?;
        Ok(process.signal(signal)?)
    }

    /// Kills a server (SIGKILL) and returns once its supervisor has noticed; it is then started again.
    ///
    /// # Errors
    /// When it is not running.
    pub async fn kill(&self, server: Server) -> anyhow::Result<()> {
        let supervisor = self.supervisor(server);
        let running = supervisor.and_then(|supervisor| Some((supervisor, supervisor.process()?)));
        let (supervisor, process) = running.with_context(|| format!("{server} is not running"))?;
        process.signal(Signal::KILL)?;
        supervisor.replaced(process).await;
        Ok(())
    }

    /// Waits until a server answers (again).
    ///
    /// # Errors
    /// When it was not wanted.
    pub async fn ready(&self, server: Server) -> anyhow::Result<Process> {
        let supervisor = self
            .supervisor(server)
            .with_context(|| format!("{server} was not wanted"))?;
        supervisor.ready().await
    }

    /// Ends them in order (Kafka, Redis, Postgres) and waits until they are gone.
    pub async fn stop(self) {
        for (_, supervisor) in self.running {
            supervisor.stop().await;
        }
    }

    fn supervisor(&self, server: Server) -> Option<&Supervisor> {
        self.running
            .iter()
            .find(|(name, _)| *name == server)
            .map(|(_, supervisor)| supervisor)
    }
}

/// Removes the data of all servers, for a run that begins with nothing. Logs stay.
///
/// # Errors
/// Those of removing files.
pub async fn forget(instance: &Instance, progress: &Progress) -> anyhow::Result<()> {
    let data = instance.folder();
    end_leftovers(&data.join("run"), progress).await?;
    let [usual, elsewhere] = postgres::homes(data);
    for folder in [usual, elsewhere, data.join("kafka"), data.join("redis")] {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            removed => removed.with_context(|| format!("could not remove {}", folder.display()))?,
        }
    }
    Ok(())
}

/// A server with its address, if it was wanted.
type Started = Option<(String, Supervisor)>;

async fn start_postgres(
    port: Option<anyhow::Result<u16>>,
    data: &Path,
    around: &Surroundings,
) -> anyhow::Result<Started> {
    let Some(port) = port.transpose()? else {
        return Ok(None);
    };
    let postgres = Postgres::new(data, port, around)
        .await
        .context("postgres")?;
    let url = postgres.url();
    Ok(Some((url, answering(postgres, around).await?)))
}

async fn start_redis(
    port: Option<anyhow::Result<u16>>,
    data: &Path,
    around: &Surroundings,
) -> anyhow::Result<Started> {
    let Some(port) = port.transpose()? else {
        return Ok(None);
    };
    let redis = Redis::new(data, port).context("redis")?;
    let url = redis.url();
    Ok(Some((url, answering(redis, around).await?)))
}

async fn start_kafka(
    ports: Option<anyhow::Result<[u16; 2]>>,
    data: &Path,
    around: &Surroundings,
) -> anyhow::Result<Started> {
    let Some(ports) = ports.transpose()? else {
        return Ok(None);
    };
    let kafka = Kafka::new(data, ports, around).await.context("kafka")?;
    let brokers = kafka.address();
    Ok(Some((brokers, answering(kafka, around).await?)))
}

async fn answering<P: Program>(program: P, around: &Surroundings) -> anyhow::Result<Supervisor> {
    let supervisor = Supervisor::start(program, around.clone());
    supervisor
        .ready()
        .await
        .with_context(|| P::SERVER.to_string())?;
    Ok(supervisor)
}

fn check_packages(data: &Path, wanted: Wanted) -> Result<(), Missing> {
    Missing::check(&[
        (packages::find("setpriv").is_some(), "util-linux"),
        (
            !wanted.postgres || postgres::is_installed(),
            postgres::PACKAGE,
        ),
        (!wanted.redis || redis::is_installed(), redis::PACKAGE),
        (!wanted.kafka || kafka::is_installed(), kafka::PACKAGE),
        (
            !wanted.kafka || kafka::is_fetchable(data),
            kafka::FETCH_PACKAGE,
        ),
    ])
}

/// Ends what a killed run left behind. Most are ending already: the kernel told them to.
async fn end_leftovers(run: &Path, progress: &Progress) -> anyhow::Result<()> {
    let end = |server, record: PathBuf, steps| async move {
        let Some(process) = Process::recorded(&record) else {
            return Ok(());
        };
        let pid = process.pid();
        let ended = process.end(steps);
        let what =
            format!("waiting for the one that an earlier run left behind (pid {pid}) to end");
        progress
            .during(server, what, ended)
            .await
            .with_context(|| format!("could not end {server} (pid {pid})"))
    };
    tokio::try_join!(
        end(Server::Postgres, run.join("postgres.pid"), Postgres::STOP),
        end(Server::Redis, run.join("redis.pid"), Redis::STOP),
        end(Server::Kafka, run.join("kafka.pid"), Kafka::STOP),
    )?;
    Ok(())
}
