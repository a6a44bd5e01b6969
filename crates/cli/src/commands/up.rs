//! `nova up`

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use nova_event_bus::{BusError, KafkaConfig};
use nova_proto::catalogue::TOPICS;
use nova_service::ConfigError;
use nova_service::config::Setting;
use nova_service::postgres::name_of;
use nova_service::telemetry::Telemetry;
use nova_service::{Bound, Env};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::environment::{self, Settings};
use crate::live;
use crate::platform::SERVICES;
use crate::progress::Progress;
use crate::running::Running;
use crate::secrets;
use crate::servers::{Process, Servers, Wanted};
use crate::settings;
use crate::signals::StopSignals;

/// Runs the whole platform: all services in one process, with Postgres, Redis and Kafka beside it
#[derive(clap::Args)]
pub(crate) struct Up {
    /// Your own Postgres, postgres://user:password@host:port/prefix, instead of starting one
    #[arg(
        long,
        value_name = "URL",
        env = "NOVA_POSTGRES",
        hide_env_values = true
    )]
    postgres: Option<String>,
    /// Your own Redis, redis://host:port, instead of starting one
    #[arg(long, value_name = "URL", env = "NOVA_REDIS", hide_env_values = true)]
    redis: Option<String>,
    /// Your own Kafka brokers instead of starting one
    #[arg(long, value_name = "HOST:PORT", env = "NOVA_KAFKA")]
    kafka: Option<String>,
    /// Address to serve on
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "NOVA_LISTEN",
        default_value = "127.0.0.1:8080"
    )]
    listen: String,
    /// Folder for data, secrets and logs
    #[arg(long, default_value = ".nova")]
    data: PathBuf,
}

impl Up {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let mut signals = StopSignals::listen()?;
        let progress = Progress::to_stderr();
        // A wrong setting is told before anything is started.
        let given = self.settings()?;
        let known = settings::read_all(&given)?;
        for name in settings::unknown(&given, &known) {
            progress.say(
                "nova",
                format_args!("{name} is no setting: see `nova config`"),
            );
        }
        let telemetry = Telemetry::install(&mut Env::of(given), "nova")?;
        let wanted = Wanted {
            postgres: self.postgres.is_none(),
            redis: self.redis.is_none(),
            kafka: self.kafka.is_none(),
        };
        let servers = tokio::select! {
            started = Servers::start(&self.data, wanted, progress.clone()) => started?,
            _ = signals.next() => bail!("stopped before it was ready"),
        };
        let outcome = Box::pin(self.run_platform(&servers, &mut signals, &progress)).await;
        Running::withdraw(servers.folder());
        telemetry.shutdown().await;
        tokio::select! {
            () = servers.stop() => {}
            _ = signals.next() => bail!("the servers were killed, not stopped: their next start takes longer"),
        }
        outcome.map(|()| ExitCode::SUCCESS)
    }

    async fn run_platform(
        &self,
        servers: &Servers,
        signals: &mut StopSignals,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        let addresses = self.addresses(servers)?;
        let mut settings = self.settings()?;
        for (name, value) in [
            ("NOVA_POSTGRES", &addresses.postgres),
            ("NOVA_REDIS", &addresses.redis),
            ("NOVA_KAFKA", &addresses.kafka),
        ] {
            settings.insert(name.to_owned(), value.clone());
        }
        settings::complete(&mut settings, servers.folder());
        secrets::complete(&mut settings, servers.folder())?;
        let mut env = Env::of(settings);
        tokio::select! {
            bound = bind(&mut env, progress) => {
                serve(bound?, addresses, servers.folder(), signals, progress).await
            }
            _ = signals.next() => Ok(()),
        }
    }

    /// Of what was given, else of what was started. Where the platform itself is comes later.
    fn addresses(&self, servers: &Servers) -> anyhow::Result<Running> {
        let either = |given: &Option<String>, started: &Option<String>| {
            given
                .clone()
                .or_else(|| started.clone())
                .context("a server has no address")
        };
        Ok(Running {
            process: Process::own()?,
            url: String::new(),
            postgres: either(&self.postgres, &servers.postgres_url)?,
            redis: either(&self.redis, &servers.redis_url)?,
            kafka: either(&self.kafka, &servers.kafka_brokers)?,
        })
    }

    /// The environment of this process, with the address of the command line.
    fn settings(&self) -> Result<Settings, ConfigError> {
        let mut settings = environment::of_process()?;
        settings.insert("NOVA_LISTEN".to_owned(), self.listen.clone());
        Ok(settings)
    }
}

