//! Two services in one database, each with the tables of the bus in a schema of its own.

use nova_event_bus::{
    CancellationToken, Consumer, Delivery, KafkaConfig, Outbox, OutboxError, Relay, Router, Tables,
    migrate,
};
use nova_proto::catalogue::EVENTS;
use nova_proto::content::v1::PostCreated;
use nova_testkit::{Stack, eventually};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use tokio::task::JoinHandle;

use crate::recorder::post;

const SCHEMAS: [&str; 2] = ["one", "two"];
const EACH: usize = 20;

/// Writes down what came, where its own schema is.
async fn write_down(
    schema: &&'static str,
    tx: &mut PgConnection,
    post: &Delivery<PostCreated>,
) -> Result<(), OutboxError> {
    sqlx::query("INSERT INTO seen (schema, author, content) VALUES ($1, $2, $3)")
        .bind(*schema)
        .bind(&post.user_id)
        .bind(&post.content)
        .execute(tx)
        .await?;
    Ok(())
}

/// A service that relays and consumes until told to stop.
fn serve(
    kafka: &KafkaConfig,
    pool: &PgPool,
    schema: &'static str,
    stop: &CancellationToken,
) -> [JoinHandle<()>; 2] {
    let tables = Tables::new(pool.clone()).schema(schema);
    let router = Router::new(schema, schema)
        .knows(EVENTS)
        .once::<PostCreated>(write_down);
    [
        tokio::spawn(Relay::new(schema, &tables, kafka).run(stop.clone())),
        tokio::spawn(Consumer::new(kafka, &tables, router).run(stop.clone())),
    ]
}

async fn publish(pool: &PgPool, schema: &'static str) {
    let outbox = Outbox::in_schema(schema, schema);
    for number in 0..EACH {
        let mut tx = pool.begin().await.unwrap();
        let post = post(schema, &number.to_string());
        outbox.append(&mut tx, &post).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn count(pool: &PgPool, of: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {of}")))
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_with_schemas_of_their_own_share_a_database() {
    let stack = Stack::new().await;
    let shared =
        "CREATE TABLE seen (schema text, author text, content text); CREATE TABLE outbox ()";
    let pool = stack.create_database("shared", shared).await;
    for schema in SCHEMAS {
        migrate(Tables::new(pool.clone()).schema(schema))
            .await
            .unwrap();
    }
    let stop = CancellationToken::new();
    let running = SCHEMAS.map(|schema| serve(&stack.kafka, &pool, schema, &stop));
    tokio::join!(publish(&pool, "one"), publish(&pool, "two"));

    // Each consumer has what both published, once.
    let wanted = (2 * 2 * EACH) as i64;
    eventually("everything is seen by both", async || {
        let seen = count(&pool, "seen").await;
        if seen == wanted {
            Ok(())
        } else {
            Err(format!("{seen} of {wanted}"))
        }
    })
    .await;
    let distinct = count(
        &pool,
        "(SELECT DISTINCT schema, author, content FROM seen) AS rows",
    )
    .await;
    assert_eq!(distinct, wanted);
    for schema in SCHEMAS {
        // Near midnight a claim counts for both days.
        let claimed = format!("(SELECT DISTINCT consumer, event_id FROM {schema}.inbox) AS rows");
        assert_eq!(count(&pool, &claimed).await, 2 * EACH as i64);
        assert_eq!(count(&pool, &format!("{schema}.dead_letters")).await, 0);
        let outbox = format!("{schema}.outbox");
        eventually("its relay has emptied it", async || {
            let left = count(&pool, &outbox).await;
            if left == 0 {
                Ok(())
            } else {
                Err(format!("{left} rows"))
            }
        })
        .await;
    }
    stop.cancel();
    for task in running.into_iter().flatten() {
        task.await.unwrap();
    }
    stack.finish().await;
}
