//! `nova chat`

use std::path::PathBuf;
use std::process::ExitCode;

use crate::api::{Api, platform_url};
use crate::chat::Talk;
use crate::demo::PASSWORD;
use crate::progress::Progress;

/// Talks with somebody: what is typed is sent, line by line, and what they say is printed
///
/// Who is not there yet is registered, with the password of the demo. It ends with the input, once all of it
/// has been taken; a platform that is away is waited for.
#[derive(clap::Args)]
pub(crate) struct Chat {
    /// Who talks, by username
    #[arg(long = "as")]
    me: String,
    /// With whom, by username
    with: String,
    /// Of who talks
    #[arg(long, env = "NOVA_CHAT_PASSWORD", default_value = PASSWORD, hide_default_value = true)]
    password: String,
    /// Where the platform is; a running `nova up` is found by itself
    #[arg(long)]
    url: Option<String>,
    /// Data folder of the running platform
    #[arg(long, default_value = ".nova")]
    data: PathBuf,
}

impl Chat {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let progress = Progress::to_stderr();
        let api = Api::new(&platform_url(self.url, &self.data), progress.clone())?;
        let talk = Talk::begin(api, &self.me, &self.password, &self.with, progress);
        talk.await?.hold().await?;
        Ok(ExitCode::SUCCESS)
    }
}
