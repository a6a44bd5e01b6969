//! The bus by itself: what is appended takes effect once and in order per key, whoever is killed, stands
//! still, comes or goes.

mod judge;
mod load;
mod member;
mod run;
mod schedule;
mod stage;

use crate::TURN;

#[tokio::test]
async fn events_take_effect_once_and_in_order_whatever_becomes_of_members_of_a_classic_group()
-> anyhow::Result<()> {
    let _turn = TURN.lock().await;
    Box::pin(run::survive("classic")).await
}

#[tokio::test]
async fn events_take_effect_once_and_in_order_whatever_becomes_of_members_of_a_consumer_group()
-> anyhow::Result<()> {
    let _turn = TURN.lock().await;
    Box::pin(run::survive("consumer")).await
}
