//! The platform's HTTP API, as a patient client uses it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::progress::Progress;
use crate::running::Running;

/// How often a request is made again that was one too many.
const PATIENCE: u32 = 20;
const TIMEOUT: Duration = Duration::from_secs(30);

/// Stands between the parts of a form, and is nowhere in one.
const BOUNDARY: &str = "nova-demo-part";

/// Where a platform is that nobody has said anything about.
const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// The platform at one address.
pub(crate) struct Api {
    url: String,
    client: Client,
    progress: Progress,
}

/// Status and body; null for an empty one.
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Value,
    what: String,
}

/// Someone who is signed in.
pub(crate) struct Session {
    /// The user's id.
    pub(crate) id: String,
    /// An access token.
    pub(crate) token: String,
    /// Whether there was no such user before.
    pub(crate) is_new: bool,
}

/// The address of the platform: as was said, or that of the one that runs on this data folder.
pub(crate) fn platform_url(said: Option<String>, data: &Path) -> String {
    let running = || Running::find(data).map(|running| running.url);
    let url = said.or_else(running);
    let url = url.unwrap_or_else(|| DEFAULT_URL.to_owned());
    url.trim_end_matches('/').to_owned()
}

/// What a link has opened.
pub(crate) struct Opened {
    /// As `Content-Type` says.
    pub(crate) media_type: String,
    /// Bytes.
    pub(crate) size: usize,
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

    /// One request, with JSON if there is a body.
    ///
    /// # Errors
    /// When no platform answers, or none but that it was one too many.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = self.request(method, path)?;
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request, format!("{method} {path}")).await
    }

    /// Signs somebody in, who is registered if nobody has this name.
    ///
    /// # Errors
    /// As [`Self::call`], and when the name is somebody's with another password.
    pub(crate) async fn sign_in(
        &self,
        username: &str,
        display_name: &str,
        password: &str,
    ) -> anyhow::Result<Session> {
        let login = json!({ "username": username, "password": password });
        let registration = json!({
            "username": username,
            "email": format!("{username}@example.com"),
            "password": password,
            "display_name": display_name,
        });
        let mut answer = self.post("/v1/auth/login", &login).await?;
        let mut is_new = false;
        if answer.status == 401 {
            answer = self.post("/v1/auth/register", &registration).await?;
            is_new = answer.status == 201;
            if answer.status == 409 {
                // Somebody may have done so at the same moment, with the same password.
                answer = self.post("/v1/auth/login", &login).await?;
            }
            if answer.status == 401 {
                bail!("{username} exists already, with another password");
            }
        }
        let session = answer.expect(if is_new { 201 } else { 200 })?;
        Ok(Session {
            id: text(&session["user"]["id"])?,
            token: text(&session["access_token"])?,
            is_new,
        })
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.call("POST", path, None, Some(body)).await
    }

    /// Uploads a picture; `alt` is told to who does not see it.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub(crate) async fn upload(
        &self,
        token: &str,
        alt: &str,
        picture: &[u8],
    ) -> anyhow::Result<Answer> {
        let path = "/v1/media";
        let form_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = self
            .request("POST", path)?
            .bearer_auth(token)
            .header(CONTENT_TYPE, form_type)
            .body(form(alt, picture));
        self.answer(request, format!("POST {path}")).await
    }

    /// Opens a link as anybody may who has it: without a token.
    ///
    /// # Errors
    /// As [`Self::call`], and when the link opens nothing.
    pub(crate) async fn open(&self, link: &str) -> anyhow::Result<Opened> {
        let response = self.send(self.request("GET", link)?, link).await?;
        let status = response.status().as_u16();
        if status != 200 {
            bail!("{link} was answered with {status}");
        }
        let media_type = response.headers().get(CONTENT_TYPE);
        let media_type = media_type.context("a file without a media type")?;
        Ok(Opened {
            media_type: media_type.to_str()?.to_owned(),
            size: response.bytes().await?.len(),
        })
    }

    /// Of a path of the platform, or of a link to elsewhere: media may lie behind an address of their own.
    pub(crate) fn request(&self, method: &str, link: &str) -> anyhow::Result<RequestBuilder> {
        let url = if link.starts_with('/') {
            format!("{}{link}", self.url)
        } else {
            link.to_owned()
        };
        Ok(self.client.request(method.parse()?, url))
    }

    async fn answer(&self, request: RequestBuilder, what: String) -> anyhow::Result<Answer> {
        let response = self.send(request, &what).await?;
        Ok(Answer {
            status: response.status().as_u16(),
            body: serde_json::from_slice(&response.bytes().await?).unwrap_or_default(),
            what,
        })
    }

    /// When it is one too many it waits for as long as the platform says.
    async fn send(&self, request: RequestBuilder, what: &str) -> anyhow::Result<Response> {
        for _ in 0..PATIENCE {
            let request = request
                .try_clone()
                .context("a body that is sent only once")?;
            let response = request.send().await.with_context(|| {
                format!(
                    "no platform answers at {}: start one with `nova up`, or give --url",
                    self.url
                )
            })?;
            let Some(wait) = asked_to_wait(&response) else {
                return Ok(response);
            };
            self.progress.say(
                "demo",
                format_args!("asked to wait for {} s", wait.as_secs()),
            );
            tokio::time::sleep(wait).await;
        }
        bail!("{what} is still too many")
    }
}

/// A text in an answer.
///
/// # Errors
/// When it is none.
pub(crate) fn text(value: &Value) -> anyhow::Result<String> {
    Ok(value
        .as_str()
        .context("a text is missing in an answer")?
        .to_owned())
}

/// What is said of the file comes before it, as the platform wants it.
fn form(alt: &str, picture: &[u8]) -> Vec<u8> {
    let before = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"alt\"\r\n\r\n{alt}\r\n\
         --{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"picture.png\"\r\n\r\n"
    );
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    [before.as_bytes(), picture, after.as_bytes()].concat()
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
    pub(crate) fn expect(self, status: u16) -> anyhow::Result<Value> {
        if self.status != status {
            let detail = self.body["detail"].as_str().unwrap_or("no detail");
            bail!("{} was answered with {}: {detail}", self.what, self.status);
        }
        Ok(self.body)
    }
}
