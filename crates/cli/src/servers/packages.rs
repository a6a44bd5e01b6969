//! The programs that the servers need, and the Debian packages that bring them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where Debian puts one folder per major version of Postgres, outside of the PATH.
const POSTGRES_HOMES: &str = "/usr/lib/postgresql";

/// Something that the servers need and that is not there.
#[derive(Debug, thiserror::Error)]
#[error(
    "not installed: {}\n  install what is missing with: {}",
    list(packages),
    command(packages)
)]
pub struct Missing {
    /// Names of Debian packages, sorted.
    pub packages: Vec<&'static str>,
}

fn list(packages: &[&str]) -> String {
    packages.join(", ")
}

fn command(packages: &[&str]) -> String {
    let sudo = if rustix::process::geteuid().is_root() {
        ""
    } else {
        "sudo "
    };
    format!("{sudo}apt-get install -y {}", packages.join(" "))
}

impl Missing {
    /// Fails when any of `needed` (program found or not, its package) was not found.
    pub(super) fn check(needed: &[(bool, &'static str)]) -> Result<(), Self> {
        let absent: BTreeSet<_> = needed
            .iter()
            .filter(|(found, _)| !found)
            .map(|&(_, package)| package)
            .collect();
        if absent.is_empty() {
            return Ok(());
        }
        Err(Self {
            packages: absent.into_iter().collect(),
        })
    }
}

/// A program of the PATH.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_in(&path, program)
}

fn find_in(path: &OsStr, program: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .map(|folder| folder.join(program))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Folders with the programs of Postgres, newest version first; the one of the PATH last.
pub(super) fn postgres_folders() -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(POSTGRES_HOMES)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let in_path = find("initdb").and_then(|initdb| initdb.canonicalize().ok());
    let in_path = in_path.and_then(|initdb| initdb.parent().map(Path::to_owned));
    let all = versions
        .into_iter()
        .map(|(_, folder)| folder)
        .chain(in_path);
    all.filter(|folder| {
        ["initdb", "postgres"]
            .iter()
            .all(|name| is_program(&folder.join(name)))
    })
    .collect()
}

/// The Java that runs Kafka: the one of `JAVA_HOME`, else of the PATH.
pub(super) fn java() -> Option<PathBuf> {
    let home = std::env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
    home.filter(|java| is_program(java))
        .or_else(|| find("java"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_one_line_to_type_and_names_each_package_once() {
        let needed = [
            (false, "redis-server"),
            (true, "maven"),
            (false, "postgresql"),
            (false, "redis-server"),
        ];
        let missing = Missing::check(&needed).unwrap_err();
        assert_eq!(missing.packages, ["postgresql", "redis-server"]);
        assert!(
            missing
                .to_string()
                .ends_with("apt-get install -y postgresql redis-server")
        );
    }

    #[test]
    fn only_executable_files_of_the_path_are_programs() {
        assert!(find_in(OsStr::new("/nowhere:/bin"), "sh").is_some());
        assert!(find_in(OsStr::new("/etc"), "passwd").is_none());
    }
}
