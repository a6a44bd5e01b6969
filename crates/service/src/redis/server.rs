//! One server or a cluster, with or without TLS.

use std::fmt;
use std::time::Duration;

use ::redis::aio::{AsyncPushSender, ConnectionLike, MultiplexedConnection};
use ::redis::cluster::{ClusterClient, ClusterClientBuilder, ClusterConfig};
use ::redis::cluster_async::ClusterConnection;
use ::redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, ProtocolVersion, RedisError, RedisFuture,
    TlsCertificates, Value, cmd,
};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use url::Url;

use crate::config::{ConfigError, Env, Setting as _, Switch};

/// Commands on their way to a cluster at the same time, of those that belong together.
const AT_ONCE: usize = 64;

/// What is to be known of a Redis beside its address.
#[derive(Debug, Clone, Default)]
pub struct Access {
    is_cluster: bool,
    authority: Option<Authority>,
}

/// A certificate, PEM, in a file that a setting names.
#[derive(Debug, Clone)]
struct Authority {
    name: &'static str,
    file: String,
    pem: Vec<u8>,
}

/// Where to connect to.
#[derive(Clone)]
pub struct Server {
    client: Clients,
    wait: Duration,
}

#[derive(Clone)]
enum Clients {
    Single(Box<Client>),
    Cluster {
        plain: Box<ClusterClient>,
        /// Of connections on which servers speak unasked.
        pushed: Box<ClusterClient>,
    },
}

/// A connection; clones share it.
#[derive(Clone)]
pub enum Link {
    /// To one server.
    Single(MultiplexedConnection),
    /// To each node of a cluster.
    Cluster(ClusterConnection),
}

impl Access {
    /// Reads the two settings that `cluster` and `authority` name: whether the address is that of a node of a cluster,
    /// and the file with the certificate of its own authority; without one those of the system count.
    ///
    /// # Errors
    /// When one is wrong, or the file has no certificate.
    pub fn read(
        env: &mut Env,
        cluster: &'static str,
        authority: &'static str,
    ) -> Result<Self, ConfigError> {
        let is_cluster = env.read::<Switch>(cluster, "off", "on when that Redis is a cluster")?;
        let help = "file with the certificate of that Redis' authority, PEM";
        let file: String = env.read(authority, "", help)?;
        let authority = Authority::read(authority, file)?;
        let is_cluster = is_cluster.is_on();
        Ok(Self {
            is_cluster,
            authority,
        })
    }

    /// The Redis at `url`, `redis://` or with TLS `rediss://`, which the setting `name` has named. It may take as long
    /// as `wait` to answer, and twice that to connect.
    ///
    /// # Errors
    /// When that is no address of a Redis, or has no TLS for the certificate, or that is none.
    pub fn server(
        &self,
        name: &'static str,
        url: &Url,
        wait: Duration,
    ) -> Result<Server, ConfigError> {
        let invalid = |expects| ConfigError::Invalid {
            name,
            value: Url::shown(url.as_str()).into_owned(),
            expects,
        };
        if self.authority.is_some() && url.scheme() != "rediss" {
            return Err(invalid(
                "a URL with TLS, rediss://, for which a certificate is given",
            ));
        }
        let client = if self.is_cluster {
            self.cluster(url, wait)
        } else {
            self.single(url)
        };
        let client = client.map_err(|_| match &self.authority {
            Some(authority) => authority.invalid(),
            None => invalid("a URL of Redis such as redis://127.0.0.1:6379"),
        })?;
        Ok(Server { client, wait })
    }

    fn single(&self, url: &Url) -> Result<Clients, RedisError> {
        let client = match &self.authority {
            Some(authority) => Client::build_with_tls(url.as_str(), authority.certificates())?,
            None => Client::open(url.as_str())?,
        };
        Ok(Clients::Single(Box::new(client)))
    }

    fn cluster(&self, url: &Url, wait: Duration) -> Result<Clients, RedisError> {
        let build = |protocol| {
            let mut builder = ClusterClientBuilder::new([url.as_str()])
                .connection_timeout(2 * wait)
                .response_timeout(wait)
                .overall_response_timeout(Some(2 * wait))
                .use_protocol(protocol)
                .retries(1);
            if let Some(authority) = &self.authority {
                builder = builder.certs(authority.certificates());
            }
            builder.build().map(Box::new)
        };
        Ok(Clients::Cluster {
            plain: build(ProtocolVersion::RESP2)?,
            pushed: build(ProtocolVersion::RESP3)?,
        })
    }
}

impl Authority {
    fn read(name: &'static str, file: String) -> Result<Option<Self>, ConfigError> {
        if file.is_empty() {
            return Ok(None);
        }
        let pem = std::fs::read(&file).unwrap_or_default();
        let authority = Self { name, file, pem };
        let text = String::from_utf8_lossy(&authority.pem);
        if text.contains("-----BEGIN CERTIFICATE-----") {
            Ok(Some(authority))
        } else {
            Err(authority.invalid())
        }
    }

    fn invalid(&self) -> ConfigError {
        ConfigError::Invalid {
            name: self.name,
            value: self.file.clone(),
            expects: "a file that can be read, with a certificate, PEM",
        }
    }

    fn certificates(&self) -> TlsCertificates {
        TlsCertificates {
            client_tls: None,
            root_cert: Some(self.pem.clone()),
        }
    }
}

impl Server {
    /// Whether it is a cluster: then each command is for keys of one slot, and commands overtake each other.
    #[must_use]
    pub const fn is_cluster(&self) -> bool {
        matches!(self.client, Clients::Cluster { .. })
    }

