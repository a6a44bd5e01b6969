//! How a user who is gone for good is erased, once `departures` has told the members of their conversations.

/// All that is kept of a user but their row in `accounts`.
pub const STEPS: &[&str] = &[
    "DELETE FROM exports WHERE user_id = $1 AND $2 > 0",
    "DELETE FROM media WHERE owner_id = $1 AND id IN (
             SELECT id FROM media WHERE owner_id = $1 LIMIT $2)",
    "DELETE FROM sends WHERE user_id = $1 AND (kind, key) IN (
             SELECT kind, key FROM sends WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM idempotency_keys WHERE owner = $1 AND key IN (
             SELECT key FROM idempotency_keys WHERE owner = $1 LIMIT $2)",
    "DELETE FROM blocks WHERE user_id = $1 AND other_id IN (
             SELECT other_id FROM blocks WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM blocks WHERE other_id = $1 AND user_id IN (
             SELECT user_id FROM blocks WHERE other_id = $1 LIMIT $2)",
    "DELETE FROM pairs WHERE user_id = $1 AND other_id IN (
             SELECT other_id FROM pairs WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM pairs WHERE other_id = $1 AND user_id IN (
             SELECT user_id FROM pairs WHERE other_id = $1 LIMIT $2)",
];
