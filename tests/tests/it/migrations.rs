//! Databases that are behind a program, ahead of it, not there, or another service's; and files that were applied somewhere.

use std::path::Path;

use include_dir::{Dir, DirEntry, include_dir};
use nova_cli::platform::{MIGRATIONS, SERVICES};
use nova_service::postgres::{Database, Migrations, SchemaError, migrator};
use nova_testkit::Stack;

static CONTENT: Dir = include_dir!("$CARGO_MANIFEST_DIR/../services/content/migrations");
static FEED: Dir = include_dir!("$CARGO_MANIFEST_DIR/../services/feed/migrations");

/// All but the last of a service: those of the build before.
fn earlier(folder: &Dir<'static>) -> Dir<'static> {
    let mut files: Vec<_> = folder.files().cloned().collect();
    files.sort_by_key(|file| file.path().to_owned());
    files.pop();
    let entries: Vec<DirEntry<'static>> = files.into_iter().map(DirEntry::File).collect();
    Dir::new("", Box::leak(entries.into_boxed_slice()))
}

async fn connect(stack: &Stack, folder: &Dir<'static>) -> anyhow::Result<Database> {
    Database::connect(&mut stack.env(), "content", folder).await
}

async fn refused(stack: &Stack, folder: &Dir<'static>) -> SchemaError {
    let error = connect(stack, folder).await.expect_err("refused");
    error.downcast().expect("refused for its schema")
}

fn migrations(stack: &Stack, folder: &Dir<'static>) -> Migrations {
    Migrations::read(&mut stack.env(), "content", folder).expect("settings that are right")
}

#[tokio::test]
async fn a_program_works_on_a_newer_schema_than_it_knows() {
    let stack = Stack::new().await;
    connect(&stack, &CONTENT).await.unwrap();
    let older = connect(&stack, &earlier(&CONTENT)).await.unwrap();
    let posts = "SELECT count(*) FROM posts";
    let count: i64 = sqlx::query_scalar(posts)
        .fetch_one(&older.pool)
        .await
        .unwrap();
    assert_eq!(count, 0);
    let pending = migrations(&stack, &earlier(&CONTENT)).pending().await;
    assert_eq!(pending.unwrap(), [""; 0]);
    // And so where nobody is to change anything.
    let stack = stack.with("NOVA_POSTGRES_MIGRATE", "off");
    connect(&stack, &earlier(&CONTENT)).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn what_is_not_to_be_migrated_is_not() {
    let stack = Stack::new().await.with("NOVA_POSTGRES_MIGRATE", "off");
    let database = migrations(&stack, &CONTENT).database().to_owned();
    let absent = SchemaError::Absent {
        database: database.clone(),
        service: "content",
    };
    assert_eq!(refused(&stack, &CONTENT).await, absent);
    // Nor was it made.
    assert_eq!(refused(&stack, &CONTENT).await, absent);
    let all = migrations(&stack, &CONTENT).pending().await.unwrap();
    assert_eq!(all.len(), CONTENT.files().count());
    let applied = migrations(&stack, &earlier(&CONTENT)).run().await.unwrap();
    assert_eq!(applied, all[..all.len() - 1]);
    let behind = SchemaError::Behind {
        database,
        service: "content",
        lacks: vec![all[all.len() - 1].clone()],
    };
    assert_eq!(refused(&stack, &CONTENT).await, behind);
    let said = behind.to_string();
    assert!(said.contains(&all[all.len() - 1]), "{said}");
    let rest = migrations(&stack, &CONTENT).run().await.unwrap();
    assert_eq!(rest, all[all.len() - 1..]);
    connect(&stack, &CONTENT).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn the_database_of_another_service_is_refused_by_its_name() {
    let stack = Stack::new().await;
    migrations(&stack, &FEED).run().await.unwrap();
    let theirs = migrations(&stack, &CONTENT);
    let foreign = theirs.pending().await.unwrap_err().to_string();
    assert!(foreign.contains(theirs.database()), "{foreign}");
    let again = refused(&stack, &CONTENT).await;
    assert!(
        matches!(
            again,
            SchemaError::Foreign {
                service: "content",
                ..
            }
        ),
        "{again}"
    );
    let feed = migrations(&stack, &FEED).pending().await.unwrap();
    assert_eq!(feed, [""; 0], "nothing of it was changed");
    stack.finish().await;
}

/// Whoever has applied a file has applied what it was then: files that have landed stay as they are. A new one is added to
/// the list by `UPDATE_MIGRATIONS=1 ./scripts/test files_that_were_applied`.
#[test]
fn files_that_were_applied_somewhere_stay_as_they_are() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations.sha384");
    let mut lines: Vec<String> = Vec::new();
    for (service, folder) in SERVICES.into_iter().zip(MIGRATIONS) {
        for one in migrator(folder).expect("migrations").iter() {
            let sum: String = one
                .checksum
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let what = one.description.replace(' ', "_");
            lines.push(format!(
                "services/{service}/migrations/{:04}_{what}.sql {sum}",
                one.version
            ));
        }
    }
    lines.sort_unstable();
    let found = lines.join("\n") + "\n";
    let known = std::fs::read_to_string(&list).unwrap_or_default();
    let changed: Vec<&str> = known
        .lines()
        .filter(|line| !found.lines().any(|one| one == *line))
        .collect();
    assert!(
        changed.is_empty(),
        "changed or gone since they landed: {changed:#?}"
    );
    if std::env::var_os("UPDATE_MIGRATIONS").is_some() {
        std::fs::write(&list, &found).expect("the list can be written");
    } else {
        assert_eq!(
            found, known,
            "tests/migrations.sha384 lacks a file: see the comment of this test"
        );
    }
}
