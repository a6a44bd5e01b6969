//! Where files are kept.

use std::path::PathBuf;

use nova_service::config::{ConfigError, Env, Secret, Setting};
use url::Url;

const STORE: &str = "NOVA_MEDIA_STORE";
const FOLDER: &str = "file:";
const BUCKET: &str = "s3://";

/// Where files are kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In a bucket of S3, or of what speaks like it.
    Bucket(Bucket),
}

/// A bucket and how to reach it.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub(super) name: String,
    /// Put before every key; may be empty.
    pub(super) prefix: String,
    pub(super) endpoint: Option<Url>,
    pub(super) region: String,
    /// Without one whatever the machine is given by its host.
    pub(super) access_key: Option<String>,
    pub(super) secret_key: Option<Secret>,
}

/// The text of the setting.
#[derive(Debug, Clone)]
enum Given {
    Folder(PathBuf),
    Bucket { name: String, prefix: String },
}

impl Setting for Given {
    const EXPECTS: &'static str = "file:<folder> or s3://<bucket>[/<prefix>]";

    fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix(FOLDER) {
            let is_path = !path.is_empty() && !path.contains('\0');
            return is_path.then(|| Self::Folder(PathBuf::from(path)));
        }
        let rest = text.strip_prefix(BUCKET)?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = |text: &str| {
            let allowed =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            !text.is_empty() && text.bytes().all(allowed) && !matches!(text, "." | "..")
        };
        let prefix = prefix.trim_end_matches('/');
        let is_prefix = prefix.is_empty() || prefix.split('/').all(is_name);
        (is_name(name) && is_prefix).then(|| Self::Bucket {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
        })
    }
}

impl Place {
    /// Reads `NOVA_MEDIA_STORE`, and for a bucket `NOVA_MEDIA_S3_*`.
    ///
    /// # Errors
    /// When it is missing or wrong, and when of the two keys of a bucket one is given without the other.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let given = env.required(
            STORE,
            "where media are kept: file:<folder> or s3://<bucket>[/<prefix>]",
        );
        let endpoint = env.optional(
            "NOVA_MEDIA_S3_ENDPOINT",
            "address of the S3 server; unset, that of Amazon",
        )?;
        let region = env.read("NOVA_MEDIA_S3_REGION", "us-east-1", "region of the bucket")?;
        let access_key = env.optional(
            "NOVA_MEDIA_S3_ACCESS_KEY",
            "access key of the bucket; unset, what the machine is given by its host",
        )?;
        let secret_key: Option<Secret> =
            env.optional("NOVA_MEDIA_S3_SECRET_KEY", "secret key of the bucket")?;
        if access_key.is_some() != secret_key.is_some() {
            return Err(ConfigError::Invalid {
                name: "NOVA_MEDIA_S3_SECRET_KEY",
                value: "***".to_owned(),
                expects: "given together with NOVA_MEDIA_S3_ACCESS_KEY, or not at all",
            });
        }
        Ok(match given? {
            Given::Folder(folder) => Self::Folder(folder),
            Given::Bucket { name, prefix } => Self::Bucket(Bucket {
                name,
                prefix,
                endpoint,
                region,
                access_key,
                secret_key,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_folder_or_a_bucket() {
        assert!(
            matches!(Given::parse("file:/srv/media"), Some(Given::Folder(folder)) if folder.ends_with("media"))
        );
        let bucket = |text| match Given::parse(text) {
            Some(Given::Bucket { name, prefix }) => Some((name, prefix)),
            _ => None,
        };
        let is = |name: &str, prefix: &str| Some((name.to_owned(), prefix.to_owned()));
        assert_eq!(bucket("s3://nova"), is("nova", ""));
        assert_eq!(bucket("s3://nova/"), is("nova", ""));
        assert_eq!(bucket("s3://nova/media/eu"), is("nova", "media/eu"));
        for wrong in [
            "",
            "file:",
            "s3://",
            "s3:///x",
            "s3://a/../b",
            "/srv/media",
            "s3://a b",
        ] {
            assert!(Given::parse(wrong).is_none(), "{wrong}");
        }
    }
}
