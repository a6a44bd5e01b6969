//! Every service has the same shape: who has read one knows all.

use crate::code::paths;
use crate::kept;
use crate::repository::Files;

/// What may stand in services/*/src, as a file or as a folder.
const ROOMS: &[&str] = &[
    "main",
    "lib",
    "config",
    "state",
    "error",
    "events",
    "metrics",
    "domain",
    "commands",
    "store",
    "http",
    "grpc",
    "ws",
    "consumers",
    "clients",
    "jobs",
];

/// Rooms that translate between the outside and commands.
const EDGES: &[&str] = &["http", "grpc", "ws", "consumers", "jobs"];

/// The name of the service and the path behind its src/, for a file of one.
fn place(file: &str) -> Option<(&str, &str)> {
    let (service, path) = file.strip_prefix("services/")?.split_once('/')?;
    Some((service, path.strip_prefix("src/")?))
}

/// The modules that lead to a file: `domain/post.rs` is in domain, post.
fn modules_of(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/')
        .filter(|module| !["lib", "main"].contains(module))
        .collect()
}

fn unknown_rooms(files: &Files) -> Vec<String> {
    let unknown = files.iter().filter_map(|(file, _)| {
        let room = place(file)?.1.split('/').next()?.trim_end_matches(".rs");
        (!ROOMS.contains(&room)).then(|| {
            format!(
                "{file}: no service has a room {room}, it may have {}",
                ROOMS.join(" ")
            )
        })
    });
    unknown.collect()
}

/// The room of the same service that a path leads to.
fn room_meant(path: &[String], modules: &[&str]) -> Option<String> {
    let ups = path.iter().take_while(|name| *name == "super").count();
    let stay = match path.first()?.as_str() {
        "crate" => return path.get(1).cloned(),
        "super" => modules.get(..modules.len().checked_sub(ups)?)?,
        _ => return None,
    };
    stay.first()
        .map(|room| (*room).to_owned())
        .or_else(|| path.get(ups).cloned())
}

/// A request's way is edge, command, store and domain. None of them knows who called.
fn may_know(room: &str, other: &str) -> bool {
    if room == other {
        return true;
    }
    let above_the_store = other == "commands" || other == "state" || EDGES.contains(&other);
    match room {
        "domain" => !ROOMS.contains(&other),
        "store" | "clients" | "events" => !above_the_store,
        _ => !EDGES.contains(&other),
    }
}

fn rooms_that_know_their_caller(files: &Files) -> anyhow::Result<Vec<String>> {
    let mut bad = Vec::new();
    for (file, text) in files.rust() {
        let Some((_, path)) = place(file) else {
            continue;
        };
        let modules = modules_of(path);
        let Some(&room) = modules.first() else {
            continue;
        };
        for path in paths(text)? {
            if let Some(other) = room_meant(&path, &modules).filter(|other| !may_know(room, other))
            {
                bad.push(format!(
                    "{file} mentions {}: {room} must not know {other}, let the caller hand it in",
                    path.join("::")
                ));
            }
        }
    }
    Ok(bad)
}

fn long_mains(files: &Files) -> Vec<String> {
    let long = files.rust().filter(|(file, text)| {
        place(file).is_some_and(|(_, path)| path == "main.rs") && text.lines().count() > 40
    });
    long.map(|(file, _)| {
        format!(
            "{file} has more than 40 lines: a main is a list of what runs, move the rest to lib.rs"
        )
    })
    .collect()
}

fn without_a_readme(files: &Files) -> Vec<String> {
    let without = files.services().into_iter().filter(|service| {
        files
            .get(&format!("services/{service}/README.md"))
            .is_none()
    });
    let advice = "write what it owns, publishes and consumes, its API, how it runs";
    without
        .map(|service| format!("services/{service}/README.md: {advice}"))
        .collect()
}

fn unlisted(files: &Files, listed: &[&str]) -> Vec<String> {
    let services = files.services().into_iter();
    let unlisted = services.filter(|service| !listed.contains(service));
    unlisted
        .map(|service| {
            format!("services/{service} never runs: add it to services![…] in crates/cli/src/platform.rs")
        })
        .collect()
}

fn without_a_row(files: &Files) -> Vec<String> {
    let readme = files.get("README.md").unwrap_or_default();
    let row = |service: &str| format!("\n| [{service}](services/{service}/README.md) | ");
    let services = files.services().into_iter();
    let without = services.filter(|service| !readme.contains(&row(service)));
    without
        .map(|service| {
            format!(
                "README.md: its table of interfaces has no row{}",
                row(service)
            )
        })
        .collect()
}

