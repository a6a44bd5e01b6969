//! A connection to Redis that is found again when lost, and that nobody waits for.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::{ErrorKind, RedisError, ServerErrorKind};
use tokio::time::{Instant, timeout};

mod server;

pub use server::{Access, Link, Server};

/// A server that has not been reached by then is away.
const CONNECTING: Duration = Duration::from_secs(5);

/// A shared connection, made when it is first needed. Clones share it.
///
/// It is for what is done without when Redis is away: after a failure nothing is tried for a rest, and whoever
/// asks meanwhile is told so at once.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    server: Server,
    deadline: Duration,
    rest: Duration,
    state: Mutex<State>,
    /// Whether it was told that the server is away.
    told: AtomicBool,
}

enum State {
    Up(Link),
    /// Somebody is about to.
    Connecting,
    DownUntil(Instant),
}

/// Redis did not do it, as far as is known: it may have.
#[derive(Debug, thiserror::Error)]
pub enum Away {
    /// It failed a moment ago, or is being connected to.
    #[error("redis was away a moment ago")]
    Resting,
    /// No answer in time.
    #[error("redis did not answer within {0:?}")]
    Silent(Duration),
    /// Its answer, or the connection's failure.
    #[error(transparent)]
    Failed(#[from] RedisError),
}

impl Redis {
    /// A connection to this server. Everything must be answered within `deadline`; after a failure nothing is tried
    /// for as long as `rest`.
    #[must_use]
    pub fn new(server: Server, deadline: Duration, rest: Duration) -> Self {
        Self(Arc::new(Inner {
            server,
            deadline,
            rest,
            state: Mutex::new(State::DownUntil(Instant::now())),
            told: AtomicBool::new(false),
        }))
    }

    /// Runs `command` on the connection. It takes at most two deadlines: one to connect, for which one caller in a rest
    /// waits, and one for the command.
    ///
    /// # Errors
    /// When Redis is away or was a moment ago, and when it refuses the command.
    pub async fn run<T, F>(&self, command: F) -> Result<T, Away>
    where
        F: AsyncFnOnce(&mut Link) -> Result<T, RedisError>,
    {
        let mut connection = self.connection().await?;
        let answer = timeout(self.0.deadline, command(&mut connection)).await;
        let outcome = match answer {
            Ok(answer) => answer.map_err(Away::Failed),
            Err(_) => Err(Away::Silent(self.0.deadline)),
        };
        match &outcome {
            Ok(_) => self.worked(),
            Err(away) => self.failed(away),
        }
        outcome
    }

    async fn connection(&self) -> Result<Link, Away> {
        {
            let mut state = self.state();
            match &*state {
                State::Up(connection) => return Ok(connection.clone()),
                State::Connecting => return Err(Away::Resting),
                State::DownUntil(until) if *until > Instant::now() => return Err(Away::Resting),
                State::DownUntil(_) => *state = State::Connecting,
            }
        }
        // A task of its own: a request that is given up meanwhile would leave it undone for ever, and connecting may
        // take longer than a command, through TLS or to all nodes of a cluster.
        let connecting = tokio::spawn(self.clone().connect());
        match timeout(self.0.deadline, connecting).await {
            Ok(connected) => connected.unwrap_or(Err(Away::Resting)),
            Err(_) => Err(Away::Silent(self.0.deadline)),
        }
    }

    async fn connect(self) -> Result<Link, Away> {
        let connected = match timeout(CONNECTING, self.0.server.connect()).await {
            Ok(connected) => connected.map_err(Away::Failed),
            Err(_) => Err(Away::Silent(CONNECTING)),
        };
        match &connected {
            Ok(connection) => *self.state() = State::Up(connection.clone()),
            Err(away) => self.down(away),
        }
        connected
    }

    fn worked(&self) {
        if self.0.told.load(Ordering::Relaxed) && self.0.told.swap(false, Ordering::Relaxed) {
            tracing::info!("redis is back");
        }
    }

    fn failed(&self, away: &Away) {
        let is_lost = match away {
            Away::Resting => false,
            Away::Silent(_) => true,
            Away::Failed(error) => is_down(error),
        };
        if is_lost {
            self.down(away);
        } else {
            tracing::debug!(error = %away, "redis");
        }
    }

    fn down(&self, away: &Away) {
        *self.state() = State::DownUntil(Instant::now() + self.0.rest);
        if !self.0.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(error = %away, "redis is away");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a server is of no use for now. A script that it no longer knows or a wrong type does not mean that.
#[must_use]
pub fn is_down(error: &RedisError) -> bool {
    let refuses = match error.kind() {
        ErrorKind::Server(kind) => matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::TryAgain
        ),
        _ => matches!(error.code(), Some("OOM" | "NOREPLICAS" | "MISCONF")),
    };
    refuses || error.is_io_error() || error.is_timeout() || error.is_connection_dropped()
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::AtomicUsize;

    use tokio::net::TcpListener;

    use super::*;

    fn server(url: &str) -> Server {
        let access = Access::default();
        access
            .server("NOVA_X", &url.parse().unwrap(), Duration::from_secs(10))
            .unwrap()
    }

    async fn ping(redis: &Redis) -> Result<(), Away> {
        let ping = ::redis::cmd("PING");
        redis
            .run(async |connection| ping.query_async(connection).await)
            .await
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_asked_once_in_a_rest() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let accepting = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                held.push(stream);
            }
        });
        let hour = Duration::from_secs(3_600);
        let redis = Redis::new(server(&url), Duration::from_millis(50), hour);
        let first = ping(&redis).await.unwrap_err();
        assert!(!matches!(first, Away::Resting), "{first}");
        for _ in 0..10 {
            let later = ping(&redis).await.unwrap_err();
            assert!(matches!(later, Away::Resting), "{later}");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);

        tokio::time::pause();
        // Until it is given up.
        while matches!(*redis.state(), State::Connecting) {
            tokio::time::advance(CONNECTING).await;
        }
        tokio::time::advance(hour).await;
        tokio::time::resume();
        let again = ping(&redis).await.unwrap_err();
        assert!(!matches!(again, Away::Resting), "{again}");
        accepting.abort();
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_leaves_nothing_undone() {
        let redis = Redis::new(
            server("redis://127.0.0.1:1"),
            Duration::from_secs(10),
            Duration::ZERO,
        );
        // Polled once, and dropped.
        assert!(futures::FutureExt::now_or_never(ping(&redis)).is_none());
        let refused = loop {
            match ping(&redis).await.unwrap_err() {
                Away::Resting => tokio::task::yield_now().await,
                refused => break refused,
            }
        };
        assert!(matches!(refused, Away::Failed(_)), "{refused}");
    }

    #[test]
    fn a_server_that_refuses_to_write_is_down() {
        for code in ["OOM", "READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN"] {
            assert!(is_down(&answer(code)), "{code}");
        }
        for code in ["NOSCRIPT", "WRONGTYPE", "ERR"] {
            assert!(!is_down(&answer(code)), "{code}");
        }
    }

    fn answer(code: &str) -> RedisError {
        let line = format!("-{code} no\r\n");
        let value = ::redis::parse_redis_value(line.as_bytes()).unwrap();
        value.extract_error().unwrap_err()
    }
}
