//! Documents that are made from code are what the code makes of them today, and say what clients rely on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use nova_cli::{catalogue, platform, routes};
use nova_tests::contract::{OPERATIONS, errors};

/// Holds a file against what `nova` prints of it.
fn up_to_date(name: &str, made: &str) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    let written = std::fs::read_to_string(path).with_context(|| format!("{name} is not there"))?;
    anyhow::ensure!(
        written.trim_end() == made.trim_end(),
        "{name} is not what the code says: run scripts/docs and commit what it writes"
    );
    Ok(())
}

#[test]
fn proxies_lead_where_services_say() -> anyhow::Result<()> {
    let routes = routes::of_services()?;
    up_to_date("deploy/proxy/routes.caddy", &routes::caddy(&routes))?;
    up_to_date(
        "k8s/components/gateway/routes.yaml",
        &routes::gateway(&routes),
    )
}

#[test]
fn the_table_of_events_is_up_to_date() -> anyhow::Result<()> {
    up_to_date("docs/EVENTS.md", &catalogue::markdown()?)
}

#[test]
fn the_asyncapi_document_is_up_to_date() -> anyhow::Result<()> {
    up_to_date("docs/asyncapi.yaml", &catalogue::asyncapi()?)
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
    assert!(up_to_date("docs/EVENTS.md", rest).is_err());
    Ok(())
}

/// Of two schemas with one name the platform's document has one, and says it of what is like the other.
#[test]
fn schemas_of_one_name_are_the_same() -> anyhow::Result<()> {
    let mut known = BTreeMap::new();
    for (service, document) in platform::SERVICES.iter().zip(platform::openapi_of_each()) {
        let document = serde_json::to_value(document)?;
        let schemas = document["components"]["schemas"].as_object();
        for (name, schema) in schemas.into_iter().flatten() {
            let (first, other) = known
                .entry(name.clone())
                .or_insert_with(|| (service, schema.clone()));
            anyhow::ensure!(
                other == schema,
                "{first} and {service} call different schemas {name}: \
                 call one of them otherwise, with #[schema(as = …)]"
            );
        }
    }
    Ok(())
}

/// `GET /v1/feed is get_home_feed`, and the errors it lists.
type Operations = BTreeMap<String, BTreeSet<String>>;

fn described() -> anyhow::Result<Operations> {
    let document = serde_json::to_value(platform::openapi())?;
    let mut operations = Operations::new();
    for (path, item) in document["paths"].as_object().context("no paths")? {
        for (method, operation) in item.as_object().context("no operations")? {
            let name = operation["operationId"].as_str().context("no name")?;
            let statuses = operation["responses"].as_object().context("no responses")?;
            let is_error = |status: &&String| status.starts_with(['4', '5']);
            operations.insert(
                format!("{} {path} is {name}", method.to_uppercase()),
                statuses.keys().filter(is_error).cloned().collect(),
            );
        }
    }
    Ok(operations)
}

/// That the same document is served, `nova openapi`'s test holds.
#[test]
fn the_operations_are_those_that_clients_rely_on() -> anyhow::Result<()> {
    let contract: Operations = OPERATIONS
        .iter()
        .map(|operation @ (method, path, name, _)| {
            (format!("{method} {path} is {name}"), errors(operation))
        })
        .collect();
    let described = described()?;
    let unlike = |one: &Operations, other: &Operations| -> Operations {
        let unlike = one
            .iter()
            .filter(|(name, errors)| other.get(*name) != Some(errors));
        unlike
            .map(|(name, errors)| (name.clone(), errors.clone()))
            .collect()
    };
    let (new, lost) = (unlike(&described, &contract), unlike(&contract, &described));
    anyhow::ensure!(
        new.is_empty() && lost.is_empty(),
        "tests/src/contract.rs does not list {new:#?}, or lists what is not so: {lost:#?}"
    );
    Ok(())
}
