//! Files: every one that was taken is whole, one that was interrupted goes on, and nothing stays that nobody needs.
//!
//! Two replicas over one store; clients of theirs send forms and pieces, and whom they send them to is killed at a random byte, as
//! Postgres and Kafka are. Who is cut off goes on at the other replica, or sends the form again under its key. Afterwards what is
//! served is compared with what must be, byte by byte, and the store with the tables. Then the disk is full, or cannot be written to; and a
//! bucket of S3 fails in every way, if `NOVA_TEST_S3` names one: for longer than anything waits for it, or so many
//! seconds as `NOVA_FAULT_OUTAGE` says.

mod bucket;
mod deals;
mod disk;
mod files;
mod judge;
mod run;
mod sender;
mod stage;
mod store;
mod uploader;

use crate::TURN;

#[tokio::test]
async fn every_file_that_was_taken_is_whole_whatever_is_killed() -> anyhow::Result<()> {
    let _turn = TURN.lock().await;
    Box::pin(run::survive()).await
}
