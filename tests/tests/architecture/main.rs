//! The rules of the house, kept by a test each. A rule is a function that lists what breaks it; next to the
//! test that holds Nova against it stands one that holds a planted violation against it.

mod code;
mod dependencies;
mod deploy;
mod domain;
mod files;
mod graph;
mod leaving;
mod names;
mod repository;
mod services;

/// Fails with every violation on a line of its own.
fn kept(broken: Vec<String>) -> anyhow::Result<()> {
    anyhow::ensure!(broken.is_empty(), "\n{}\n", broken.join("\n"));
    Ok(())
}
