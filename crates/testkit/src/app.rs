//! A service that runs inside the test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nova_service::{Bound, Env, Platform};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::http::{Judge, Request};

/// Tasks that block a thread get this long to end after everything else has.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// A service that runs inside the test, on threads of its own. Clones talk to the same one.
#[derive(Clone)]
pub struct App {
    /// `http://127.0.0.1:port`, without a slash at the end.
    pub base_url: String,
    client: reqwest::Client,
    judge: Judge,
    stop: CancellationToken,
    kill: CancellationToken,
    thread: Arc<Mutex<Option<Thread>>>,
}

type Thread = JoinHandle<anyhow::Result<()>>;

impl App {
    /// Starts it with these settings and waits until it has an address.
    pub(crate) async fn start<F>(env: Env, assemble: F) -> Self
    where
        F: AsyncFnOnce(&mut Env) -> anyhow::Result<Platform> + Send + 'static,
    {
        let (stop, kill) = (CancellationToken::new(), CancellationToken::new());
        let (bound, address) = oneshot::channel();
        let ends = (stop.clone(), kill.clone());
        let thread = std::thread::spawn(move || run(env, assemble, bound, ends));
        let Ok(address) = address.await else {
            join(thread).await;
            panic!("the service ended before it had an address");
        };
        Self {
            base_url: format!("http://{address}"),
            client: client(),
            judge: |_, _, _| {},
            stop,
            kill,
            thread: Arc::new(Mutex::new(Some(thread))),
        }
    }

    /// The same one over connections of its own. They belong to the runtime that opens them, so tests
    /// that share an app each need theirs.
    #[must_use]
    pub fn reconnected(&self) -> Self {
        Self {
            client: client(),
            ..self.clone()
        }
    }

    /// The same one, with a judge of all its answers.
    #[must_use]
    pub fn judged(self, judge: Judge) -> Self {
        Self { judge, ..self }
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A POST request.
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// A PUT request.
    pub fn put(&self, path: &str) -> Request {
        self.request("PUT", path)
    }

    /// A PATCH request.
    pub fn patch(&self, path: &str) -> Request {
        self.request("PATCH", path)
    }

    /// A DELETE request.
    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }

    /// A request of any method; the path begins with a slash and may have a query.
    ///
    /// # Panics
    /// When that is no method.
    pub fn request(&self, method: &str, path: &str) -> Request {
        let method = method.parse().expect("a method");
        let url = format!("{}{path}", self.base_url);
        Request::new(self.client.request(method, url), self.judge)
    }

    /// Stops it in order. Stopping it again does nothing.
    ///
    /// # Panics
    /// When it does not stop in order, or had ended by itself.
    pub async fn stop(&self) {
        self.end(&self.stop).await;
    }

    /// Ends it where it is, as a crash would: requests are cut off, nothing is drained.
    ///
    /// # Panics
    /// When it had ended by itself.
    pub async fn kill(&self) {
        self.end(&self.kill).await;
    }

    async fn end(&self, how: &CancellationToken) {
        how.cancel();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            join(thread).await;
        }
    }
}

/// A runtime of its own, so that a kill leaves no task behind and a test's runtime no service.
fn run<F>(
    env: Env,
    assemble: F,
    report: oneshot::Sender<SocketAddr>,
    (stop, kill): (CancellationToken, CancellationToken),
) -> anyhow::Result<()>
where
    F: AsyncFnOnce(&mut Env) -> anyhow::Result<Platform>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(kill.run_until_cancelled(async {
        let bound = bind(env, assemble).await?;
        // The test may be gone already.
        report.send(bound.address()).ok();
        bound.run(stop).await
    }));
    match outcome {
        Some(outcome) => {
            runtime.shutdown_timeout(LAST_GRACE);
            outcome
        }
        None => {
            runtime.shutdown_background();
            Ok(())
        }
    }
}

async fn bind<F>(mut env: Env, assemble: F) -> anyhow::Result<Bound>
where
    F: AsyncFnOnce(&mut Env) -> anyhow::Result<Platform>,
{
    assemble(&mut env).await?.bind().await
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client")
}

async fn join(thread: Thread) {
    let joined = tokio::task::spawn_blocking(|| thread.join())
        .await
        .expect("the thread is waited for");
    if let Err(error) = joined.expect("the service does not panic") {
        panic!("the service failed: {error:#}");
    }
}
