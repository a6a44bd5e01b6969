//! Who may depend on whom.

use crate::kept;
use crate::repository::{Dependency, Package, packages};

/// How high a member stands. Arrows point down or stay where they are.
fn layer(folder: &str) -> Option<u8> {
    match folder {
        "crates/event" | "crates/ids" | "crates/media-files" | "crates/proto"
        | "crates/resilience" => Some(0),
        "crates/attachments"
        | "crates/event-bus"
        | "crates/event-store"
        | "crates/event-stream"
        | "crates/service" => Some(1),
        "crates/testkit" => Some(2),
        "crates/cli" => Some(3),
        "tests" => Some(4),
        _ => is_service(folder).then_some(2),
    }
}

fn is_service(folder: &str) -> bool {
    folder.starts_with("services/")
}

/// Every arrow between two members.
fn arrows(packages: &[Package]) -> impl Iterator<Item = (&Package, &Package, &Dependency)> {
    packages.iter().flat_map(move |from| {
        let arrow = move |dependency| {
            Some((
                from,
                packages.iter().find(|to| to.name == named(dependency))?,
                dependency,
            ))
        };
        from.dependencies.iter().filter_map(arrow)
    })
}

fn named(dependency: &Dependency) -> &str {
    &dependency.name
}

fn without_a_layer(packages: &[Package]) -> Vec<String> {
    let without = packages
        .iter()
        .filter(|package| layer(&package.folder).is_none());
    without
        .map(|Package { folder, .. }| {
            format!(
                "{folder} has no layer: say in {} how high it stands",
                file!()
            )
        })
        .collect()
}

fn not_named_after_their_folder(packages: &[Package]) -> Vec<String> {
    let name = |folder: &str| format!("nova-{}", folder.rsplit('/').next().unwrap_or(folder));
    let wrong = packages
        .iter()
        .filter(|package| package.name != name(&package.folder));
    wrong
        .map(|package| {
            format!(
                "{}: call its package {}",
                package.folder,
                name(&package.folder)
            )
        })
        .collect()
}

fn arrows_that_point_up(packages: &[Package]) -> Vec<String> {
    // The testkit stands above what it helps to test.
    let up = arrows(packages).filter(|(from, to, arrow)| {
        layer(&to.folder) > layer(&from.folder) && !(arrow.dev && to.name == "nova-testkit")
    });
    up.map(|(from, to, _)| {
        format!(
            "{} depends on {} above it: move what it needs down, or its own code up",
            from.name, to.name
        )
    })
    .collect()
}

fn services_that_know_a_service(packages: &[Package]) -> Vec<String> {
    let known =
        arrows(packages).filter(|(from, to, _)| is_service(&from.folder) && is_service(&to.folder));
    known
        .map(|(from, to, _)| {
            format!(
                "{} depends on {}: services meet only in events, keep a copy of what it publishes",
                from.name, to.name
            )
        })
        .collect()
}

fn others_that_know_a_service(packages: &[Package]) -> Vec<String> {
    let known = arrows(packages).filter(|(from, to, _)| {
        is_service(&to.folder)
            && !is_service(&from.folder)
            && !["nova-cli", "nova-tests"].contains(&from.name.as_str())
    });
    known
        .map(|(from, to, _)| {
            format!(
                "{} depends on {}: only nova-cli and nova-tests may know services",
                from.name, to.name
            )
        })
        .collect()
}

fn bus_and_service_that_know_each_other(packages: &[Package]) -> Vec<String> {
    const STRANGERS: [&str; 2] = ["nova-event-bus", "nova-service"];
    let known = arrows(packages).filter(|(from, to, _)| {
        STRANGERS.contains(&from.name.as_str()) && STRANGERS.contains(&to.name.as_str())
    });
    known
        .map(|(from, to, _)| {
            format!(
                "{} depends on {}: let the service that has both join them",
                from.name, to.name
            )
        })
        .collect()
}

/// Strangers build the bus, and do not know Nova.
fn bus_that_knows_the_catalogue(packages: &[Package]) -> Vec<String> {
    const BUS: [&str; 4] = [
        "nova-event-bus",
        "nova-event",
        "nova-ids",
        "nova-resilience",
    ];
    let known = arrows(packages).filter(|(from, to, arrow)| {
        BUS.contains(&from.name.as_str()) && !BUS.contains(&to.name.as_str()) && !arrow.dev
    });
    known
        .map(|(from, to, _)| {
            format!(
                "{} depends on {}: the bus is of use without the rest, take what it needs as a value",
                from.name, to.name
            )
        })
        .collect()
}

fn others_that_touch_kafka(packages: &[Package]) -> Vec<String> {
    // The testkit looks at topics from the outside, as a stranger's consumer would.
    const MAY: [&str; 2] = ["nova-event-bus", "nova-testkit"];
    let touches = |package: &&Package| {
        package
            .dependencies
            .iter()
            .any(|dependency| named(dependency).starts_with("rdkafka"))
    };
    let others = packages
        .iter()
        .filter(touches)
        .filter(|package| !MAY.contains(&package.name.as_str()));
    others
        .map(|package| {
            format!(
                "{} depends on rdkafka: go through nova-event-bus",
                package.name
            )
        })
        .collect()
}

