//! A commit that commits nothing is no commit.

use nova_content::commands;
use nova_content::domain::{Draft, Visibility};
use nova_content::state::State;
use nova_ids::UserId;
use nova_resilience::{Code, Fault};
use nova_service::idempotency::IdempotencyKey;
use nova_testkit::eventually;
use sqlx::Connection as _;
use tonic::metadata::MetadataMap;

use crate::content::Content;

/// A command that swallows the failure of a statement, as Postgres answers its COMMIT with ROLLBACK.
#[tokio::test]
async fn a_command_that_swallows_a_failure_commits_nothing_and_says_so() {
    let content = Content::start().await;
    let state = State::connect(&mut content.stack.env()).await.unwrap();
    let author = UserId::new();
    let posts = async || {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM posts");
        count.fetch_one(&content.pool).await.unwrap()
    };
    for swallows in [true, false] {
        let mut tx = state.begin().await.unwrap();
        let visibility = Visibility::Public;
        let draft = Draft::check(
            Some("hello".to_owned()),
            None,
            visibility,
            Vec::new(),
            Vec::new(),
        )
        .unwrap();
        let key = IdempotencyKey::from_metadata(&MetadataMap::new()).unwrap();
        commands::create_post(&mut tx, &state.outbox, author, draft, &key)
            .await
            .unwrap();
        if swallows {
            let failed = sqlx::query("SELECT 1 / 0").execute(&mut *tx).await;
            assert!(failed.is_err());
        }
        let committed = state.commit(tx).await;
        assert_eq!(committed.is_err(), swallows, "{committed:?}");
        assert_eq!(posts().await, i64::from(!swallows));
        if let Err(error) = committed {
            assert_eq!(error.code(), Code::Internal);
        }
    }
    // The connections are as good as before, and in no transaction.
    let pool = &state.database.pool;
    let mut connections = Vec::new();
    for _ in 0..pool.size() {
        let mut connection = pool.acquire().await.unwrap();
        connection.ping().await.unwrap();
        connections.push(connection);
    }
    eventually("none of them is in a transaction", async || {
        let inside = sqlx::query_scalar::<_, i64>(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
        );
        inside.fetch_one(&content.pool).await.unwrap() == 0
    })
    .await;
    drop(connections);
    content.finish().await;
}

/// What Postgres chooses by itself costs more than it saves: see `SESSION` in nova-service.
#[tokio::test]
async fn a_statement_is_planned_once_and_never_compiled() {
    let content = Content::start().await;
    let state = State::connect(&mut content.stack.env()).await.unwrap();
    for (setting, wanted) in [("plan_cache_mode", "force_generic_plan"), ("jit", "off")] {
        let set = sqlx::query_scalar::<_, String>("SELECT current_setting($1)");
        let set = set.bind(setting).fetch_one(&state.database.pool).await;
        assert_eq!(set.unwrap(), wanted, "{setting}");
    }
    content.finish().await;
}
