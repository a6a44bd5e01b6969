//! `nova demo`

use std::path::PathBuf;
use std::process::ExitCode;

use crate::demo::{Api, PASSWORD, USERNAME, fill};
use crate::progress::Progress;
use crate::running::Running;

const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// Fills a running platform with users, follows, posts and pictures, and prints a login
///
/// Running it again adds only what is missing.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Where the platform is; a running `nova up` is found by itself
    #[arg(long)]
    url: Option<String>,
    /// Data folder of the running platform
    #[arg(long, default_value = ".nova")]
    data: PathBuf,
}

impl Demo {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let running = || Running::find(&self.data).map(|running| running.url);
        let url = self
            .url
            .clone()
            .or_else(running)
            .unwrap_or_else(|| DEFAULT_URL.to_owned());
        let url = url.trim_end_matches('/');
        let progress = Progress::to_stderr();
        let added = fill(&Api::new(url, progress.clone())?, &progress).await?;
        progress.say("demo", added);
        super::print(conversation(url))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn conversation(url: &str) -> String {
    format!(
        r#"
Sign in as {USERNAME} with the password {PASSWORD}, for example:

  token=$(curl -s {url}/v1/auth/login -H 'content-type: application/json' \
    -d '{{"username":"{USERNAME}","password":"{PASSWORD}"}}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -s {url}/v1/feed -H "authorization: bearer $token"

Everything else that can be asked: {url}/docs"#
    )
}
