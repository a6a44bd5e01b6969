//! What a deployment has of each service: written from one form, so that the next service is none forgotten in.

use crate::kept;
use crate::repository::Files;

/// Forms, and what is written of each for a service: `@SERVICE@` is its name.
const FORMS: [(&str, &str); 2] = [
    (
        "deploy/observability/rules/service.yaml.in",
        "deploy/observability/rules/@SERVICE@.yaml",
    ),
    (
        "deploy/observability/rules/service_test.yaml.in",
        "deploy/observability/rules/@SERVICE@_test.yaml",
    ),
];
const PLACE: &str = "@SERVICE@";
const OPERATIONS: &str = "docs/OPERATIONS.md";

/// Every file that follows from a form, with its text.
fn written(files: &Files) -> Vec<(String, String)> {
    let services = files.services();
    let of = |(form, path): &(&str, &str)| {
        let form = files.get(form).unwrap_or_default().to_owned();
        let path = (*path).to_owned();
        let services = services.iter();
        services
            .map(move |service| (path.replace(PLACE, service), form.replace(PLACE, service)))
            .collect::<Vec<_>>()
    };
    FORMS.iter().flat_map(of).collect()
}

fn not_as_written(files: &Files) -> Vec<String> {
    let expected = written(files);
    let other = expected
        .iter()
        .filter(|(path, text)| files.get(path) != Some(text));
    other
        .map(|(path, _)| format!("{path} is not what its form says: ./scripts/docs writes it"))
        .collect()
}

/// Alerts of which the operator is not told what to do.
fn without_runbook(files: &Files) -> Vec<String> {
    let (form, _) = FORMS[0];
    let alerts = files.get(form).unwrap_or_default().lines();
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
    let lib = ("services/feed/src/lib.rs", "");
    let form = (FORMS[0].0, "name: @SERVICE@\n");
    let planted = |text| {
        Files::planted(&[
            lib,
            form,
            (FORMS[1].0, ""),
            ("deploy/observability/rules/feed.yaml", text),
            ("deploy/observability/rules/feed_test.yaml", ""),
        ])
    };
    assert_eq!(not_as_written(&planted("name: feed\n")), [""; 0]);
    assert_eq!(not_as_written(&planted("name: content\n")).len(), 1);
    assert_eq!(not_as_written(&Files::planted(&[lib, form])).len(), 2);
    kept(not_as_written(&Files::read()?))
}

#[test]
fn each_alert_says_what_is_to_be_done() -> anyhow::Result<()> {
    let form = (FORMS[0].0, "      - alert: TooLoud\n");
    let with = |text| Files::planted(&[form, (OPERATIONS, text)]);
    assert_eq!(without_runbook(&with("### TooLoud\n")), [""; 0]);
    assert_eq!(without_runbook(&with("## TooLoud\n")).len(), 1);
    kept(without_runbook(&Files::read()?))
}
