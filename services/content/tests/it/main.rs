//! The content service, started whole, with real Postgres and Kafka.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stands"
)]

mod accounts;
mod commit;
mod content;
mod create_post;
mod delete_post;
mod exports;
mod follows;
mod idempotency;
mod kafka_down;
mod list_posts;
mod media;
mod openapi;
mod preconditions;
mod publishing;
mod rate_limit;
mod update_post;
mod validation;
mod visibility;
