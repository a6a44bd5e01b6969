//! The follow graph.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::{UserFollowed, UserUnfollowed};
use sqlx::PgConnection;

use crate::error::Error;
use crate::state::State;
use crate::store::follows::Follow;
use crate::{commands, events};

pub(super) async fn record_followed(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserFollowed>,
) -> Result<(), Error> {
    let follow = follow(
        &event.user_id,
        &event.followed_user_id,
        true,
        event.revision,
    )?;
    commands::record_follow(tx, &state.outbox, follow).await
}

pub(super) async fn mend_after_follow(
    state: &State,
    event: &Delivery<UserFollowed>,
) -> Result<(), Error> {
    mend(state, &event.user_id, &event.followed_user_id).await
}

pub(super) async fn record_unfollowed(
    state: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserUnfollowed>,
) -> Result<(), Error> {
    let follow = follow(
        &event.user_id,
        &event.followed_user_id,
        false,
        event.revision,
    )?;
    commands::record_follow(tx, &state.outbox, follow).await
}

pub(super) async fn mend_after_unfollow(
    state: &State,
    event: &Delivery<UserUnfollowed>,
) -> Result<(), Error> {
    mend(state, &event.user_id, &event.followed_user_id).await
}

async fn mend(state: &State, follower: &str, followee: &str) -> Result<(), Error> {
    let follower = events::id("user_id", follower)?;
    let followee = events::id("followed_user_id", followee)?;
    commands::mend_timeline(state, follower, followee, follower).await
}

fn follow(follower: &str, followee: &str, active: bool, revision: i64) -> Result<Follow, Error> {
    Ok(Follow {
        follower_id: events::id("user_id", follower)?,
        followee_id: events::id("followed_user_id", followee)?,
        active,
        revision: events::revision(revision)?,
    })
}
