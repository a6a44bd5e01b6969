//! `nova dlq`, `nova lag`, `nova outbox` and `nova migrate`, as an operator types them.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod groups;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use nova_cli::platform::SERVICES;
use nova_testkit::Stack;

/// A key with a failed letter and one behind it, whose sender tries to write on the terminal.
const LETTERS: &str = "
    INSERT INTO parked_sequences (consumer, topic, sequence, partition) VALUES ('feed', 'posts', 'a', 0);
    INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence, key, event_id,
        event_type, header_names, header_values, payload, failed, fingerprint, code, reason, attempts)
    VALUES ('00000000-0000-0000-0000-000000000001', 'feed', 'posts', 0, 1, 'a', 'a', 'e1', E'nova\\x1b[2J',
            '{ce_id,x}', '{e1,\"\\\\x1b\"}', '\\x00ff', true, '0123456789ab', 'conflict', 'gone', 1),
           ('00000000-0000-0000-0000-000000000002', 'feed', 'posts', 0, 2, 'a', 'a', 'e2', 'nova.Thing',
            '{}', '{}', NULL, false, NULL, 'waiting', 'waits', 0)";

struct Operator {
    stack: Stack,
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Operator {
    async fn with_letters() -> Self {
        let stack = Stack::new().await;
        for service in SERVICES {
            let pool = stack.create_database(service, nova_event_bus::SCHEMA).await;
            if service == "feed" {
                sqlx::raw_sql(LETTERS).execute(&pool).await.unwrap();
            }
            pool.close().await;
        }
        Self { stack }
    }

    fn types(&self, line: &str) -> Said {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(line).output().unwrap();
        Said {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    fn command(&self, line: &str) -> Command {
        let mut env = self.stack.env();
        let mut command = Command::new(env!("CARGO_BIN_EXE_nova"));
        for name in ["NOVA_POSTGRES", "NOVA_KAFKA", "NOVA_KAFKA_TOPIC_PREFIX"] {
            command.env(name, env.read::<String>(name, "", "").unwrap());
        }
        command.env("USER", "ada").args(line.split_whitespace());
        command
    }

    /// A command that goes on, and the address of what it serves.
    fn serves(&self, line: &str) -> (Child, String) {
        let mut child = self.command(line).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("http://").unwrap();
        let address = address.strip_suffix("/metrics").unwrap();
        (child, address.to_owned())
    }

    fn sees(&self, line: &str, expected: &[&str]) -> String {
        let said = self.types(line);
        assert_eq!(said.code, 0, "{line}: {}{}", said.out, said.err);
        for part in expected {
            assert!(
                said.out.contains(part),
                "{line}: {part} is not in\n{}",
                said.out
            );
        }
        said.out
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_and_shown_and_move_no_cursor() {
    let operator = Operator::with_letters().await;
    let groups = [
        "feed: 1 failed event in 1 group",
        "0123456789ab",
        "conflict",
        "content: 0 failed",
    ];
    let listed = operator.sees("dlq list", &groups);
    assert!(!listed.contains('\u{1b}'), "{listed}");
    let listed = operator.sees(
        "dlq list --letters --service feed",
        &["feed: 2 dead letters", "e2"],
    );
    assert!(
        !listed.contains('\u{1b}') && !listed.contains("content"),
        "{listed}"
    );
    operator.sees(
        "dlq list --group 0123456789AB --service feed",
        &["feed: 1 dead letter\n"],
    );
    operator.sees(
        "dlq list --key 0x61 --topic posts --limit 1",
        &["feed: 1 dead letter\n"],
    );
    let shown = [
        "posts[0]@1",
        "failed, 0 of its key before it, 1 behind it",
        "x: 0x1b",
        "2 bytes: 00ff",
    ];
    let shown = operator.sees("dlq show --event e1", &shown);
    assert!(!shown.contains('\u{1b}'), "{shown}");
    operator.sees(
        "dlq show --event e2",
        &["waiting, 1 of its key before it", "none: a tombstone"],
    );
    operator.stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_and_a_discard_say_what_they_do_and_who_did_it() {
    let operator = Operator::with_letters().await;
    operator.sees(
        "dlq replay --group 0123456789ab --dry-run",
        &["feed: 2 letters of 1 key would be replayed"],
    );
    operator.sees(
        "dlq replay --key a",
        &["feed: 2 letters of 1 key will be replayed"],
    );
    operator.sees("dlq show --event e1", &["replay asked for at"]);
    operator.sees(
        "dlq discard --group 0123456789ab --dry-run",
        &[
            "1 letter would be discarded",
            "1 key would stay parked with 1 letter",
        ],
    );
    operator.sees(
        "dlq discard --event e1 --actor bob",
        &[
            "1 letter discarded",
            "1 key stays parked with 1 letter, which go by themselves",
        ],
    );
    operator.sees(
        "dlq discard --all",
        &["1 letter discarded", "1 key can flow again"],
    );
    let nothing = operator.types("dlq discard --all");
    assert_eq!(
        (nothing.code, &*nothing.out),
        (1, "nothing to discard: all\n")
    );
    let nothing = operator.types("dlq replay --event e1");
    assert_eq!(
        (nothing.code, &*nothing.out),
        (1, "nothing to replay: event e1\n")
    );
    let audit = operator.sees("dlq audit", &["key a", "event e1", "all"]);
    let who: Vec<_> = audit
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    let did: Vec<_> = audit
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().nth(3))
        .collect();
    assert_eq!(who.len(), 3, "{audit}");
    assert_eq!(
        who.iter().filter(|who| **who == "ada").count(),
        2,
        "{audit}"
    );
    assert_eq!(
        did.iter().filter(|did| **did == "discard").count(),
        2,
        "{audit}"
    );
    operator.stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_held_and_released_and_letters_are_purged() {
    let operator = Operator::with_letters().await;
    operator.sees("dlq list", &["AGAIN", "with a new build"]);
    operator.sees(
        "dlq hold 0123456789ab --service feed",
        &["group 0123456789ab: held"],
    );
    let again = operator.types("dlq hold 0123456789AB --service feed");
    assert_eq!(
        (again.code, &*again.out),
        (1, "group 0123456789ab: is held already\n")
    );
    operator.sees("dlq list", &["held"]);
    operator.sees(
        "dlq release 0123456789ab --service feed",
        &["goes by itself again"],
    );
    let nothing = operator.types("dlq purge --older-than 1d");
    assert_eq!(nothing.code, 1, "{}", nothing.out);
    operator.sees(
        "dlq purge --key a --dry-run",
        &["feed: 2 letters would be discarded"],
    );
    operator.sees(
        "dlq purge --key a --actor bob",
        &["feed: 2 letters discarded", "1 key can flow again"],
    );
    let audit = operator.sees("dlq audit", &["purge", "hold", "release"]);
    // Who is purged is not named.
    assert!(
        audit.contains("a key") && !audit.contains("key a"),
        "{audit}"
    );
    assert_eq!(operator.types("dlq purge").code, 2);
    assert_eq!(operator.types("dlq purge --older-than soon").code, 2);
    operator.stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named() {
    let operator = Operator::with_letters().await;
    for (line, named) in [
        (
            "dlq list --service fed",
            "--service: there is no service fed",
        ),
        (
            "dlq replay",
            "say which: --group, --key, --event, --consumer or --all",
        ),
        ("dlq replay --group one", "--group: "),
        ("dlq discard --key 0x1", "--key: "),
        ("dlq show --event e99", "--event: no dead letter"),
        ("lag --service fed", "--service: there is no service fed"),
    ] {
        let said = operator.types(line);
        assert_eq!(said.code, 1, "{line}");
        assert!(
            said.err.starts_with(&format!("nova: {named}")),
            "{line}: {}",
            said.err
        );
    }
    for line in [
        "dlq replay --all --key a",
        "dlq list --topic posts",
        "dlq list --limit 0",
    ] {
        assert_eq!(operator.types(line).code, 2, "{line}");
    }
    operator.stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outbox_status_says_what_waits_and_whether_somebody_publishes_it() {
    let stack = Stack::new().await;
    let operator = Operator { stack };
    for service in SERVICES {
        let pool = operator
            .stack
            .create_database(service, nova_event_bus::SCHEMA)
            .await;
        if service == "content" {
            let row = "INSERT INTO outbox (event_id, event_type, version, source, topic, key, subject, payload)
                       VALUES (gen_random_uuid(), 'nova.Thing', '1.0', '/nova', 'posts', 'a', 'a', '')";
            for _ in 0..3 {
                sqlx::query(row).execute(&pool).await.unwrap();
            }
        }
        pool.close().await;
    }
    let said = operator.sees("outbox status", &["SERVICE", "OLDEST", "RELAYED"]);
    let of = |service: &str| {
        let line = said.lines().find(|line| line.starts_with(service)).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        (words[1].to_owned(), line.contains(" no "))
    };
    assert_eq!(of("content"), ("3".to_owned(), true), "{said}");
    assert_eq!(of("feed"), ("0".to_owned(), true), "{said}");
    let pool = operator.stack.database("content").await;
    sqlx::query("DELETE FROM outbox")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    operator.stack.finish().await;
}
