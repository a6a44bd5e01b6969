//! Why a change of a conversation is refused, when the request itself is well-formed.

use nova_resilience::FieldError;

/// A request that makes sense and cannot be followed as things are: HTTP 422.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unprocessable {
    /// A stable word for programs.
    pub reason: &'static str,
    /// A sentence for people.
    pub detail: &'static str,
    /// The field that is wrong, if one is.
    pub fields: Vec<FieldError>,
}

impl Unprocessable {
    /// That, without a field.
    #[must_use]
    pub const fn new(reason: &'static str, detail: &'static str) -> Self {
        Self {
            reason,
            detail,
            fields: Vec::new(),
        }
    }

    /// That, of this field.
    #[must_use]
    pub fn of_field(field: &'static str, reason: &'static str, detail: &'static str) -> Self {
        Self {
            reason,
            detail,
            fields: vec![FieldError::new(field, reason, detail)],
        }
    }

    /// A conversation with oneself, or giving oneself a role.
    #[must_use]
    pub fn oneself(field: &'static str) -> Self {
        Self::of_field(field, "oneself", "cannot be oneself")
    }

    /// A `DIRECT` has two members and no title.
    #[must_use]
    pub const fn of_a_direct() -> Self {
        let detail = "a DIRECT has two members without roles, and no title";
        Self::new("direct_conversation", detail)
    }

    /// A read mark behind the newest message.
    #[must_use]
    pub fn not_yet() -> Self {
        let detail = "there is no message with this sequence yet";
        Self::of_field("sequence", "not_yet", detail)
    }

    /// An answer to what is not there, or not to be seen.
    #[must_use]
    pub fn no_such_message() -> Self {
        let detail = "there is no such message in this conversation";
        Self::of_field("reply_to", "no_such_message", detail)
    }

    /// A `client_message_id` that has sent something else.
    #[must_use]
    pub fn reused() -> Self {
        let detail = "was used before for another message";
        Self::of_field("client_message_id", "client_message_id_reused", detail)
    }
}

/// Why a change is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The one asking sees it and may not do that.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Whom it is about is no member.
    #[error("there is no such member")]
    NoSuchMember,
    /// As things are it cannot be.
    #[error(transparent)]
    Unprocessable(#[from] Unprocessable),
}
