//! Documents that are made from code are what the code makes of them today.

use std::path::Path;

use anyhow::Context;
use nova_cli::catalogue;

/// Holds a file of docs/ against what `nova events` prints.
fn up_to_date(name: &str, made: &str) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(name);
    let written =
        std::fs::read_to_string(path).with_context(|| format!("docs/{name} is not there"))?;
    anyhow::ensure!(
        written.trim_end() == made.trim_end(),
        "docs/{name} is not what the catalogue says: run scripts/docs and commit what it writes"
    );
    Ok(())
}

#[test]
fn the_table_of_events_is_up_to_date() -> anyhow::Result<()> {
    up_to_date("EVENTS.md", &catalogue::markdown()?)
}

#[test]
fn the_asyncapi_document_is_up_to_date() -> anyhow::Result<()> {
    up_to_date("asyncapi.yaml", &catalogue::asyncapi()?)
}

#[test]
fn the_program_in_the_readme_of_the_event_bus_is_the_one_that_runs() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("../crates/event-bus/README.md"))?;
    let program = std::fs::read_to_string(root.join("stranger/src/main.rs"))?;
    anyhow::ensure!(
        readme.contains(&format!("```rust,ignore\n{program}```\n")),
        "crates/event-bus/README.md does not show tests/stranger/src/main.rs as it is: copy it there"
    );
    Ok(())
}

#[test]
fn a_document_that_lacks_a_line_is_not() -> anyhow::Result<()> {
    let made = catalogue::markdown()?;
    let (rest, _last_line) = made
        .trim_end()
        .rsplit_once('\n')
        .context("one line is no table")?;
    assert!(up_to_date("EVENTS.md", rest).is_err());
    Ok(())
}
