//! The platform under load: `nova up` in a process of its own, on the servers of `nova servers`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use nova_cli::running::Running;
use nova_cli::servers::{Process, Signal};
use nova_event_bus::KafkaConfig;
use nova_testkit::within;
use nova_tests::connection::request;
use nova_tests::program::without_settings;
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::cpu::Pids;
use crate::databases::Databases;
use crate::target::Target;

const PATIENCE: Duration = Duration::from_secs(60);

/// A running platform with databases, topics and Redis keys that nothing else uses.
pub(crate) struct Platform {
    process: Child,
    data: PathBuf,
    pub(crate) target: Target,
    /// How to reach its topics.
    pub(crate) kafka: KafkaConfig,
    pub(crate) databases: Databases,
}

impl Platform {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::start_with(&[]).await
    }

    /// The same, with settings of its own.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let servers = PathBuf::from(variable("NOVA_BENCH_DATA")?);
        let name = format!("bench_{}", Uuid::now_v7().simple());
        let data = servers.join(&name);
        fs::create_dir_all(&data)?;
        let postgres = postgres(&name)?;
        let process = spawn(&data, &postgres, &name, settings)?;
        let what = format!(
            "the platform has an address (its log is in {})",
            data.display()
        );
        let running = within(PATIENCE, &what, async || Running::find(&data)).await;
        let address = running.url.trim_start_matches("http://").parse()?;
        let pids = pids(running.process.pid())?;
        let databases = Databases::of(&postgres)?;
        let mut kafka = KafkaConfig::new(variable("NOVA_TEST_KAFKA")?);
        kafka.topic_prefix = format!("{name}.");
        let platform = Self {
            kafka,
            process,
            data,
            target: Target { address, pids },
            databases,
        };
        platform.wait_until_ready().await?;
        Ok(platform)
    }

    /// Stops it in order.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self
            .process
            .id()
            .context("the platform has ended by itself")?;
        let process = Process::of(pid.cast_signed()).context("the platform has ended by itself")?;
        process.signal(Signal::TERM)?;
        let status = self.process.wait().await?;
        ensure!(
            status.success(),
            "the platform did not stop in order: {status}"
        );
        // Its data was on the servers.
        fs::remove_dir_all(&self.data)?;
        Ok(())
    }

    async fn wait_until_ready(&self) -> anyhow::Result<()> {
        let mut connection = self.target.connect().await?;
        let ready = request("GET", "/health/ready", None);
        within(PATIENCE, "the platform is ready", async || {
            let health = connection
                .expect(200, &ready)
                .await
                .map_err(|error| error.to_string())?;
            if health["status"] == "ready" {
                Ok(())
            } else {
                Err(health.to_string())
            }
        })
        .await;
        Ok(())
    }
}

/// The Postgres of `nova servers`, with this database or prefix of databases.
pub(crate) fn postgres(name: &str) -> anyhow::Result<String> {
    let given = variable("NOVA_TEST_POSTGRES")?;
    let (base, _) = given
        .rsplit_once('/')
        .context("NOVA_TEST_POSTGRES names no prefix")?;
    Ok(format!("{base}/{name}"))
}

/// This program and the servers of `nova servers`.
pub(crate) fn pids(program: i32) -> anyhow::Result<Pids> {
    let servers = PathBuf::from(variable("NOVA_BENCH_DATA")?);
    let pid = |server: &str| {
        let process = Process::recorded(&servers.join(format!("run/{server}.pid")));
        let process = process.with_context(|| format!("{} has no {server}", servers.display()))?;
        anyhow::Ok(process.pid())
    };
    Ok(Pids {
        program,
        postgres: pid("postgres")?,
        redis: pid("redis")?,
        kafka: pid("kafka")?,
    })
}

/// With no settings but these and those that a load test must have: no limit of requests, and tokens that last.
fn spawn(
    data: &Path,
    postgres: &str,
    name: &str,
    settings: &[(&str, &str)],
) -> anyhow::Result<Child> {
    let log = data.join("nova.log");
    let output =
        File::create(&log).with_context(|| format!("could not write {}", log.display()))?;
    let program = program()?;
    let mut command = Command::new(&program);
    without_settings(&mut command);
    command
        .envs(settings.iter().copied())
        .env("NOVA_RATE_LIMIT", "off")
        .env("NOVA_ACCESS_TOKEN_TTL", "12h")
        .env("NOVA_KAFKA_TOPIC_PREFIX", format!("{name}."))
        .env("NOVA_REDIS_PREFIX", format!("{name}:"))
        .args(["up", "--listen", "127.0.0.1:0", "--postgres", postgres])
        .args(["--redis", &variable("NOVA_TEST_REDIS")?])
        .args(["--kafka", &variable("NOVA_TEST_KAFKA")?])
        .arg("--data")
        .arg(data)
        .stdout(output.try_clone()?)
        .stderr(output)
        .kill_on_drop(true);
    command
        .spawn()
        .with_context(|| format!("could not start {}", program.display()))
}

/// The `nova` that was built with this benchmark: cargo puts benchmarks into the folder `deps` beside it.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    if let Some(given) = std::env::var_os("NOVA_BENCH_NOVA") {
        return Ok(given.into());
    }
    let own = std::env::current_exe()?;
    let folder = own
        .parent()
        .and_then(Path::parent)
        .context("this benchmark is in no folder")?;
    Ok(folder.join("nova"))
}

pub(crate) fn variable(name: &str) -> anyhow::Result<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.with_context(|| format!("{name} is not set: run scripts/bench"))
}
