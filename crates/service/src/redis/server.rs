//! One server or a cluster, with or without TLS.

use std::fmt;
use std::time::Duration;

use ::redis::aio::{ConnectionLike, MultiplexedConnection};
use ::redis::cluster::{ClusterClient, ClusterClientBuilder};
use ::redis::cluster_async::ClusterConnection;
use ::redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, RedisFuture, TlsCertificates, Value,
    cmd,
};
use url::Url;

use crate::config::{ConfigError, Env, Setting as _, Switch};

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
    Cluster(Box<ClusterClient>),
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
        let mut builder = ClusterClientBuilder::new([url.as_str()])
            .connection_timeout(2 * wait)
            .response_timeout(wait)
            .overall_response_timeout(Some(2 * wait))
            .retries(1);
        if let Some(authority) = &self.authority {
            builder = builder.certs(authority.certificates());
        }
        Ok(Clients::Cluster(Box::new(builder.build()?)))
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
    /// Connects.
    ///
    /// # Errors
    /// When that does not work in time.
    pub async fn connect(&self) -> Result<Link, RedisError> {
        match &self.client {
            Clients::Single(client) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(2 * self.wait))
                    .set_response_timeout(Some(self.wait));
                let connection = client.get_multiplexed_async_connection_with_config(&config);
                let mut connection = connection.await?;
                // A server that is there and says nothing takes connections as well.
                cmd("PING").query_async::<()>(&mut connection).await?;
                Ok(Link::Single(connection))
            }
            Clients::Cluster(client) => {
                let connection = tokio::time::timeout(4 * self.wait, client.get_async_connection());
                let late =
                    || RedisError::from((::redis::ErrorKind::Io, "the cluster does not answer"));
                Ok(Link::Cluster(connection.await.map_err(|_| late())??))
            }
        }
    }
}

impl fmt::Debug for Server {
    // Its address may name a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Link {
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
