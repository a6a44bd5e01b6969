//! Apache Kafka from its published jars: one node, broker and controller in one.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Server;
use super::launch::Launch;
use super::packages;
use super::supervisor::{Program, Surroundings};

pub(super) const PACKAGE: &str = "default-jre-headless";
pub(super) const FETCH_PACKAGE: &str = "maven";

/// Name of the folder with the jars; the version is that of `deploy/kafka/pom.xml`.
const JARS: &str = "kafka-4.3.0";
const POM: &str = include_str!("../../../../deploy/kafka/pom.xml");
const FETCH_JARS: &str = include_str!("../../../../deploy/kafka/fetch-jars");
const PROPERTIES: &str = include_str!("../../../../deploy/kafka/server.properties");
const LOGGING: &str = include_str!("../../../../deploy/kafka/log4j2.xml");

pub(super) fn is_installed() -> bool {
    packages::java().is_some()
}

/// Whether the jars are there, or can be fetched.
pub(super) fn is_fetchable(data: &Path) -> bool {
    jars(data).is_dir() || packages::find("mvn").is_some()
}

/// Where the jars are kept, for all checkouts of this user.
fn jars(data: &Path) -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .filter(|cache| !cache.is_empty())
        .map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    cache
        .unwrap_or_else(|| data.join("cache"))
        .join("nova")
        .join(JARS)
}

pub(super) struct Kafka {
    java: PathBuf,
    jars: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
}

impl Kafka {
    /// Fetches the jars and formats the storage, where that is still to be done.
    pub(super) async fn new(
        data: &Path,
        ports: [u16; 2],
        around: &Surroundings,
    ) -> anyhow::Result<Self> {
        let [port, controller_port] = ports;
        let java = packages::java().context("Java is gone")?;
        let folder = data.join("kafka");
        fs::create_dir_all(&folder)?;
        let kafka = Self {
            java,
            jars: jars(data),
            folder,
            log: data.join("logs/kafka.log"),
            port,
        };
        kafka.write_configuration(controller_port)?;
        if !kafka.jars.is_dir() {
            let fetched = kafka.fetch_jars(around);
            around
                .progress
                .during(
                    Server::Kafka,
                    "fetching its jars (54 MB) with Maven",
                    fetched,
                )
                .await?;
        }
        if !kafka.is_formatted() {
            let formatted = kafka.format(around);
            around
                .progress
                .during(Server::Kafka, "formatting its storage", formatted)
                .await?;
        }
        Ok(kafka)
    }

    fn write_configuration(&self, controller_port: u16) -> anyhow::Result<()> {
        let data = self.storage();
        let data = data
            .to_str()
            .context("Kafka needs a data folder whose path is UTF-8")?;
        let properties = PROPERTIES
            .replace("{port}", &self.port.to_string())
            .replace("{controller_port}", &controller_port.to_string())
            // In a properties file a backslash escapes.
            .replace("{data}", &data.replace('\\', "\\\\"));
        fs::write(self.properties(), properties)?;
        fs::write(self.folder.join("log4j2.xml"), LOGGING)?;
        Ok(())
    }

    async fn fetch_jars(&self, around: &Surroundings) -> anyhow::Result<()> {
        let pom = self.folder.join("pom.xml");
        fs::write(&pom, POM)?;
        let script: [OsString; 3] = ["-c".into(), FETCH_JARS.into(), "fetch-jars".into()];
        let args = script
            .into_iter()
            .chain([pom.into(), self.jars.clone().into()]);
        let fetch = self.launch_of("sh".into(), args.collect());
        fetch
            .run(&around.spawner)
            .await
            .context("could not fetch the jars of Kafka")
    }

    /// Until the marker is written, what lies there is the work of a format that did not finish.
    async fn format(&self, around: &Surroundings) -> anyhow::Result<()> {
        if self.storage().exists() {
            fs::remove_dir_all(self.storage())?;
        }
        let mut args = self.java_args();
        args.extend(
            [
                "kafka.tools.StorageTool",
                "format",
                "-t",
                &cluster_id(),
                "-c",
            ]
            .map(Into::into),
        );
        args.push(self.properties().into());
        self.launch_of(self.java.clone(), args)
            .run(&around.spawner)
            .await?;
        fs::write(self.marker(), "")?;
        Ok(())
    }

    fn launch_of(&self, program: PathBuf, args: Vec<OsString>) -> Launch {
        Launch {
            program,
            args,
            account: None,
            folder: self.folder.clone(),
            log: self.log.clone(),
            orphan_signal: Signal::TERM,
        }
    }

    fn java_args(&self) -> Vec<OsString> {
        let mut logging = OsString::from("-Dlog4j2.configurationFile=");
        logging.push(self.folder.join("log4j2.xml"));
        vec![logging, "-cp".into(), self.jars.join("*").into()]
    }

    fn properties(&self) -> PathBuf {
        self.folder.join("server.properties")
    }

    fn storage(&self) -> PathBuf {
        self.folder.join("storage")
    }

    fn marker(&self) -> PathBuf {
        self.folder.join("formatted")
    }

    fn is_formatted(&self) -> bool {
        self.marker().exists() && self.storage().join("meta.properties").exists()
    }
}

impl Program for Kafka {
    const SERVER: Server = Server::Kafka;
    const STOP: &'static [(Signal, Duration)] = &[(Signal::TERM, Duration::from_secs(10))];

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn launch(&self) -> Launch {
        let mut args: Vec<OsString> = [
            "-Xms128m",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
        ]
        .map(Into::into)
        .to_vec();
        args.extend(self.java_args());
        args.extend(["kafka.Kafka".into(), self.properties().into()]);
        self.launch_of(self.java.clone(), args)
    }

    /// The broker has registered with the controller once it lists itself: from then on topics can be
    /// made. Its port is open a second earlier.
    async fn probe(&self) -> anyhow::Result<()> {
        let mut connection = TcpStream::connect(self.address()).await?;
        connection.write_all(&metadata_request()).await?;
        let length = connection.read_u32().await?;
        let mut answer = vec![0; usize::try_from(length)?.min(4_096)];
        connection.read_exact(&mut answer).await?;
        match brokers(&answer) {
            Some(count) if count > 0 => Ok(()),
            _ => bail!("knows no broker yet"),
        }
    }
}

/// A Metadata request (API 3, version 4) for no topic at all, with its length in front.
fn metadata_request() -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(3_i16.to_be_bytes());
    body.extend(4_i16.to_be_bytes());
    let (correlation, no_client_id) = (0_i32, -1_i16);
    body.extend(correlation.to_be_bytes());
    body.extend(no_client_id.to_be_bytes());
    let (topics, create_topics) = (0_i32, 0_u8);
    body.extend(topics.to_be_bytes());
    body.push(create_topics);
    let length = u32::try_from(body.len()).unwrap_or(0);
    [length.to_be_bytes().to_vec(), body].concat()
}

/// How many brokers its answer lists: after the correlation id and the throttle time.
fn brokers(answer: &[u8]) -> Option<i32> {
    let count = answer.get(8..12)?;
    Some(i32::from_be_bytes(count.try_into().ok()?))
}

/// A random id as Kafka writes them. One that begins with a hyphen would look like an option.
fn cluster_id() -> String {
    loop {
        let id = URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4());
        if !id.starts_with('-') {
            return id;
        }
    }
}
