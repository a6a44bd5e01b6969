//! Commands that need no server.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn nova(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nova"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("NOVA_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Names of settings that are read anywhere in the code of services.
fn settings_in_code() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names = BTreeSet::new();
    for folder in ["crates/event-bus/src", "crates/service/src", "services"] {
        collect(&root.join(folder), &mut names);
    }
    names
}

fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let of_tests = ["tests", "benches", "simulation"];
        if path.is_dir() {
            if !of_tests.iter().any(|name| path.ends_with(name)) {
                collect(&path, names);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests.rs")
        {
            let code = std::fs::read_to_string(&path).unwrap();
            // Tests make up names.
            let code = code.split("#[cfg(test)]").next().unwrap_or_default();
            let literals = code.split('"').skip(1).step_by(2);
            let is_name = |text: &&str| {
                text.bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
            };
            let found = literals
                .filter(|text| text.starts_with("NOVA_") && text.len() > 5)
                .filter(is_name);
            names.extend(found.map(str::to_owned));
        }
    }
}

#[test]
fn secrets_are_made_and_those_that_are_there_stay() {
    let new = nova(&["secrets", "new"], &[]);
    assert!(new.status.success(), "{}", text(&new.stderr));
    let lines = text(&new.stdout);
    let names: Vec<&str> = lines
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name)
        .collect();
    let expected = ["NOVA_SECRET", "NOVA_TOKEN_KEYS", "NOVA_TOKEN_SIGNING_KEY"];
    assert_eq!(names, expected);
    assert_ne!(text(&nova(&["secrets", "new"], &[]).stdout), lines);
    // What they are is what is asked for, by value or by file.
    let set: Vec<(&str, &str)> = lines
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let listed = text(&nova(&["config"], &set).stdout);
    assert!(
        listed.contains("NOVA_SECRET=***") && listed.contains("NOVA_TOKEN_KEYS="),
        "{listed}"
    );
    let folder = std::env::temp_dir().join(format!("nova-new-secrets-{}", std::process::id()));
    let path = folder.to_str().unwrap();
    let read = || expected.map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
    let made = nova(&["secrets", "new", "--folder", path], &[]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let first = read();
    assert!(
        nova(&["secrets", "new", "--folder", path], &[])
            .status
            .success()
    );
    assert_eq!(read(), first);
    let files = expected.map(|name| (format!("{name}_FILE"), format!("{path}/{name}")));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, file)| (name.as_str(), file.as_str()))
        .collect();
    let listed = text(&nova(&["config"], &files).stdout);
    assert!(listed.contains("NOVA_SECRET=***"), "{listed}");
    // By the id of the key, which is the first part of it.
    let (id, _) = first[1].split_once(':').unwrap();
    assert!(
        listed.contains(&format!("NOVA_TOKEN_KEYS=keys {id}")),
        "{listed}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
    let refused = nova(&["config"], &files);
    assert_eq!(refused.status.code(), Some(78));
    let said = text(&refused.stderr);
    assert!(said.contains("_FILE: ") && said.contains(path), "{said}");
}

#[test]
fn config_lists_every_setting_that_the_code_reads() {
    let output = nova(&["config"], &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let listed = text(&output.stdout);
    let listed: BTreeSet<String> = listed
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once('='))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.starts_with("NOVA_"))
        .collect();
    let in_code = settings_in_code();
    assert!(in_code.len() > 20, "{in_code:?}");
    let unlisted: Vec<_> = in_code.difference(&listed).collect();
    assert!(unlisted.is_empty(), "not in `nova config`: {unlisted:?}");
}

#[test]
fn config_shows_what_is_set_but_no_secret() {
    let output = nova(
        &["config"],
        &[
            ("NOVA_POSTGRES", "postgres://nova:hush@db/nova"),
            ("NOVA_STARTUP_TIMEOUT", "7s"),
        ],
    );
    let listed = text(&output.stdout);
    assert!(
        listed.contains("\nNOVA_POSTGRES=postgres://nova:***@db/nova\n"),
        "{listed}"
    );
    assert!(listed.contains("\nNOVA_STARTUP_TIMEOUT=7s\n"), "{listed}");
    assert!(
        listed.contains("\n# NOVA_LISTEN=127.0.0.1:8080\n"),
        "{listed}"
    );
    assert!(!listed.contains("hush"), "{listed}");
}

#[test]
fn up_refuses_a_wrong_setting_by_name_before_it_starts_anything() {
    for (name, value) in [
        ("NOVA_LISTEN", "here"),
        ("NOVA_ACCESS_TOKEN_TTL", "soon"),
        ("NOVA_FEED_TIMELINE_LENGTH", "0"),
        ("NOVA_RATE_LIMIT", "maybe"),
    ] {
        let output = nova(&["up", "--data", "/nonexistent/data"], &[(name, value)]);
        assert_eq!(output.status.code(), Some(78), "{name}");
        let error = text(&output.stderr);
        assert!(error.starts_with(&format!("nova: {name}: ")), "{error}");
    }
}

#[test]
fn missing_packages_are_named_with_the_line_that_installs_them() {
    let data = std::env::temp_dir().join(format!("nova-missing-{}", std::process::id()));
    let arguments = ["servers", "--data", data.to_str().unwrap(), "--", "true"];
    let output = nova(
        &arguments,
        &[("PATH", "/nonexistent"), ("JAVA_HOME", "/nonexistent")],
    );
    std::fs::remove_dir_all(&data).unwrap();
    let error = text(&output.stderr);
    assert!(!output.status.success());
    assert!(
        error.contains("apt-get install -y default-jre-headless"),
        "{error}"
    );
    assert!(error.contains("redis-server"), "{error}");
}

#[test]
fn who_reads_only_the_beginning_is_no_error() {
    let mut events = Command::new(env!("CARGO_BIN_EXE_nova"))
        .arg("events")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(events.stdout.take());
    let output = events.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn the_openapi_document_is_printed_with_nothing_running() {
    let output = nova(&["openapi"], &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let create = &document["paths"]["/v1/posts"]["post"];
    assert_eq!(create["operationId"], "create_post");
    assert!(create["responses"]["422"]["description"].is_string());
}