/// Each version of the bus's tables has a copy among the migrations of each service.
fn stale_bus_tables(files: &Files) -> Vec<String> {
    const ORIGINALS: [(&str, &str); 2] = [
        ("crates/event-bus/schema/0001.sql", "_event_bus.sql"),
        ("crates/event-bus/schema/0002.sql", "_event_bus_2.sql"),
    ];
    let mut stale = Vec::new();
    for service in files.services() {
        let migrations = format!("services/{service}/migrations/");
        for (original, ending) in ORIGINALS {
            let is_copy = |(file, text): (&str, &str)| {
                file.starts_with(&migrations)
                    && file.ends_with(ending)
                    && files.get(original) == Some(text)
            };
            if !files.iter().any(is_copy) {
                stale.push(format!(
                    "{migrations}: no file *{ending} is what {original} is: copy it"
                ));
            }
        }
    }
    stale
}

fn stale_idempotency_tables(files: &Files) -> Vec<String> {
    const ORIGINAL: &str = "crates/service/idempotency.sql";
    let copies = files
        .iter()
        .filter(|(file, _)| file.starts_with("services/") && file.ends_with("_idempotency.sql"));
    let stale = copies.filter(|(_, copy)| files.get(ORIGINAL) != Some(copy));
    stale
        .map(|(file, _)| format!("{file} is not what {ORIGINAL} is: copy it"))
        .collect()
}

fn missing_idempotency_tables(files: &Files) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
    for service in files.services() {
        let folder = format!("services/{service}/migrations/");
        let is_table = |file: &str| file.starts_with(&folder) && file.ends_with("_idempotency.sql");
        if !files.iter().any(|(file, _)| is_table(file)) && keeps_answers(files, service)? {
            let advice = "copy crates/service/idempotency.sql there as NNNN_idempotency.sql";
            missing.push(format!("{folder} has no table for kept answers: {advice}"));
        }
    }
    Ok(missing)
}

