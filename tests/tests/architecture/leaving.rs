//! Who leaves is erased wherever something is kept of them, who blocks is hidden, and who asks is told what is kept of them.
//! See CONTRIBUTING.

use crate::kept;
use crate::repository::Files;

/// The service that says who is there: it publishes what the others consume.
const OWNER: &str = "identity";

/// What columns are called that hold a user's id.
const COLUMNS: &[&str] = &[
    "user_id",
    "other_id",
    "author_id",
    "owner",
    "owner_id",
    "follower_id",
    "followee_id",
    "sender_id",
    "recipient_id",
    "member_id",
    "uploader_id",
    "viewer_id",
    "reader_id",
];

/// Whether a line of a migration makes such a column.
fn holds_a_user(line: &str) -> bool {
    let line = line.trim().trim_start_matches("ADD COLUMN ");
    let mut words = line.split_whitespace();
    let is_named = words.next().is_some_and(|name| COLUMNS.contains(&name));
    is_named && words.next().is_some_and(|kind| kind.starts_with("uuid"))
}

/// The first migration of the service that does.
fn keeps_users<'a>(files: &'a Files, service: &str) -> Option<&'a str> {
    let migrations = format!("services/{service}/migrations/");
    let mut found = files
        .iter()
        .filter(|(file, text)| file.starts_with(&migrations) && text.lines().any(holds_a_user));
    found.next().map(|(file, _)| file)
}

fn who_do_not_hear(files: &Files) -> Vec<String> {
    let mut bad = Vec::new();
    for service in files.services() {
        let Some(migration) = keeps_users(files, service).filter(|_| service != OWNER) else {
            continue;
        };
        // Who takes whole topics reads events where it knows their names.
        let folders = ["consumers", "events"];
        let folders = folders.map(|folder| format!("services/{service}/src/{folder}/"));
        let consumes = |event: &str| {
            let mut files = files.rust();
            let is_there = |file: &str| folders.iter().any(|folder| file.starts_with(folder));
            files.any(|(file, text)| is_there(file) && text.contains(event))
        };
        let readme = files.get(&format!("services/{service}/README.md"));
        let explains = |what: &str| readme.is_some_and(|text| text.contains(what));
        if !consumes("::<UserDeleted>") {
            bad.push(format!(
                "{migration} keeps something of users: services/{service} has to consume UserDeleted and erase it"
            ));
        }
        if !consumes("::<ExportRequested>") && !explains("\nExport: ") {
            bad.push(format!(
                "{migration} keeps something of users: services/{service} has to consume ExportRequested and tell them, \
                 or its README to say in a line that begins with `Export: ` why there is nothing to tell"
            ));
        }
        if !consumes("::<UserBlocked>") && !explains("\nBlocks: ") {
            bad.push(format!(
                "{migration} keeps something of users: services/{service} has to consume UserBlocked, or its README \
                 to say in a line that begins with `Blocks: ` why nobody sees anybody there"
            ));
        }
    }
    bad
}

/// Events that tell a user what is kept of them, and that the owner does not keep for them.
fn told_to_nobody(files: &Files) -> Vec<String> {
    let consumers = format!("services/{OWNER}/src/consumers/");
    let is_kept = |event: &str| {
        let kept = format!("::<{event}>");
        let mut files = files.rust();
        files.any(|(file, text)| file.starts_with(&consumers) && text.contains(&kept))
    };
    let events = files
        .iter()
        .filter(|(file, _)| file.starts_with("proto/") && file.ends_with("/events.proto"))
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| line.strip_prefix("message ")?.split(' ').next())
        .filter(|event| event.ends_with("Exported") && !is_kept(event));
    events
        .map(|event| format!("{consumers} has to keep {event}: else no export is ever ready"))
        .collect()
}

#[test]
fn what_is_told_of_users_reaches_them() -> anyhow::Result<()> {
    const PROTO: &str = "proto/nova/greeting/v1/events.proto";
    const EVENT: &str = "message GreetingsExported {\n}\nmessage Greeted {\n}\n";
    const CONSUMERS: &str = "services/identity/src/consumers/mod.rs";
    let broken = |files: &[(&str, &str)]| told_to_nobody(&Files::planted(files)).len();
    assert_eq!(broken(&[(PROTO, EVENT)]), 1);
    let keeps = "router.once::<GreetingsExported>(a)";
    assert_eq!(broken(&[(PROTO, EVENT), (CONSUMERS, keeps)]), 0);
    kept(told_to_nobody(&Files::read()?))
}

#[test]
fn whoever_keeps_something_of_users_hears_who_leaves_and_who_blocks() -> anyhow::Result<()> {
    kept(who_do_not_hear(&Files::read()?))
}

#[test]
fn who_does_not_hear_is_found() {
    const TABLE: &str = "CREATE TABLE greetings (\n    user_id uuid NOT NULL\n);";
    const MIGRATION: &str = "services/greeting/migrations/0003_greetings.sql";
    const CONSUMERS: &str = "services/greeting/src/consumers/mod.rs";
    const README: &str = "services/greeting/README.md";
    let broken = |files: &[(&str, &str)]| who_do_not_hear(&Files::planted(files)).len();
    assert_eq!(broken(&[(MIGRATION, TABLE)]), 3);
    let hears = "router.once::<UserDeleted>(a).once::<UserBlocked>(b).once::<ExportRequested>(c)";
    assert_eq!(broken(&[(MIGRATION, TABLE), (CONSUMERS, hears)]), 0);
    let hears = "router.once::<UserDeleted>(a)";
    assert_eq!(broken(&[(MIGRATION, TABLE), (CONSUMERS, hears)]), 2);
    let explained = (
        README,
        "# greeting\n\nExport: nothing to tell.\n\nBlocks: greetings are one's own.\n",
    );
    assert_eq!(
        broken(&[(MIGRATION, TABLE), (CONSUMERS, hears), explained]),
        0
    );
    // Later, too; and nobody's.
    let added = "ALTER TABLE greetings\n    ADD COLUMN sender_id uuid;";
    assert_eq!(broken(&[(MIGRATION, added)]), 3);
    assert_eq!(
        broken(&[(MIGRATION, "CREATE TABLE words (\n    id uuid\n);")]),
        0
    );
    let of_identity = MIGRATION.replace("greeting/", "identity/");
    assert_eq!(broken(&[(&of_identity, TABLE)]), 0);
}