    /// Connects.
    ///
    /// # Errors
    /// When that does not work in time.
    pub async fn connect(&self) -> Result<Link, RedisError> {
        match &self.client {
            Clients::Single(client) => self.to_single(client, self.config()).await,
            Clients::Cluster { plain, .. } => self.to_cluster(plain.get_async_connection()).await,
        }
    }

    /// Connects so that what the server says unasked ([`Link::listen`]) is handed to `pushes`, which must not wait, in
    /// the order in which a server says it. When a connection is lost `pushes` is told that as well: a single server's
    /// stays lost, a cluster makes its own again, and listens again, but what was said between is gone.
    ///
    /// # Errors
    /// When that does not work in time, and when the server is too old for it (before 6).
    pub async fn connect_pushed(&self, pushes: impl AsyncPushSender) -> Result<Link, RedisError> {
        match &self.client {
            Clients::Single(client) => {
                let info = client.get_connection_info().clone();
                let settings = info.redis_settings().clone();
                let settings = settings.set_protocol(ProtocolVersion::RESP3);
                let client = Client::open(info.set_redis_settings(settings))?;
                let config = self.config().set_push_sender(pushes);
                self.to_single(&client, config).await
            }
            Clients::Cluster { pushed, .. } => {
                let config = ClusterConfig::new()
                    .set_connection_timeout(2 * self.wait)
                    .set_response_timeout(self.wait)
                    .set_push_sender(pushes);
                let connection = pushed.get_async_connection_with_config(config);
                self.to_cluster(connection).await
            }
        }
    }

    fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(2 * self.wait))
            .set_response_timeout(Some(self.wait))
    }

    async fn to_single(
        &self,
        client: &Client,
        config: AsyncConnectionConfig,
    ) -> Result<Link, RedisError> {
        let connection = client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = connection.await?;
        // A server that is there and says nothing takes connections as well.
        cmd("PING").query_async::<()>(&mut connection).await?;
        Ok(Link::Single(connection))
    }

    async fn to_cluster(
        &self,
        connection: impl Future<Output = Result<ClusterConnection, RedisError>>,
    ) -> Result<Link, RedisError> {
        let late = || RedisError::from((::redis::ErrorKind::Io, "the cluster does not answer"));
        let connection = tokio::time::timeout(4 * self.wait, connection);
        Ok(Link::Cluster(connection.await.map_err(|_| late())??))
    }
}

impl fmt::Debug for Server {
    // Its address may name a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Link {
    /// Listens to sharded channels, on a connection of [`Server::connect_pushed`]; in one round trip, but in a cluster in
    /// several.
    ///
    /// # Errors
    /// When a server does not answer: it may listen to some of them.
    pub async fn listen(&mut self, channels: &[String]) -> Result<(), RedisError> {
        self.each("SSUBSCRIBE", channels).await
    }

    /// Listens to these no more.
    ///
    /// # Errors
    /// When a server does not answer: it may listen to some of them all the same.
    pub async fn leave(&mut self, channels: &[String]) -> Result<(), RedisError> {
        self.each("SUNSUBSCRIBE", channels).await
    }

    async fn each(&mut self, name: &str, channels: &[String]) -> Result<(), RedisError> {
        // One by one: each is answered by itself, which is what the client library counts.
        let command = |channel: &String| {
            let mut command = cmd(name);
            command.arg(channel);
            command
        };
        self.run_all(channels.iter().map(command)).await?;
        Ok(())
    }

    /// Runs commands that have nothing to do with each other, and gives their answers in their order. A single server does
    /// it in one round trip, one after the other; a cluster all at once, each where its keys are.
    ///
    /// # Errors
    /// When one fails: the others may have been done.
    pub async fn run_all(
        &mut self,
        commands: impl IntoIterator<Item = Cmd>,
    ) -> Result<Vec<Value>, RedisError> {
        match self {
            Self::Single(connection) => {
                let mut pipeline = Pipeline::new();
                for command in commands {
                    pipeline.add_command(command);
                }
                if pipeline.is_empty() {
                    return Ok(Vec::new());
                }
                pipeline.query_async(connection).await
            }
            Self::Cluster(connection) => {
                let run = |command: Cmd| {
                    let mut connection = connection.clone();
                    async move { command.query_async::<Value>(&mut connection).await }
                };
                let commands: Vec<_> = commands.into_iter().map(run).collect();
                stream::iter(commands).buffered(AT_ONCE).try_collect().await
            }
        }
    }

    /// The run ids of all servers that hold something, sorted: others than before, and what they hold may be old.
    ///
    /// # Errors
    /// When one does not answer.
    pub async fn run_ids(&mut self) -> Result<String, RedisError> {
        let mut info = cmd("INFO");
        info.arg("server");
        let answer: Value = match self {
            Self::Single(connection) => info.query_async(connection).await?,
            Self::Cluster(connection) => {
                let primaries = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                connection.route_command(info, primaries).await?
            }
        };
        let mut ids = Vec::new();
        collect_run_ids(&answer, &mut ids);
        ids.sort_unstable();
        Ok(ids.join(" "))
    }
}

fn collect_run_ids(answer: &Value, ids: &mut Vec<String>) {
    let mut of_text = |text: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix("run_id:"));
        ids.extend(found.map(|id| id.trim().to_owned()));
    };
    match answer {
        Value::BulkString(bytes) => of_text(&String::from_utf8_lossy(bytes)),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => of_text(text),
        Value::Array(values) => values.iter().for_each(|value| collect_run_ids(value, ids)),
        Value::Map(pairs) => pairs
            .iter()
            .for_each(|(_, value)| collect_run_ids(value, ids)),
        _ => {}
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
