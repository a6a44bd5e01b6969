//! What the rules look at: the files of the repository and the packages of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand};

/// Folders that nobody wrote by hand.
const NOT_OURS: &[&str] = &[".git", ".nova", "node_modules", "target"];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of each file by its path from the root, `services/feed/src/lib.rs`. No text where there is none.
pub(crate) struct Files(BTreeMap<String, String>);

impl Files {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        collect(&root(), "", &mut files)?;
        Ok(Self(files))
    }

    pub(crate) fn planted(files: &[(&str, &str)]) -> Self {
        Self(
            files
                .iter()
                .map(|&(path, text)| (path.to_owned(), text.to_owned()))
                .collect(),
        )
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(path, _)| path.ends_with(".rs"))
    }

    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Names of the folders in services/.
    pub(crate) fn services(&self) -> BTreeSet<&str> {
        self.iter()
            .filter_map(|(path, _)| Some(path.strip_prefix("services/")?.split_once('/')?.0))
            .collect()
    }
}

fn collect(folder: &Path, path: &str, files: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{path} cannot be listed"))? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .ok()
            .context("a name that is not UTF-8")?;
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            collect(&entry.path(), &path, files)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).with_context(|| format!("{path} cannot be read"))?;
            files.insert(path, String::from_utf8(bytes).unwrap_or_default());
        }
    }
    Ok(())
}

/// A member of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// From the root: `crates/ids`.
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// What a member's manifest asks for, whatever the platform.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Whether it is one of the dev-dependencies.
    pub(crate) dev: bool,
}

impl Package {
    pub(crate) fn planted(folder: &str, dependencies: &[&str]) -> Self {
        let name = format!("nova-{}", folder.rsplit('/').next().unwrap_or(folder));
        Self {
            name,
            folder: folder.to_owned(),
            dependencies: Vec::new(),
        }
        .with(dependencies, false)
    }

    pub(crate) fn with(mut self, dependencies: &[&str], dev: bool) -> Self {
        let added = dependencies.iter().map(|&name| Dependency {
            name: name.to_owned(),
            dev,
        });
        self.dependencies.extend(added);
        self
    }
}

/// Every member of the workspace, as `cargo metadata` tells it.
pub(crate) fn packages() -> anyhow::Result<Vec<Package>> {
    let metadata = MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .exec()?;
    let package = |package: cargo_metadata::Package| {
        let folder = package
            .manifest_path
            .parent()
            .context("a manifest without a folder")?;
        let folder = folder.strip_prefix(&metadata.workspace_root)?.to_string();
        let dependencies = package
            .dependencies
            .into_iter()
            .map(|dependency| Dependency {
                name: dependency.name,
                dev: dependency.kind == DependencyKind::Development,
            });
        Ok(Package {
            name: package.name.to_string(),
            folder,
            dependencies: dependencies.collect(),
        })
    };
    metadata.packages.into_iter().map(package).collect()
}

#[test]
fn what_the_rules_look_at_is_there() -> anyhow::Result<()> {
    let files = Files::read()?;
    let packages = packages()?;
    for service in nova_cli::platform::SERVICES {
        assert!(files.services().contains(service));
        assert!(
            packages
                .iter()
                .any(|package| package.folder == format!("services/{service}"))
        );
    }
    assert!(files.rust().any(|(path, text)| path == file!() && text.contains("what_the_rules_look_at_is_there")));
    assert!(packages.iter().any(|package| {
        package
            .dependencies
            .iter()
            .any(|dependency| dependency.name == "sqlx")
    }));
    assert!(!files.iter().any(|(path, _)| path.starts_with("target/")));
    Ok(())
}
