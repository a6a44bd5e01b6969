//! The follow graph.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::{UserFollowed, UserUnfollowed};
use sqlx::PgConnection;

use super::{id, revision};
use crate::commands;
use crate::domain::Follow;
use crate::error::Error;
use crate::state::State;

pub(super) async fn user_followed(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserFollowed>,
) -> Result<(), Error> {
    let follow = follow(
        &event.user_id,
        &event.followed_user_id,
        true,
        event.revision,
    )?;
    commands::record_follow(tx, follow).await
}

pub(super) async fn user_unfollowed(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserUnfollowed>,
) -> Result<(), Error> {
    let follow = follow(
        &event.user_id,
        &event.followed_user_id,
        false,
        event.revision,
    )?;
    commands::record_follow(tx, follow).await
}

fn follow(follower: &str, followee: &str, active: bool, number: i64) -> Result<Follow, Error> {
    Ok(Follow {
        follower_id: id("user_id", follower)?,
        followee_id: id("followed_user_id", followee)?,
        active,
        revision: revision(number)?,
    })
}
