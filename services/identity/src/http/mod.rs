//! REST: handlers read the request, call one command or query, and map the answer.

mod auth;
mod aversions;
mod device;
mod export;
mod follow_requests;
mod follows;
mod keys;
mod passwords;
mod recovery;
mod sessions;
mod users;

use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// Every route of this service, each behind its limit.
pub(crate) fn router(state: &State) -> OpenApiRouter {
    let limits = &state.limits;
    registration()
        .layer(limits.registrations.clone())
        .merge(sign_in().layer(limits.sign_ins_by_address.clone()))
        .merge(forgotten().layer(limits.recoveries_by_address.clone()))
        .merge(mail_tokens().layer(limits.mail_tokens.clone()))
        .merge(
            others()
                .layer(limits.writes.clone())
                .layer(limits.reads.clone()),
        )
        .with_state(state.clone())
}

/// What the OpenAPI document says of them.
pub(crate) fn openapi() -> OpenApi {
    registration()
        .merge(sign_in())
        .merge(forgotten())
        .merge(mail_tokens())
        .merge(others())
        .into_openapi()
}

fn registration() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(auth::register_user))
}

fn sign_in() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(auth::log_in))
}

fn forgotten() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(recovery::forgot_password))
}

fn mail_tokens() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(recovery::verify_email))
        .routes(routes!(recovery::reset_password))
}

fn others() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(auth::refresh_session))
        .routes(routes!(auth::log_out))
        .routes(routes!(users::get_me, users::update_me, users::delete_me))
        .routes(routes!(export::get_export))
        .routes(routes!(passwords::change_password))
        .routes(routes!(sessions::list_sessions))
        .routes(routes!(sessions::end_session))
        .routes(routes!(users::get_user))
        .routes(routes!(users::get_user_by_username))
        .routes(routes!(follows::follow_user, follows::unfollow_user))
        .routes(routes!(follows::list_followers))
        .routes(routes!(follows::list_following))
        .routes(routes!(follow_requests::list_follow_requests))
        .routes(routes!(
            follow_requests::accept_follow_request,
            follow_requests::refuse_follow_request
        ))
        .routes(routes!(follow_requests::remove_follower))
        .routes(routes!(aversions::list_blocks))
        .routes(routes!(aversions::list_mutes))
        .routes(routes!(aversions::block_user, aversions::unblock_user))
        .routes(routes!(aversions::mute_user, aversions::unmute_user))
        .routes(routes!(keys::list_keys))
}
