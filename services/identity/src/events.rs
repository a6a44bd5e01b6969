//! What this service publishes. The one place where a user, a follow or a block becomes an event.

use nova_ids::{ExportId, UserId};
use nova_proto::catalogue::EVENTS;
use nova_proto::identity::v1::{
    ExportRequested, FollowRequested, MailKind, MailRequested, UserBlocked, UserDeactivated,
    UserDeleted, UserFollowed, UserMuted, UserProfileUpdated, UserReactivated, UserRegistered,
    UserUnblocked, UserUnfollowed, UserUnmuted,
};
use nova_proto::timestamp;
use time::OffsetDateTime;

use crate::domain::{Account, Pair, Purpose, User};

/// Someone has an account.
#[must_use]
pub fn user_registered(account: &Account) -> UserRegistered {
    let user = &account.user;
    UserRegistered {
        user_id: user.id.to_string(),
        username: user.username.clone(),
        email: account.email.clone(),
        registered_at: Some(timestamp(user.created_at)),
        display_name: user.display_name.clone(),
        revision: user.revision,
    }
}

/// A profile was edited; this is how it is now.
#[must_use]
pub fn user_profile_updated(user: &User) -> UserProfileUpdated {
    UserProfileUpdated {
        user_id: user.id.to_string(),
        username: Some(user.username.clone()),
        display_name: Some(user.display_name.clone()),
        avatar_url: user.avatar_url.clone(),
        updated_at: Some(timestamp(user.updated_at)),
        revision: user.revision,
        locked: user.locked,
    }
}

/// The pair is a follow since `at`.
#[must_use]
pub fn user_followed(pair: Pair, at: OffsetDateTime, revision: i64) -> UserFollowed {
    UserFollowed {
        user_id: pair.user().to_string(),
        followed_user_id: pair.other().to_string(),
        followed_at: Some(timestamp(at)),
        revision,
    }
}

/// The pair is no follow since `at`.
#[must_use]
pub fn user_unfollowed(pair: Pair, at: OffsetDateTime, revision: i64) -> UserUnfollowed {
    UserUnfollowed {
        user_id: pair.user().to_string(),
        followed_user_id: pair.other().to_string(),
        unfollowed_at: Some(timestamp(at)),
        revision,
    }
}

/// A user, if there is such a one, is to be sent a mail.
#[must_use]
pub fn mail_requested(user: UserId, purpose: Purpose, at: OffsetDateTime) -> MailRequested {
    let kind = match purpose {
        Purpose::VerifyEmail => MailKind::VerifyEmail,
        Purpose::ResetPassword => MailKind::ResetPassword,
    };
    MailRequested {
        user_id: user.to_string(),
        kind: kind.into(),
        requested_at: Some(timestamp(at)),
    }
}

/// The one of the pair asks to follow the other, since `at`.
#[must_use]
pub fn follow_requested(pair: Pair, at: OffsetDateTime) -> FollowRequested {
    FollowRequested {
        user_id: pair.user().to_string(),
        requested_user_id: pair.other().to_string(),
        requested_at: Some(timestamp(at)),
    }
}

/// The one of the pair blocks the other since `at`.
#[must_use]
pub fn user_blocked(pair: Pair, at: OffsetDateTime, revision: i64) -> UserBlocked {
    UserBlocked {
        user_id: pair.user().to_string(),
        blocked_user_id: pair.other().to_string(),
        blocked_at: Some(timestamp(at)),
        revision,
    }
}

/// The one of the pair blocks the other no longer since `at`.
#[must_use]
pub fn user_unblocked(pair: Pair, at: OffsetDateTime, revision: i64) -> UserUnblocked {
    UserUnblocked {
        user_id: pair.user().to_string(),
        blocked_user_id: pair.other().to_string(),
        unblocked_at: Some(timestamp(at)),
        revision,
    }
}

/// The one of the pair mutes the other since `at`.
#[must_use]
pub fn user_muted(pair: Pair, at: OffsetDateTime, revision: i64) -> UserMuted {
    UserMuted {
        user_id: pair.user().to_string(),
        muted_user_id: pair.other().to_string(),
        muted_at: Some(timestamp(at)),
        revision,
    }
}

/// The one of the pair mutes the other no longer since `at`.
#[must_use]
pub fn user_unmuted(pair: Pair, at: OffsetDateTime, revision: i64) -> UserUnmuted {
    UserUnmuted {
        user_id: pair.user().to_string(),
        muted_user_id: pair.other().to_string(),
        unmuted_at: Some(timestamp(at)),
        revision,
    }
}

/// The account is gone since `at`, and erased not before `kept_until`.
#[must_use]
pub fn user_deactivated(
    user: UserId,
    at: OffsetDateTime,
    kept_until: OffsetDateTime,
    revision: i64,
) -> UserDeactivated {
    UserDeactivated {
        user_id: user.to_string(),
        deactivated_at: Some(timestamp(at)),
        kept_until: Some(timestamp(kept_until)),
        revision,
    }
}

/// The account is back since `at`.
#[must_use]
pub fn user_reactivated(user: UserId, at: OffsetDateTime, revision: i64) -> UserReactivated {
    UserReactivated {
        user_id: user.to_string(),
        reactivated_at: Some(timestamp(at)),
        revision,
    }
}

/// The account is erased, since `at` and for good.
#[must_use]
pub fn user_deleted(user: UserId, at: OffsetDateTime, revision: i64) -> UserDeleted {
    UserDeleted {
        user_id: user.to_string(),
        deleted_at: Some(timestamp(at)),
        revision,
    }
}

/// The user wants all that is kept of them.
#[must_use]
pub fn export_requested(user: UserId, export: ExportId, at: OffsetDateTime) -> ExportRequested {
    ExportRequested {
        user_id: user.to_string(),
        export_id: export.to_string(),
        requested_at: Some(timestamp(at)),
    }
}

/// Those who answer [`export_requested`]: each has an event in the catalogue whose name ends so.
pub fn exporting_services() -> impl Iterator<Item = &'static str> {
    let answers = EVENTS
        .iter()
        .filter(|info| info.event_type.ends_with("Exported"));
    answers.map(|info| info.owner)
}
