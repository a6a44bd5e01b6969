//! A greeting and what may be in it.

use nova_ids::UserId;
use nova_resilience::{FieldError, Invalid};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most characters (Unicode scalar values) of a greeting.
const TEXT_MAX: usize = 100;

/// A greeting, exactly as the REST API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Greeting {
    /// A UUIDv7, so that greetings sort by time.
    pub id: Uuid,
    /// Who is greeted.
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    /// 1 to 100 characters.
    pub text: String,
}

impl Greeting {
    /// What a user wrote.
    ///
    /// # Errors
    /// When the text is empty or too long.
    pub fn check(id: Uuid, user_id: UserId, text: String) -> Result<Self, Invalid> {
        let length = text.chars().count();
        if (1..=TEXT_MAX).contains(&length) {
            return Ok(Self { id, user_id, text });
        }
        let message = format!("must have 1 to {TEXT_MAX} characters");
        Err(FieldError::new("text", "invalid_length", message).into())
    }

    /// What a new user is greeted with.
    #[must_use]
    pub fn welcome(id: Uuid, user_id: UserId, word: &str, username: &str) -> Self {
        let text = format!("{word}, {username}");
        Self { id, user_id, text }
    }
}
