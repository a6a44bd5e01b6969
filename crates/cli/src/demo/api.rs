//! The platform's HTTP API, as a patient client uses it.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response};
use serde_json::Value;

use crate::progress::Progress;

/// How often a request is made again that was one too many.
const PATIENCE: u32 = 20;
const TIMEOUT: Duration = Duration::from_secs(30);

/// The platform at one address.
pub(crate) struct Api {
    url: String,
    client: Client,
    progress: Progress,
}

/// Status and body; null for an empty one.
pub(super) struct Answer {
    pub(super) status: u16,
    body: Value,
    what: String,
}

impl Api {
    pub(crate) fn new(url: &str, progress: Progress) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Self {
            url: url.to_owned(),
            client,
            progress,
        })
    }

    /// One request. When it is one too many it waits for as long as the platform says.
    pub(super) async fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        for _ in 0..PATIENCE {
            let mut request = self
                .client
                .request(method.parse()?, format!("{}{path}", self.url));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await.with_context(|| {
                format!(
                    "no platform answers at {}: start one with `nova up`, or give --url",
                    self.url
                )
            })?;
            let Some(wait) = asked_to_wait(&response) else {
                let status = response.status().as_u16();
                let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
                return Ok(Answer {
                    status,
                    body,
                    what: format!("{method} {path}"),
                });
            };
            self.progress.say(
                "demo",
                format_args!("asked to wait for {} s", wait.as_secs()),
            );
            tokio::time::sleep(wait).await;
        }
        bail!("{method} {path} is still too many")
    }
}

fn asked_to_wait(response: &Response) -> Option<Duration> {
    if response.status().as_u16() != 429 {
        return None;
    }
    let seconds = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    Some(Duration::from_secs(seconds.unwrap_or(1)))
}

impl Answer {
    /// The body, when the status is the expected one.
    pub(super) fn expect(self, status: u16) -> anyhow::Result<Value> {
        if self.status != status {
            let detail = self.body["detail"].as_str().unwrap_or("no detail");
            bail!("{} was answered with {}: {detail}", self.what, self.status);
        }
        Ok(self.body)
    }
}
