//! The settings of media; those of the platform are read where they are used.

use std::path::PathBuf;
use std::time::Duration;

use nova_media_files::Limits;
use nova_service::config::{ConfigError, Env, Setting};
use nova_service::idempotency;
use url::Url;

use crate::clients::{Place, Posters};
use crate::domain::Allowance;

/// How media is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// `NOVA_IDEMPOTENCY_TTL`: how long an Idempotency-Key is remembered.
    pub idempotency_ttl: Duration,
    /// `NOVA_MEDIA_STORE`: where files are kept.
    pub place: Place,
    /// `NOVA_MEDIA_SCRATCH`: where files are while they are read.
    pub scratch: Option<PathBuf>,
    /// `NOVA_MEDIA_FFMPEG`: what takes posters of videos.
    pub posters: Posters,
    /// `NOVA_MEDIA_URL`: put before the paths of files; empty for none.
    pub url: LinkStart,
    /// `NOVA_MEDIA_LINK_TTL`: a link is good for more than once and at most twice as long.
    pub link_ttl: Duration,
    /// `NOVA_MEDIA_UNCLAIMED_TTL`: how long a file waits for a post.
    pub unclaimed_ttl: Duration,
    /// `NOVA_MEDIA_UPLOAD_TTL`: how long a file may take to come.
    pub upload_ttl: Duration,
    /// How much one may have.
    pub allowance: Allowance,
    /// `NOVA_MEDIA_UPLOADS`: how many one may begin in 10 minutes.
    pub uploads: u32,
    /// What files may be.
    pub limits: Limits,
}

/// What links begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkStart(String);

impl LinkStart {
    /// Without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for LinkStart {
    const EXPECTS: &'static str = "an http or https address without query and fragment";

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let url = Url::parse(text).ok()?;
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty();
        is_plain.then(|| Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first that is missing or wrong, by name.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let limits = limits(env)?;
        let allowance = Allowance {
            unclaimed: env.read(
                "NOVA_MEDIA_UNCLAIMED_LIMIT",
                "100",
                "most files of a user that wait for a post",
            )?,
            bytes: env.read(
                "NOVA_MEDIA_BYTES_LIMIT",
                "10737418240",
                "most bytes of all files of a user",
            )?,
        };
        let scratch: Option<String> = env.optional(
            "NOVA_MEDIA_SCRATCH",
            "folder for files while they are read; unset, that of the system",
        )?;
        Ok(Self {
            idempotency_ttl: idempotency::read_ttl(env)?,
            scratch: scratch.map(PathBuf::from),
            posters: env.read(
                "NOVA_MEDIA_FFMPEG",
                "ffmpeg",
                "program that takes posters of videos, by its name or path; `off` for none",
            )?,
            url: env.read(
                "NOVA_MEDIA_URL",
                "",
                "what links to files begin with, e.g. https://cdn.example; unset, they are paths",
            )?,
            link_ttl: env.read(
                "NOVA_MEDIA_LINK_TTL",
                "1h",
                "a link to a file is good for more than once and at most twice as long",
            )?,
            unclaimed_ttl: env.read(
                "NOVA_MEDIA_UNCLAIMED_TTL",
                "1h",
                "how long a file is kept that no post shows",
            )?,
            upload_ttl: env.read(
                "NOVA_MEDIA_UPLOAD_TTL",
                "24h",
                "how long a file may take to come whole",
            )?,
            uploads: env.read(
                "NOVA_MEDIA_UPLOADS",
                "60",
                "most files that a user may begin to upload in 10 minutes",
            )?,
            allowance,
            limits,
            place: Place::read(env)?,
        })
    }
}

fn limits(env: &mut Env) -> Result<Limits, ConfigError> {
    Ok(Limits {
        image_bytes: env.read(
            "NOVA_MEDIA_IMAGE_LIMIT",
            "20971520",
            "most bytes of a picture",
        )?,
        audio_bytes: env.read(
            "NOVA_MEDIA_AUDIO_LIMIT",
            "52428800",
            "most bytes of a sound",
        )?,
        video_bytes: env.read(
            "NOVA_MEDIA_VIDEO_LIMIT",
            "209715200",
            "most bytes of a video",
        )?,
        pixels: env.read("NOVA_MEDIA_PIXELS", "50000000", "most pixels of a picture")?,
        side: env.read(
            "NOVA_MEDIA_SIDE",
            "16384",
            "most pixels of a side of a picture or video",
        )?,
        frames: env.read(
            "NOVA_MEDIA_FRAMES",
            "500",
            "most frames of a picture that moves",
        )?,
        duration: env.read(
            "NOVA_MEDIA_DURATION",
            "1h",
            "how long sound or video may play",
        )?,
        ..Limits::default()
    })
}
