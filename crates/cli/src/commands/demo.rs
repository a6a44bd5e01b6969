//! `nova demo`

use std::path::PathBuf;
use std::process::ExitCode;

use crate::api::{Api, platform_url};
use crate::demo::{PASSWORD, USERNAME, fill};
use crate::progress::Progress;

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
        let url = platform_url(self.url, &self.data);
        let progress = Progress::to_stderr();
        let added = fill(&Api::new(&url, progress.clone())?, &progress).await?;
        progress.say("demo", added);
        super::print(conversation(&url))?;
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