async fn bind(env: &mut Env, progress: &Progress) -> anyhow::Result<Bound> {
    let kafka = KafkaConfig::from_settings(|name, default, help| {
        anyhow::Ok(env.read(name, default, help)?)
    })?;
    make_topics(kafka, progress).await?;
    let assembled = Box::pin(live::assemble(env));
    let platform = progress
        .during(
            "nova",
            format_args!("starting {}", SERVICES.join(", ")),
            assembled,
        )
        .await?;
    platform.bind().await
}

/// Makes the topics, or, while Kafka is away, leaves that for when it is back: requests are answered
/// without it.
async fn make_topics(kafka: KafkaConfig, progress: &Progress) -> anyhow::Result<()> {
    let created = super::topics::create(&kafka);
    let what = format_args!("making {} topics", TOPICS.len());
    match progress.during("nova", what, created).await {
        Err(error @ BusError::Unreachable { .. }) => {
            progress.say(
                "nova",
                format_args!("{error}: the topics are made when it is back"),
            );
            tokio::spawn(super::topics::create_when_reachable(kafka));
            Ok(())
        }
        outcome => Ok(outcome?),
    }
}

/// Until the first signal; then everything is drained. The second signal cuts that short.
async fn serve(
    bound: Bound,
    addresses: Running,
    data: &Path,
    signals: &mut StopSignals,
    progress: &Progress,
) -> anyhow::Result<()> {
    let running = Running {
        url: format!("http://{}", bound.address()),
        ..addresses
    };
    running.announce(data)?;
    print_table(&running, bound.admin_address(), data, progress)?;
    let stop = CancellationToken::new();
    let mut run = std::pin::pin!(bound.run(stop.clone()));
    tokio::select! {
        ended = &mut run => return ended,
        _ = signals.next() => {}
    }
    progress.say(
        "nova",
        "stopping: requests are answered and events are drained; once more stops at once",
    );
    stop.cancel();
    tokio::select! {
        ended = run => ended,
        _ = signals.next() => Ok(()),
    }
}

fn print_table(
    running: &Running,
    admin: Option<SocketAddr>,
    data: &Path,
    progress: &Progress,
) -> anyhow::Result<()> {
    let Running { url, kafka, .. } = running;
    let host = url.trim_start_matches("http://");
    let (postgres, redis) = (Url::shown(&running.postgres), Url::shown(&running.redis));
    // Health in detail, and reflection, are there alone.
    let operators = admin.map_or_else(|| url.clone(), |address| format!("http://{address}"));
    let reflection = match admin {
        None => "with reflection".to_owned(),
        Some(address) => format!("reflection at {address}"),
    };
    let (seconds, data) = (progress.elapsed().as_secs_f32(), data.display());
    let databases = SERVICES.map(|service| name_of("", service)).join(" ");
    write!(
        std::io::stdout().lock(),
        "
Nova is ready after {seconds:.1} s.

  web, REST   {url}
  docs        {url}/docs
  live        {url}/live (events as they happen)
  health      {operators}/health/ready
  gRPC        {host} ({reflection})
  Postgres    {postgres} (databases {databases})
  Redis       {redis}
  Kafka       {kafka}
  data        {data}
  logs        {data}/logs

`nova demo` fills it with users, follows, posts and pictures. Ctrl-C stops everything; the data stays.

"
    )?;
    Ok(())
}
