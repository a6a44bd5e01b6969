//! What a deployment has of each service is written of forms, so that the next service is none forgotten in.
//!
//! A form is a file `*.in` in deploy/ or k8s/, and what is written of it lies beside it. One whose path has `@SERVICE@`
//! is written for each service, with its name in path and text. Of any other the lines between `#@each` and `#@end` are
//! repeated for each. `UPDATE_FORMS=1` writes them all, as `./scripts/docs` does.

use std::collections::BTreeMap;
use std::{env, fs};

use crate::kept;
use crate::repository::{self, Files};

const FOLDERS: [&str; 2] = ["deploy/", "k8s/"];
const FORM: &str = ".in";
const PLACE: &str = "@SERVICE@";
const EACH: &str = "#@each";
const END: &str = "#@end";
const ALERTS: [&str; 2] = [
    "deploy/observability/rules/@SERVICE@.yaml.in",
    "deploy/observability/rules/platform.yaml",
];
const OPERATIONS: &str = "docs/OPERATIONS.md";

/// `text` with what is between [`EACH`] and [`END`] repeated for each of `services`.
fn repeated(text: &str, services: &[&str]) -> String {
    let mut written = String::new();
    let mut each = None::<String>;
    for line in text.split_inclusive('\n') {
        match (line.trim(), &mut each) {
            (EACH, None) => each = Some(String::new()),
            (END, Some(block)) => {
                written.extend(services.iter().map(|service| block.replace(PLACE, service)));
                each = None;
            }
            (_, Some(block)) => block.push_str(line),
            (_, None) => written.push_str(line),
        }
    }
    written
}

/// Every file that is written of a form, with its text.
fn written(files: &Files) -> BTreeMap<String, String> {
    let services: Vec<_> = files.services().into_iter().collect();
    let forms = files.iter().filter_map(|(path, text)| {
        let place = FOLDERS.iter().any(|folder| path.starts_with(folder));
        Some((path.strip_suffix(FORM).filter(|_| place)?, text))
    });
    let of = |(path, text): (&str, &str)| -> Vec<(String, String)> {
        if !path.contains(PLACE) {
            return vec![(path.to_owned(), repeated(text, &services))];
        }
        let for_service =
            |service: &&str| (path.replace(PLACE, service), text.replace(PLACE, service));
        services.iter().map(for_service).collect()
    };
    forms.flat_map(of).collect()
}

fn not_as_written(files: &Files) -> Vec<String> {
    let expected = written(files).into_iter();
    let other = expected.filter(|(path, text)| files.get(path) != Some(text));
    other
        .map(|(path, _)| format!("{path} is not what its form says: ./scripts/docs writes it"))
        .collect()
}

/// Alerts of which the operator is not told what to do.
fn without_runbook(files: &Files) -> Vec<String> {
    let alerts = ALERTS.iter().filter_map(|rules| files.get(rules));
    let alerts = alerts.flat_map(str::lines);
    let alerts = alerts.filter_map(|line| line.trim().strip_prefix("- alert: "));
    let operations = files.get(OPERATIONS).unwrap_or_default();
    let is_missing = |alert: &&str| {
        let heading = format!("### {alert}");
        !operations.lines().any(|line| line == heading)
    };
    alerts
        .filter(is_missing)
        .map(|alert| format!("{OPERATIONS} has no section {alert}"))
        .collect()
}

#[test]
fn each_service_has_all_that_is_written_of_services() -> anyhow::Result<()> {
    let planted = |(form, text), other: &[_]| {
        let files = ["content", "feed"].map(|service| format!("services/{service}/src/lib.rs"));
        let mut files: Vec<_> = files.iter().map(|path| (path.as_str(), "")).collect();
        files.push((form, text));
        files.extend(other);
        Files::planted(&files)
    };
    let rules = ("k8s/@SERVICE@/rules.in", "name: @SERVICE@\n");
    let content = ("k8s/content/rules", "name: content\n");
    let right = planted(rules, &[content, ("k8s/feed/rules", "name: feed\n")]);
    assert_eq!(not_as_written(&right), [""; 0]);
    let wrong = planted(rules, &[content, ("k8s/feed/rules", "name: content\n")]);
    assert_eq!(not_as_written(&wrong).len(), 1);
    assert_eq!(not_as_written(&planted(rules, &[])).len(), 2);

    let list = ("deploy/list.in", "all:\n  #@each\n  - @SERVICE@\n  #@end\n");
    let right = ("deploy/list", "all:\n  - content\n  - feed\n");
    assert_eq!(not_as_written(&planted(list, &[right])), [""; 0]);
    let wrong = ("deploy/list", "all:\n  - content\n");
    assert_eq!(not_as_written(&planted(list, &[wrong])).len(), 1);

    let files = Files::read()?;
    if env::var_os("UPDATE_FORMS").is_none() {
        return kept(not_as_written(&files));
    }
    for (path, text) in written(&files) {
        let path = repository::root().join(path);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, text)?;
    }
    Ok(())
}

#[test]
fn each_alert_says_what_is_to_be_done() -> anyhow::Result<()> {
    let form = (ALERTS[0], "      - alert: TooLoud\n");
    let with = |text| Files::planted(&[form, (OPERATIONS, text)]);
    assert_eq!(without_runbook(&with("### TooLoud\n")), [""; 0]);
    assert_eq!(without_runbook(&with("## TooLoud\n")).len(), 1);
    kept(without_runbook(&Files::read()?))
}
