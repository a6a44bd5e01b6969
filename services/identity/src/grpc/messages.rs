//! Our words as protobuf messages.

use nova_proto::identity::v1 as proto;
use nova_proto::timestamp;
use nova_service::tokens::Caller;

use crate::domain::{Account, Session, SignedIn, User};

pub(super) fn signed_in(signed_in: SignedIn) -> (proto::Account, proto::Tokens) {
    let tokens = proto::Tokens {
        access_token: signed_in.access_token,
        refresh_token: signed_in.refresh_token.reveal(),
        expires_in: signed_in.expires_in.whole_seconds(),
    };
    (signed_in.account.into(), tokens)
}

pub(super) fn session(caller: Caller, session: Session) -> proto::Session {
    proto::Session {
        id: session.id.to_string(),
        created_at: Some(timestamp(session.id.made_at())),
        last_used_at: Some(timestamp(session.last_used_at)),
        address: session.device.address,
        user_agent: session.device.user_agent,
        current: session.id == caller.session_id,
    }
}

impl From<Account> for proto::Account {
    fn from(account: Account) -> Self {
        Self {
            user: Some(account.user.into()),
            email: account.email,
            email_verified: account.email_verified,
        }
    }
}

impl From<User> for proto::User {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            username: user.username,
            display_name: user.display_name,
            avatar_url: user.avatar_url,
            created_at: Some(timestamp(user.created_at)),
            updated_at: Some(timestamp(user.updated_at)),
            locked: user.locked,
        }
    }
}
