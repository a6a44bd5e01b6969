//! What this service publishes. The one place where a greeting becomes an event.

use nova_proto::greeting::v1::Greeted;

use crate::domain::Greeting;

/// A user was greeted.
#[must_use]
pub fn greeted(greeting: &Greeting) -> Greeted {
    Greeted {
        greeting_id: greeting.id.to_string(),
        user_id: greeting.user_id.to_string(),
        text: greeting.text.clone(),
    }
}