/// Whether a service uses `nova_service::idempotency`.
fn keeps_answers(files: &Files, service: &str) -> anyhow::Result<bool> {
    for (file, text) in files.rust() {
        let ours = place(file).is_some_and(|(owner, _)| owner == service);
        let names = ["nova_service", "idempotency"];
        if ours
            && paths(text)?
                .iter()
                .any(|path| path.len() > 1 && path[..2] == names)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_no_room_of_their_own_invention() -> anyhow::Result<()> {
        for path in [
            "services/feed/src/fanout.rs",
            "services/feed/src/repositories/posts.rs",
            "services/feed/src/bin/feed.rs",
        ] {
            assert_eq!(
                unknown_rooms(&Files::planted(&[(path, "")])).len(),
                1,
                "{path}"
            );
        }
        let lawful = [
            ("services/feed/src/main.rs", ""),
            ("services/feed/src/store/fanout.rs", ""),
            ("crates/cli/src/up.rs", ""),
        ];
        assert_eq!(unknown_rooms(&Files::planted(&lawful)), [""; 0]);
        kept(unknown_rooms(&Files::read()?))
    }

    #[test]
    fn no_room_knows_its_caller() -> anyhow::Result<()> {
        let found = |file: &str, code: &str| {
            let file = format!("services/feed/src/{file}");
            rooms_that_know_their_caller(&Files::planted(&[(&file, code)]))
                .unwrap()
                .len()
        };
        assert_eq!(found("commands/edit.rs", "use crate::http::Problem;"), 1);
        assert_eq!(
            found(
                "store/posts.rs",
                "fn f() { crate::{commands::edit, grpc::map}; }"
            ),
            2
        );
        assert_eq!(
            found("store/posts.rs", "use super::super::state::State;"),
            1
        );
        assert_eq!(found("domain/post.rs", "use crate::error::Error;"), 1);
        assert_eq!(found("domain/mod.rs", "use super::store;"), 1);
        assert_eq!(found("http/posts.rs", "use crate::grpc::messages;"), 1);

        assert_eq!(
            found(
                "http/posts.rs",
                "use crate::{commands, domain, error, state, store};"
            ),
            0
        );
        assert_eq!(
            found(
                "commands/edit.rs",
                "use crate::{domain::Post, store::posts}; use super::delete;"
            ),
            0
        );
        assert_eq!(
            found(
                "domain/post.rs",
                "use super::follow::Follow; use crate::domain::Draft;"
            ),
            0
        );
        assert_eq!(found("lib.rs", "use crate::{http, grpc};"), 0);
        kept(rooms_that_know_their_caller(&Files::read()?)?)
    }

    #[test]
    fn a_main_is_short() -> anyhow::Result<()> {
        let planted =
            |lines: usize| Files::planted(&[("services/feed/src/main.rs", &"//\n".repeat(lines))]);
        assert_eq!(long_mains(&planted(41)).len(), 1);
        assert_eq!(long_mains(&planted(40)), [""; 0]);
        kept(long_mains(&Files::read()?))
    }

    #[test]
    fn every_service_has_a_readme() -> anyhow::Result<()> {
        assert_eq!(
            without_a_readme(&Files::planted(&[("services/feed/Cargo.toml", "")])).len(),
            1
        );
        assert_eq!(
            without_a_readme(&Files::planted(&[("services/feed/README.md", "")])),
            [""; 0]
        );
        kept(without_a_readme(&Files::read()?))
    }

    #[test]
    fn every_service_runs() -> anyhow::Result<()> {
        let planted = Files::planted(&[("services/feed/Cargo.toml", "")]);
        assert_eq!(unlisted(&planted, &["content"]).len(), 1);
        assert_eq!(unlisted(&planted, &["content", "feed"]), [""; 0]);
        kept(unlisted(&Files::read()?, &nova_cli::platform::SERVICES))
    }

    #[test]
    fn every_service_has_a_row_in_the_readme() -> anyhow::Result<()> {
        let planted = |readme| {
            let service = ("services/feed/Cargo.toml", "");
            without_a_row(&Files::planted(&[service, ("README.md", readme)]))
        };
        assert_eq!(planted("| [feed](feed/README.md) | |\n").len(), 1);
        let lawful = "| a |\n| [feed](services/feed/README.md) | |\n";
        assert_eq!(planted(lawful), [""; 0]);
        kept(without_a_row(&Files::read()?))
    }

    #[test]
    fn every_service_has_the_tables_of_the_event_bus() -> anyhow::Result<()> {
        let originals = [
            (
                "crates/event-bus/schema/0001.sql",
                "create table outbox ();\n",
            ),
            ("crates/event-bus/schema/0002.sql", "alter table outbox;\n"),
        ];
        let [first, second] = originals;
        let one = ("services/feed/migrations/0001_event_bus.sql", first.1);
        let two = |text| ("services/feed/migrations/0003_event_bus_2.sql", text);
        let service = ("services/feed/Cargo.toml", "");
        let missing = Files::planted(&[first, second, service]);
        assert_eq!(stale_bus_tables(&missing).len(), 2);
        let stale = Files::planted(&[first, second, one, two("alter table inbox;\n")]);
        assert_eq!(stale_bus_tables(&stale).len(), 1);
        let fresh = Files::planted(&[first, second, one, two(second.1)]);
        assert_eq!(stale_bus_tables(&fresh), [""; 0]);
        kept(stale_bus_tables(&Files::read()?))
    }

    #[test]
    fn tables_of_idempotency_are_copies() -> anyhow::Result<()> {
        let original = ("crates/service/idempotency.sql", "create table kept ();\n");
        let copy = |text| ("services/feed/migrations/0007_idempotency.sql", text);
        assert_eq!(
            stale_idempotency_tables(&Files::planted(&[original, copy("")])).len(),
            1
        );
        assert_eq!(
            stale_idempotency_tables(&Files::planted(&[original, copy(original.1)])),
            [""; 0]
        );
        kept(stale_idempotency_tables(&Files::read()?))
    }

    #[test]
    fn who_keeps_answers_has_their_table() -> anyhow::Result<()> {
        let uses = (
            "services/feed/src/http/posts.rs",
            "use nova_service::{http::Json, idempotency::IdempotencyKey};",
        );
        let table = ("services/feed/migrations/0002_idempotency.sql", "");
        assert_eq!(
            missing_idempotency_tables(&Files::planted(&[uses]))?.len(),
            1
        );
        assert_eq!(
            missing_idempotency_tables(&Files::planted(&[uses, table]))?,
            [""; 0]
        );
        kept(missing_idempotency_tables(&Files::read()?)?)
    }
}
