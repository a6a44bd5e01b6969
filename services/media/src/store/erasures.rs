//! How a user who is gone for good is erased.

/// All that is kept of a user but their row in `accounts`.
pub const STEPS: &[&str] = &["DELETE FROM idempotency_keys WHERE owner = $1 AND key IN (
             SELECT key FROM idempotency_keys WHERE owner = $1 LIMIT $2)"];
