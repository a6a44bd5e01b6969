//! A commit that commits nothing is no commit.

use nova_content::commands;
use nova_content::domain::{Draft, PostType, Visibility};
use nova_content::state::State;
use nova_ids::UserId;
use nova_resilience::{Code, Fault};
use nova_service::idempotency::IdempotencyKey;
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
        let (kind, visibility) = (PostType::Text, Visibility::Public);
        let draft = Draft::check("hello".to_owned(), kind, visibility, Vec::new()).unwrap();
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
    // The connection is as good as before, and in no transaction.
    let pool = &state.database.pool;
    assert_eq!(pool.size(), 1);
    let mut connection = pool.acquire().await.unwrap();
    for _ in 0..2 {
        let now: (bool,) = sqlx::query_as("SELECT transaction_timestamp() = statement_timestamp()")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        assert_eq!(now, (true,));
    }
    drop(connection);
    content.finish().await;
}
