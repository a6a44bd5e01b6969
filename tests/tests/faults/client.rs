//! A client that asks until it is answered, and knows when it must be answered at once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::patience::PATIENCE;

/// Between two tries of the same request.
const PAUSE: Duration = Duration::from_millis(50);
/// The platform itself answers 503 after 15 s.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A request that can be sent again.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    token: Option<String>,
    key: Option<String>,
    body: Option<Value>,
}

impl Request {
    pub(crate) fn new(method: &'static str, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            token: None,
            key: None,
            body: None,
        }
    }

    /// With an access token.
    pub(crate) fn by(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// With an `Idempotency-Key`.
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        match &self.key {
            Some(key) => write!(f, " with key {key}"),
            None => Ok(()),
        }
    }
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {self}"))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

/// Asks the platform.
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    weather: Weather,
    /// Requests that changed something and were answered so.
    writes: AtomicU64,
    /// How often a request was not answered as it should, by what came instead.
    trouble: Mutex<BTreeMap<String, u64>>,
}

impl Client {
    pub(crate) fn of(url: &str) -> anyhow::Result<Self> {
        Self::impatient(url, TIMEOUT)
    }

    /// One that waits so long for an answer, and no longer.
    pub(crate) fn impatient(url: &str, timeout: Duration) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(timeout)
            .build()?;
        let (url, weather) = (url.to_owned(), Weather::default());
        Ok(Self {
            http,
            url,
            weather,
            writes: AtomicU64::new(0),
            trouble: Mutex::default(),
        })
    }

    pub(crate) const fn weather(&self) -> &Weather {
        &self.weather
    }

    /// Sends it once: an answer with an accepted status, or none.
    ///
    /// # Errors
    /// When the platform says that the request is wrong, or does not answer as it should although it could.
    pub(crate) async fn attempt(
        &self,
        request: &Request,
        accepted: &[u16],
    ) -> anyhow::Result<Option<Answer>> {
        let before = self.weather.spell();
        let instead = match self.send(request).await {
            Ok(answer) if accepted.contains(&answer.status) => {
                if request.method != "GET" {
                    self.writes.fetch_add(1, Ordering::Relaxed);
                }
                return Ok(Some(answer));
            }
            Ok(answer) => {
                let its_own_fault = answer.status >= 500 || answer.status == 429;
                ensure!(its_own_fault, "{request} was refused: {answer}");
                self.count(&answer.status.to_string());
                answer.to_string()
            }
            Err(error) => {
                self.count("no answer");
                format!("no answer ({error:#})")
            }
        };
        let felt_it_in_fair_weather = before.is_some() && before == self.weather.spell();
        ensure!(
            !felt_it_in_fair_weather,
            "no request was to feel what was at fault, but {request} got {instead}"
        );
        Ok(None)
    }

    /// Sends it until it is answered with an accepted status; after a try that may have taken effect
    /// unseen, those of `in_doubt` are accepted as well.
    ///
    /// # Errors
    /// Those of [`Self::attempt`], and when there is no such answer in time.
    pub(crate) async fn persist(
        &self,
        request: &Request,
        accepted: &[u16],
        in_doubt: &[u16],
    ) -> anyhow::Result<Answer> {
        let deadline = Instant::now() + PATIENCE;
        let mut accepted = accepted.to_vec();
        loop {
            if let Some(answer) = self.attempt(request, &accepted).await? {
                return Ok(answer);
            }
            if Instant::now() >= deadline {
                bail!("within {PATIENCE:?} there was no answer to {request}");
            }
            accepted.extend(in_doubt);
            sleep(PAUSE).await;
        }
    }

    /// Whether the platform says that it and everything it depends on is well; else what it says.
    pub(crate) async fn is_ready(&self) -> Result<(), String> {
        let page = self.send(&Request::new("GET", "/health/ready")).await;
        let page = page.map_err(|error| format!("{error:#}"))?;
        let is_ready =
            page.status == 200 && page.json().is_ok_and(|json| json["status"] == "ready");
        if is_ready {
            Ok(())
        } else {
            Err(page.to_string())
        }
    }

    /// Whether the platform says that it cannot work; else what it says.
    pub(crate) async fn is_unready(&self) -> Result<(), String> {
        let page = self.send(&Request::new("GET", "/health/ready")).await;
        let page = page.map_err(|error| format!("{error:#}"))?;
        let is_unready =
            page.status == 503 && page.json().is_ok_and(|json| json["status"] == "unready");
        if is_unready {
            Ok(())
        } else {
            Err(page.to_string())
        }
    }

    async fn send(&self, request: &Request) -> reqwest::Result<Answer> {
        let method = request.method.parse().unwrap_or_default();
        let mut sent = self
            .http
            .request(method, format!("{}{}", self.url, request.path));
        if let Some(token) = &request.token {
            sent = sent.bearer_auth(token);
        }
        if let Some(key) = &request.key {
            sent = sent.header("Idempotency-Key", key);
        }
        if let Some(body) = &request.body {
            sent = sent.json(body);
        }
        let response = sent.send().await?;
        let status = response.status().as_u16();
        Ok(Answer {
            status,
            body: response.bytes().await?.to_vec(),
        })
    }

    fn count(&self, trouble: &str) {
        let mut counts = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(trouble.to_owned()).or_default() += 1;
    }

    /// How many requests that change something have been answered so.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// What came instead of an answer, and how often: `503 x 12, no answer x 40`.
    pub(crate) fn trouble(&self) -> String {
        let counts = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let each: Vec<String> = counts
            .iter()
            .map(|(what, count)| format!("{what} x {count}"))
            .collect();
        if each.is_empty() {
            "none".to_owned()
        } else {
            each.join(", ")
        }
    }
}

/// Whether requests may fail. Fair weather comes in spells: only what begins and ends in the same one has
/// seen nothing else.
#[derive(Debug, Default)]
pub(crate) struct Weather(AtomicU64);

impl Weather {
    /// From now on nothing is at fault that a request needs.
    pub(crate) fn clear_up(&self) {
        if self.spell().is_none() {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// From now on requests may fail.
    pub(crate) fn turn_bad(&self) {
        if self.spell().is_some() {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Which spell of fair weather it is, if it is one.
    pub(crate) fn spell(&self) -> Option<u64> {
        Some(self.0.load(Ordering::SeqCst)).filter(|turns| turns % 2 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_spells_of_fair_weather_are_the_same() {
        let weather = Weather::default();
        assert_eq!(weather.spell(), None);
        weather.clear_up();
        let first = weather.spell();
        assert!(first.is_some());
        weather.clear_up();
        assert_eq!(weather.spell(), first);
        weather.turn_bad();
        weather.turn_bad();
        assert_eq!(weather.spell(), None);
        weather.clear_up();
        assert!(weather.spell().is_some_and(|second| Some(second) != first));
    }
}
