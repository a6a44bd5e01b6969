//! The store of files, as it is seen from outside.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use futures::TryStreamExt as _;
use object_store::ObjectStore as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};

use crate::services::Settings;

/// What there is: by folder, the names of files in it and how many bytes they have.
pub(super) type Listed = BTreeMap<String, BTreeMap<String, u64>>;

/// Where replicas keep files.
pub(super) enum Store {
    Folder(PathBuf),
    Bucket(Bucket),
}

/// A bucket of the server that `NOVA_TEST_S3` names, `http://key:secret@host:port/bucket`.
pub(super) struct Bucket {
    pub(super) host: String,
    name: String,
    prefix: String,
    key: String,
    secret: String,
    /// Past everything that may fail.
    straight: AmazonS3,
}

impl Store {
    /// A piece of an upload has so many bytes at most.
    pub(super) const fn piece_bytes(&self) -> u64 {
        match self {
            Self::Folder(_) => 16 << 20,
            Self::Bucket(_) => 5 << 20,
        }
    }

    /// Everything that is there, also what is half written.
    pub(super) async fn list(&self) -> anyhow::Result<Listed> {
        match self {
            Self::Folder(folder) => list_folder(folder),
            Self::Bucket(bucket) => bucket.list().await,
        }
    }
}

fn list_folder(root: &Path) -> anyhow::Result<Listed> {
    let mut listed = Listed::new();
    for folder in fs::read_dir(root)? {
        let folder = folder?;
        // One that goes meanwhile is gone.
        let Ok(entries) = fs::read_dir(folder.path()) else {
            continue;
        };
        let files = entries.flatten().filter_map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            Some((name, file.metadata().ok()?.len()))
        });
        let name = folder.file_name().to_string_lossy().into_owned();
        listed.insert(name, files.collect());
    }
    Ok(listed)
}

impl Bucket {
    /// The one that is named, with keys of this run only; `None` if none is.
    pub(super) fn named(prefix: &str) -> anyhow::Result<Option<Self>> {
        let given = std::env::var("NOVA_TEST_S3").unwrap_or_default();
        if given.is_empty() {
            return Ok(None);
        }
        let parts = || {
            let (keys, place) = given.strip_prefix("http://")?.split_once('@')?;
            Some((keys.split_once(':')?, place.split_once('/')?))
        };
        let ((key, secret), (host, name)) = parts().context("NOVA_TEST_S3 names no bucket")?;
        let straight = AmazonS3Builder::new()
            .with_endpoint(format!("http://{host}"))
            .with_region("us-east-1")
            .with_allow_http(true)
            .with_bucket_name(name)
            .with_access_key_id(key)
            .with_secret_access_key(secret)
            .build()?;
        Ok(Some(Self {
            host: host.to_owned(),
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            key: key.to_owned(),
            secret: secret.to_owned(),
            straight,
        }))
    }

    /// What leads replicas there, through the server at `host:port`.
    pub(super) fn settings(&self, through: &str) -> Settings {
        vec![
            (
                "NOVA_MEDIA_STORE",
                format!("s3://{}/{}", self.name, self.prefix),
            ),
            ("NOVA_MEDIA_S3_ENDPOINT", format!("http://{through}")),
            ("NOVA_MEDIA_S3_ACCESS_KEY", self.key.clone()),
            ("NOVA_MEDIA_S3_SECRET_KEY", self.secret.clone()),
        ]
    }

    async fn list(&self) -> anyhow::Result<Listed> {
        let prefix = self.prefix.as_str().into();
        let objects = self.straight.list(Some(&prefix));
        let objects: Vec<_> = objects.try_collect().await?;
        let mut listed = Listed::new();
        for object in objects {
            let path = object.location.to_string();
            let inner = path.strip_prefix(&format!("{}/", self.prefix));
            let (folder, name) = inner
                .and_then(|inner| inner.split_once('/'))
                .context(path.clone())?;
            let files = listed.entry(folder.to_owned()).or_default();
            files.insert(name.to_owned(), object.size);
        }
        Ok(listed)
    }
}
