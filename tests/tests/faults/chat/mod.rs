//! Chat: every message that was acknowledged reaches every device of every member once and in order, whatever is killed.
//!
//! Two replicas; a hundred users with a device at each, in fifty conversations. Devices send by socket, their users by REST, where they
//! also edit, delete, react, read and rename, while a deck is dealt: replicas, Kafka, Redis and Postgres are killed or
//! stand still, Redis is emptied, and the network between devices and a replica is cut or falls silent. Who is cut off
//! comes back with its positions, here or there. Each device keeps a log by position, and what it would show. Afterwards all of
//! that is compared with what was acknowledged and with REST, then every device comes back once more, and new ones come
//! that are told everything from the beginning.
//!
//! `NOVA_FAULT_SECONDS` (30) is for how long they talk; the deck is dealt once in half a minute.

mod device;
mod hand;
mod judge;
mod ledger;
mod log;
mod run;

use crate::TURN;

#[tokio::test]
async fn chat_loses_and_doubles_nothing_whatever_is_killed() -> anyhow::Result<()> {
    let _turn = TURN.lock().await;
    Box::pin(run::survive()).await
}
