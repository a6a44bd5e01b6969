//! Outboxes in schemas of their own.

use nova_event_bus::{Outbox, SCHEMA, Tables, outbox_status};
use nova_testkit::{Stack, eventually};
use sqlx::{AssertSqlSafe, PgPool};

use super::{contents, published, relay, stopped};
use crate::recorder::post;

async fn append(pool: &PgPool, schema: &'static str, content: &str) {
    let mut tx = pool.begin().await.unwrap();
    let outbox = Outbox::in_schema(schema, schema);
    outbox
        .append(&mut tx, &post(schema, content))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_outboxes_in_one_database_have_a_relay_each() {
    let stack = Stack::new().await;
    let pool = stack
        .create_database("shops", "CREATE TABLE outbox ()")
        .await;
    for schema in ["one", "other"] {
        let tables = format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {SCHEMA}");
        let mut connection = pool.acquire().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(tables))
            .execute(&mut *connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }
    let tables = |schema| Tables::from(&pool).schema(schema);
    let relays = ["one", "other"].map(|schema| relay(&stack.kafka, tables(schema)));
    for number in 0..5 {
        append(&pool, "one", &number.to_string()).await;
        append(&pool, "other", &number.to_string()).await;
    }
    let events = published(&stack, 10).await;
    for schema in ["one", "other"] {
        assert_eq!(contents(&events, schema), ["0", "1", "2", "3", "4"]);
        eventually("its relay has emptied it", async || {
            let status = outbox_status(tables(schema)).await.unwrap();
            status.is_relayed && status.rows == 0
        })
        .await;
    }
    for relay in relays {
        stopped(relay).await;
    }
    stack.finish().await;
}
