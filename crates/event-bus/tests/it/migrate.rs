//! The tables of the bus, made and brought up to date.

use nova_event_bus::{BusError, Tables, migrate};
use nova_testkit::Stack;
use sqlx::{AssertSqlSafe, PgPool};

/// The tables as databases of version 1 have them, which will never change.
const VERSION_1: &str = include_str!("../../schema/0001.sql");

/// Something in each table of version 1.
const ROWS: &str = "
    INSERT INTO outbox (event_id, event_type, version, source, topic, key, subject, payload)
    SELECT gen_random_uuid(), 'shop.v1.Sold', '1.0', '/shop', 'sales', 'key', 'subject', '\\x00'
    FROM generate_series(1, 10);
    INSERT INTO inbox SELECT 'shop', gen_random_uuid() FROM generate_series(1, 1000);
    INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence, event_id, header_names,
                              header_values, fingerprint, code, reason, attempts, failed)
    SELECT gen_random_uuid(), 'shop', 'sales', 0, n, 'key', n, '{ce_id}', '{\"7\"}', 'print', 'invalid', 'why', 1,
           n = 1
    FROM generate_series(1, 3) AS n;
    INSERT INTO parked_sequences (consumer, topic, sequence, partition) VALUES ('shop', 'sales', 'key', 0);
    INSERT INTO dead_letter_audit (actor, action, selected, letters) VALUES ('ada', 'replay', 'all', 3);";

/// What `migrate` leaves, whatever it found: each table's columns and indexes, but for names that hold a day.
const SHAPE: &str = "
    SELECT string_agg(line, E'\\n' ORDER BY line COLLATE \"C\") FROM (
        SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS line
        FROM information_schema.columns WHERE table_schema = $1
        UNION ALL
        SELECT replace(indexdef, schemaname || '.', '') FROM pg_indexes WHERE schemaname = $1
        UNION ALL
        SELECT obj_description(to_regclass($1 || '.outbox'), 'pg_class')
    ) AS lines";

async fn shape(pool: &PgPool, schema: &str) -> String {
    let shape: String = sqlx::query_scalar(SHAPE)
        .bind(schema)
        .fetch_one(pool)
        .await
        .unwrap();
    shape
}

async fn count(pool: &PgPool, table: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
        .fetch_one(pool)
        .await
        .unwrap()
}

/// A database in which this was run.
async fn database(stack: &Stack, name: &str, sql: &str) -> PgPool {
    let pool = stack.create_database(name, "SELECT").await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&pool)
        .await
        .unwrap();
    pool
}

#[tokio::test]
async fn migrating_ends_in_the_same_tables_from_whatever_it_begins() {
    let stack = Stack::new().await;
    let nothing = database(&stack, "nothing", "SELECT").await;
    migrate(&nothing).await.unwrap();
    let wanted = shape(&nothing, "public").await;
    assert!(wanted.contains("nova-event-bus "), "{wanted}");

    let whole = database(&stack, "whole", nova_event_bus::SCHEMA).await;
    assert_eq!(shape(&whole, "public").await, wanted);
    migrate(&whole).await.unwrap();
    assert_eq!(shape(&whole, "public").await, wanted);

    let old = database(&stack, "old", VERSION_1).await;
    migrate(&old).await.unwrap();
    assert_eq!(shape(&old, "public").await, wanted);
    stack.finish().await;
}

#[tokio::test]
async fn what_was_in_older_tables_stays() {
    let stack = Stack::new().await;
    let pool = database(&stack, "filled", &format!("{VERSION_1}{ROWS}")).await;
    for _ in 0..2 {
        migrate(&pool).await.unwrap();
        for (table, rows) in [
            ("outbox", 10),
            ("inbox", 1000),
            ("dead_letters", 3),
            ("parked_sequences", 1),
            ("dead_letter_audit", 1),
        ] {
            assert_eq!(count(&pool, table).await, rows, "{table}");
        }
    }
    let blocking: Option<String> = sqlx::query_scalar("SELECT fingerprint FROM parked_sequences")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(blocking.as_deref(), Some("print"));
    // Nobody relays here, and no test may leave rows behind.
    sqlx::query("DELETE FROM outbox")
        .execute(&pool)
        .await
        .unwrap();
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_at_once_migrate_one_after_the_other() {
    let stack = Stack::new().await;
    for sql in ["SELECT".to_owned(), format!("{VERSION_1}{ROWS}")] {
        let name = format!("crowd{}", sql.len());
        let pool = database(&stack, &name, &sql).await;
        let crowd: Vec<_> = (0..4)
            .map(|_| tokio::spawn(migrate(pool.clone())))
            .collect();
        for one in crowd {
            one.await.unwrap().unwrap();
        }
        assert!(shape(&pool, "public").await.contains("nova-event-bus "));
        sqlx::query("DELETE FROM outbox")
            .execute(&pool)
            .await
            .unwrap();
    }
    stack.finish().await;
}

#[tokio::test]
async fn schemas_have_tables_of_their_own() {
    let stack = Stack::new().await;
    let pool = database(
        &stack,
        "schemas",
        "CREATE SCHEMA two; CREATE TABLE outbox (mine int)",
    )
    .await;
    for name in ["one", "two", "two"] {
        migrate(Tables::new(pool.clone()).schema(name))
            .await
            .unwrap();
    }
    assert_eq!(shape(&pool, "one").await, shape(&pool, "two").await);
    assert_eq!(count(&pool, "one.inbox").await, 0);
    let columns: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(columns, 1);
    // The path of the pool's connections is as it was.
    assert_eq!(count(&pool, "outbox").await, 0);
    let refused = migrate(&pool).await;
    assert!(
        matches!(refused, Err(BusError::ForeignTables)),
        "{refused:?}"
    );
    stack.finish().await;
}

#[tokio::test]
async fn tables_of_a_newer_program_are_left_alone() {
    let stack = Stack::new().await;
    let newer = "CREATE TABLE outbox (new int); COMMENT ON TABLE outbox IS 'nova-event-bus 99'";
    let pool = database(&stack, "newer", newer).await;
    migrate(&pool).await.unwrap();
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(tables, 1);
    stack.finish().await;
}
