//! One server or a cluster, with or without TLS.

use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
use redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, RedisFuture, TlsCertificates, Value,
};

/// A command that takes longer has failed: the database answers instead.
const RESPONSE: Duration = Duration::from_millis(250);
const CONNECTION: Duration = Duration::from_millis(500);

/// Where to connect to.
pub enum Server {
    /// One server.
    Single(Box<Client>),
    /// A cluster, through any of its nodes.
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

impl Server {
    /// The server at `url`: `redis://` or, with TLS, `rediss://`. A certificate of its own authority is checked
    /// against `authority` (PEM), others against those of the system.
    ///
    /// # Errors
    /// When the URL is not one of Redis, or the certificate cannot be read.
    pub fn single(url: &str, authority: Option<Vec<u8>>) -> Result<Self, RedisError> {
        let client = match authority {
            Some(_) => Client::build_with_tls(url, certificates(authority))?,
            None => Client::open(url)?,
        };
        Ok(Self::Single(Box::new(client)))
    }

    /// The cluster that the node at `url` belongs to; otherwise as [`Self::single`].
    ///
    /// # Errors
    /// As [`Self::single`].
    pub fn cluster(url: &str, authority: Option<Vec<u8>>) -> Result<Self, RedisError> {
        let mut builder = ClusterClientBuilder::new([url])
            .connection_timeout(CONNECTION)
            .response_timeout(RESPONSE)
            .overall_response_timeout(Some(RESPONSE * 2))
            .retries(1);
        if authority.is_some() {
            builder = builder.certs(certificates(authority));
        }
        Ok(Self::Cluster(Box::new(builder.build()?)))
    }

    /// Connects.
    ///
    /// # Errors
    /// When that does not work within half a second.
    pub async fn connect(&self) -> Result<Link, RedisError> {
        match self {
            Self::Single(client) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECTION))
                    .set_response_timeout(Some(RESPONSE));
                let connection = client.get_multiplexed_async_connection_with_config(&config);
                Ok(Link::Single(connection.await?))
            }
            Self::Cluster(client) => {
                let connection =
                    tokio::time::timeout(2 * CONNECTION, client.get_async_connection());
                let late =
                    || RedisError::from((redis::ErrorKind::Io, "the cluster does not answer"));
                Ok(Link::Cluster(connection.await.map_err(|_| late())??))
            }
        }
    }
}

fn certificates(authority: Option<Vec<u8>>) -> TlsCertificates {
    TlsCertificates {
        client_tls: None,
        root_cert: authority,
    }
}

impl Link {
    /// The run ids of all servers that hold timelines.
    ///
    /// # Errors
    /// When one does not answer.
    pub async fn run_ids(&mut self) -> Result<String, RedisError> {
        let mut info = redis::cmd("INFO");
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
