//! The services as a deployment has them: a process each, as many replicas as are wanted, prepared by the command line.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use nova_cli::platform::SERVICES;
use nova_cli::servers::{Process, Signal};
use nova_event_bus::KafkaConfig;
use nova_testkit::within;
use nova_tests::connection::{Connection, request};
use nova_tests::program::{command, free_address, without_settings};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use uuid::Uuid;

use crate::databases::Databases;
use crate::platform::{postgres, program, variable};

const PATIENCE: Duration = Duration::from_secs(60);

/// How long a replica still serves after it has said that it is not ready: three looks of the proxy.
const DRAIN_DELAY: &str = "3s";

/// The exit code that says so.
const WRONG_SETTING: i32 = 78;

/// Settings of processes by name.
pub(crate) type Settings = BTreeMap<String, String>;

/// The processes of all services, and what they share.
pub(crate) struct Fleet {
    pub(crate) folder: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) databases: Databases,
    pub(crate) replicas: Vec<Replica>,
    /// Where the programs are.
    pub(crate) programs: PathBuf,
}

/// A process of a service, which may not run at the moment.
pub(crate) struct Replica {
    pub(crate) service: &'static str,
    pub(crate) address: SocketAddr,
    /// Beside those of all.
    pub(crate) own: Settings,
    /// Where metrics are.
    pub(crate) operators: SocketAddr,
    log: PathBuf,
    child: Option<Child>,
}

impl Fleet {
    /// Makes secrets, databases and topics as a deployment does, on this Postgres or that of `nova servers`, and starts as many
    /// replicas of each service; all are ready when it returns.
    pub(crate) async fn start(
        drill: &str,
        each: usize,
        server: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let name = format!("drill_{}", Uuid::now_v7().simple());
        let folder = PathBuf::from(variable("NOVA_BENCH_DATA")?).join(format!("{drill}-{name}"));
        fs::create_dir_all(&folder)?;
        let postgres = match server {
            Some(server) => format!("postgres://nova@{server}/{name}"),
            None => postgres(&name)?,
        };
        let programs = match std::env::var_os("NOVA_DRILL_PROGRAMS") {
            Some(given) => PathBuf::from(given),
            None => program()?.parent().context("no folder")?.to_owned(),
        };
        let mut fleet = Self {
            settings: settings(&folder, &name, &postgres)?,
            databases: Databases::of(&postgres)?,
            replicas: Vec::new(),
            programs,
            folder,
        };
        let secrets = fleet.folder.join("secrets");
        let secrets = secrets.to_string_lossy();
        fleet
            .nova(&["secrets", "new", "--folder", &secrets])
            .await?;
        fleet.nova(&["migrate"]).await?;
        fleet.nova(&["topics", "create"]).await?;
        for number in 0..each {
            for service in SERVICES {
                fleet.add(service, &format!("{service}-{number}"))?;
            }
        }
        fleet.start_all()?;
        fleet.ready().await;
        Ok(fleet)
    }

    /// Starts all replicas, none of which runs.
    pub(crate) fn start_all(&mut self) -> anyhow::Result<()> {
        (0..self.replicas.len()).try_for_each(|at| self.start_replica(at, None))
    }

    /// Makes room for a replica that does not run yet, and says where it is in [`Self::replicas`].
    pub(crate) fn add(&mut self, service: &'static str, name: &str) -> anyhow::Result<usize> {
        self.replicas.push(Replica {
            service,
            address: free_address()?,
            own: Settings::new(),
            operators: free_address()?,
            log: self.folder.join(format!("{name}.log")),
            child: None,
        });
        Ok(self.replicas.len() - 1)
    }

    /// Starts a replica, of the program in another folder if one is given; it need not be ready when this returns.
    pub(crate) fn start_replica(&mut self, at: usize, other: Option<&Path>) -> anyhow::Result<()> {
        let (settings, programs) = (&self.settings, other.unwrap_or(&self.programs));
        let replica = self.replicas.get_mut(at).context("no such replica")?;
        let program = programs.join(format!("nova-{}", replica.service));
        let mut command = command(&program, &replica.log)?;
        command
            .envs(settings)
            .env("NOVA_LISTEN", replica.address.to_string())
            .env("NOVA_ADMIN_LISTEN", replica.operators.to_string())
            .envs(&replica.own);
        replica.child = Some(command.spawn().context("could not run setpriv")?);
        Ok(())
    }

    /// SIGTERM, the drain, and another process on the same address, which is ready when this returns.
    pub(crate) async fn restart(&mut self, at: usize, other: Option<&Path>) -> anyhow::Result<()> {
        self.replica(at)?.stop().await?;
        self.start_replica(at, other)?;
        self.replica(at)?.ready().await
    }

    pub(crate) fn replica(&mut self, at: usize) -> anyhow::Result<&mut Replica> {
        self.replicas.get_mut(at).context("no such replica")
    }

    /// Waits until all that run are ready.
    pub(crate) async fn ready(&mut self) {
        for replica in &mut self.replicas {
            within(PATIENCE, "a replica is ready", async || {
                replica.is_ready().await
            })
            .await;
        }
    }

    /// Ends all that run, in order.
    pub(crate) async fn stop_all(&mut self) -> anyhow::Result<()> {
        let stops = self.replicas.iter_mut().map(Replica::stop);
        futures::future::try_join_all(stops).await?;
        Ok(())
    }