fn testkit_on_a_run_path(packages: &[Package]) -> Vec<String> {
    let run = arrows(packages).filter(|(from, to, arrow)| {
        to.name == "nova-testkit" && !arrow.dev && from.name != "nova-tests"
    });
    run.map(|(from, ..)| {
        format!(
            "{} depends on nova-testkit: move it to the dev-dependencies",
            from.name
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small house, and what is added to it.
    fn house(added: Vec<Package>) -> Vec<Package> {
        let names = added
            .iter()
            .map(|package| package.name.clone())
            .collect::<Vec<_>>();
        let lawful = [
            Package::planted("crates/ids", &["serde"]),
            Package::planted("crates/event-bus", &["nova-ids", "rdkafka"])
                .with(&["nova-testkit"], true),
            Package::planted("crates/service", &["nova-ids"]),
            Package::planted(
                "crates/testkit",
                &["nova-event-bus", "nova-service", "rdkafka"],
            ),
            Package::planted("services/content", &["nova-event-bus", "nova-service"])
                .with(&["nova-testkit"], true),
            Package::planted("services/feed", &["nova-event-bus"]),
            Package::planted("crates/cli", &["nova-content", "nova-feed"]),
            Package::planted("tests", &["nova-cli", "nova-content", "nova-testkit"]),
        ];
        let kept = lawful
            .into_iter()
            .filter(|package| !names.contains(&package.name));
        kept.chain(added).collect()
    }

    /// The rule finds nothing in the house, and something once this is in it.
    fn bites(rule: fn(&[Package]) -> Vec<String>, planted: Package) {
        assert_eq!(rule(&house(Vec::new())), [""; 0]);
        assert_eq!(rule(&house(vec![planted])).len(), 1);
    }

    #[test]
    fn every_member_has_a_layer() -> anyhow::Result<()> {
        bites(without_a_layer, Package::planted("crates/common", &[]));
        kept(without_a_layer(&packages()?))
    }

    #[test]
    fn a_package_is_named_after_its_folder() -> anyhow::Result<()> {
        let planted = Package {
            name: "feed".to_owned(),
            ..Package::planted("services/feed", &[])
        };
        bites(not_named_after_their_folder, planted);
        kept(not_named_after_their_folder(&packages()?))
    }

    #[test]
    fn arrows_point_down() -> anyhow::Result<()> {
        bites(
            arrows_that_point_up,
            Package::planted("crates/ids", &["nova-service"]),
        );
        bites(
            arrows_that_point_up,
            Package::planted("crates/service", &["nova-cli"]),
        );
        bites(
            arrows_that_point_up,
            Package::planted("crates/event-bus", &[]).with(&["nova-feed"], true),
        );
        kept(arrows_that_point_up(&packages()?))
    }

    #[test]
    fn services_do_not_know_each_other() -> anyhow::Result<()> {
        bites(
            services_that_know_a_service,
            Package::planted("services/feed", &["nova-content"]),
        );
        bites(
            services_that_know_a_service,
            Package::planted("services/feed", &[]).with(&["nova-content"], true),
        );
        kept(services_that_know_a_service(&packages()?))
    }

    #[test]
    fn only_cli_and_tests_know_services() -> anyhow::Result<()> {
        bites(
            others_that_know_a_service,
            Package::planted("crates/testkit", &["nova-feed"]),
        );
        kept(others_that_know_a_service(&packages()?))
    }

    #[test]
    fn event_bus_and_service_do_not_know_each_other() -> anyhow::Result<()> {
        bites(
            bus_and_service_that_know_each_other,
            Package::planted("crates/event-bus", &["nova-service"]),
        );
        bites(
            bus_and_service_that_know_each_other,
            Package::planted("crates/service", &["nova-event-bus"]),
        );
        kept(bus_and_service_that_know_each_other(&packages()?))
    }

    #[test]
    fn the_bus_knows_nothing_of_nova() -> anyhow::Result<()> {
        bites(
            bus_that_knows_the_catalogue,
            Package::planted("crates/event-bus", &["nova-content"]),
        );
        kept(bus_that_knows_the_catalogue(&packages()?))
    }

    #[test]
    fn only_the_event_bus_touches_kafka() -> anyhow::Result<()> {
        bites(
            others_that_touch_kafka,
            Package::planted("services/feed", &["rdkafka"]),
        );
        bites(
            others_that_touch_kafka,
            Package::planted("crates/cli", &["rdkafka-sys"]),
        );
        kept(others_that_touch_kafka(&packages()?))
    }

    #[test]
    fn the_testkit_is_for_tests() -> anyhow::Result<()> {
        bites(
            testkit_on_a_run_path,
            Package::planted("services/feed", &["nova-testkit"]),
        );
        kept(testkit_on_a_run_path(&packages()?))
    }
}
