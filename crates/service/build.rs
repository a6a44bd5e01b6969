//! Notes the commit that is built, for the build's id (`src/build.rs`): of releases alone, because whoever develops
//! builds more often than they commit, and everything above this crate would be built anew with each commit.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=BUILD_COMMIT");
    println!("cargo:rerun-if-changed=build.rs");
    let given = std::env::var("BUILD_COMMIT").ok();
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = given.or_else(|| is_release.then(commit).flatten());
    println!(
        "cargo:rustc-env=BUILD_COMMIT={}",
        commit.unwrap_or_else(|| "dev".to_owned())
    );
}

/// The commit that is checked out, if this is a checkout and git is there.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
    };
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}
