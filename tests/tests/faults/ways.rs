//! The network between clients and both replicas.

use std::time::Duration;

use anyhow::{Context, bail};
use nova_testkit::Proxy;
use tokio::time::{Instant, sleep};

use crate::client::{Answer, Client, Request};
use crate::patience::PATIENCE;
use crate::replicas::Replicas;

/// Between two tries of the same request.
const PAUSE: Duration = Duration::from_millis(100);
/// Who hears nothing for so long asks elsewhere.
const TIMEOUT: Duration = Duration::from_secs(6);

/// A way to each replica.
pub(crate) struct Ways {
    proxies: [Proxy; 2],
    urls: [String; 2],
    clients: [Client; 2],
}

impl Ways {
    pub(crate) async fn to(replicas: &Replicas) -> anyhow::Result<Self> {
        let proxies = [
            Proxy::to(replicas.address(0)).await,
            Proxy::to(replicas.address(1)).await,
        ];
        let urls = proxies.each_ref().map(Proxy::address);
        let urls = urls.map(|address| format!("http://{address}"));
        let clients = [
            Client::impatient(&urls[0], TIMEOUT)?,
            Client::impatient(&urls[1], TIMEOUT)?,
        ];
        Ok(Self {
            proxies,
            urls,
            clients,
        })
    }

    /// `http://host:port`
    pub(crate) fn url(&self, node: usize) -> &str {
        &self.urls[node % 2]
    }

    pub(crate) fn proxy(&self, node: usize) -> &Proxy {
        &self.proxies[node % 2]
    }

    /// Asks one replica and the other until one answers with an accepted status.
    ///
    /// # Errors
    /// When one says that the request is wrong, and when there is no answer in time.
    pub(crate) async fn ask(
        &self,
        mut node: usize,
        request: &Request,
        accepted: &[u16],
    ) -> anyhow::Result<Answer> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let tried = self.clients[node % 2].attempt(request, accepted).await;
            if let Some(answer) = tried.context("by way of a proxy")? {
                return Ok(answer);
            }
            if Instant::now() >= deadline {
                bail!("within {PATIENCE:?} there was no answer to {request}");
            }
            node += 1;
            sleep(PAUSE).await;
        }
    }

    /// What came instead of answers.
    pub(crate) fn trouble(&self) -> String {
        let [one, other] = self.clients.each_ref().map(Client::trouble);
        format!("{one}; {other}")
    }
}