    /// SIGKILL of all that run.
    pub(crate) async fn kill_all(&mut self) -> anyhow::Result<()> {
        for replica in &mut self.replicas {
            replica.kill().await?;
        }
        Ok(())
    }

    /// The sum of a metric of all that run.
    pub(crate) async fn sum(&self, metric: &str) -> anyhow::Result<f64> {
        let mut sum = 0.0;
        for replica in &self.replicas {
            sum += replica.metric(metric, &[]).await?;
        }
        Ok(sum)
    }

    /// Ends everything and leaves nothing of it behind.
    pub(crate) async fn finish(mut self) -> anyhow::Result<()> {
        self.stop_all().await?;
        Ok(fs::remove_dir_all(&self.folder)?)
    }

    /// What the command line prints to these arguments.
    pub(crate) async fn nova(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(self.programs.join("nova"));
        without_settings(&mut command);
        let output = command
            .envs(&self.settings)
            .args(arguments)
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "nova {}: {} {said} {error}",
            arguments.join(" "),
            output.status
        );
        Ok(said)
    }

    /// How to reach its topics.
    pub(crate) fn kafka(&self) -> KafkaConfig {
        let setting = |name: &str| self.settings.get(name).cloned().unwrap_or_default();
        let mut kafka = KafkaConfig::new(setting("NOVA_KAFKA"));
        kafka.topic_prefix = setting("NOVA_KAFKA_TOPIC_PREFIX");
        kafka
    }
}

impl Replica {
    /// SIGTERM; it must end in order.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        terminate(&child)?;
        let status = timeout(PATIENCE, child.wait()).await;
        let status = status.with_context(|| format!("{} did not stop", self.service))??;
        let log = self.log.display();
        ensure!(
            status.success(),
            "{} ended with {status}: {log}",
            self.service
        );
        Ok(())
    }

    /// It must have ended by itself, as a setting is wrong.
    pub(crate) async fn has_refused(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("it does not run")?;
        let status = timeout(PATIENCE, child.wait()).await??;
        ensure!(
            status.code() == Some(WRONG_SETTING),
            "{} ended with {status}",
            self.service
        );
        Ok(())
    }

    /// SIGKILL.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        let child = self.child.take();
        Ok(child.context("it does not run")?.kill().await?)
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&mut self) -> anyhow::Result<()> {
        let what = format!("{} is ready, {}", self.service, self.log.display());
        within(PATIENCE, &what, async || self.is_ready().await).await;
        Ok(())
    }

    /// Whether it says so, if it is to run; else why not.
    async fn is_ready(&mut self) -> Result<(), String> {
        if self.child.is_none() {
            return Ok(());
        }
        let asked = async {
            let mut connection = Connection::open(self.address).await?;
            let answer = connection
                .ask(&request("GET", "/health/ready", None))
                .await?;
            ensure!(answer.status == 200, "{}", answer.status);
            anyhow::Ok(())
        };
        asked.await.map_err(|error| error.to_string())
    }

    /// The sum of a metric over all its labels, among lines that contain all of these words.
    pub(crate) async fn metric(&self, name: &str, words: &[&str]) -> anyhow::Result<f64> {
        let mut connection = Connection::open(self.operators).await?;
        let answer = connection.ask(&request("GET", "/metrics", None)).await?;
        let text = String::from_utf8_lossy(answer.body);
        let lines = text.lines().filter(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
                && words.iter().all(|word| line.contains(word))
        });
        let values = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        Ok(values.sum())
    }
}

/// Asks a process to end.
pub(crate) fn terminate(child: &Child) -> anyhow::Result<()> {
    let process = child.id().and_then(|pid| Process::of(pid.cast_signed()));
    Ok(process
        .context("it has ended by itself")?
        .signal(Signal::TERM)?)
}

/// What all services are told. Nothing but what a load test must have differs from a deployment.
fn settings(folder: &Path, name: &str, postgres: &str) -> anyhow::Result<Settings> {
    let at = |what: &str| folder.join(what).display().to_string();
    let settings = [
        ("NOVA_POSTGRES", postgres.to_owned()),
        ("NOVA_POSTGRES_MIGRATE", "off".to_owned()),
        ("NOVA_REDIS", variable("NOVA_TEST_REDIS")?),
        ("NOVA_REDIS_PREFIX", format!("{name}:")),
        ("NOVA_KAFKA", variable("NOVA_TEST_KAFKA")?),
        ("NOVA_KAFKA_TOPIC_PREFIX", format!("{name}.")),
        ("NOVA_SECRET_FILE", at("secrets/NOVA_SECRET")),
        ("NOVA_TOKEN_KEYS_FILE", at("secrets/NOVA_TOKEN_KEYS")),
        (
            "NOVA_TOKEN_SIGNING_KEY_FILE",
            at("secrets/NOVA_TOKEN_SIGNING_KEY"),
        ),
        ("NOVA_MAIL", format!("folder:{}", at("mail"))),
        ("NOVA_MEDIA_STORE", format!("file:{}", at("media"))),
        ("NOVA_TRUSTED_PROXIES", "1".to_owned()),
        ("NOVA_DRAIN_DELAY", DRAIN_DELAY.to_owned()),
        ("NOVA_RATE_LIMIT", "off".to_owned()),
        ("NOVA_ACCESS_TOKEN_TTL", "12h".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    Ok(settings.into())
}
