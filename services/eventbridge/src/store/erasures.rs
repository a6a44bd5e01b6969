//! How a user who is gone for good is erased.

/// All that is kept of a user but their row in `accounts`. Of posts only ids are kept, and whether they are public.
pub const STEPS: &[&str] = &[
    "DELETE FROM members WHERE user_id = $1 AND conversation_id IN (
             SELECT conversation_id FROM members WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM blocks WHERE user_id = $1 AND other_id IN (
             SELECT other_id FROM blocks WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM blocks WHERE other_id = $1 AND user_id IN (
             SELECT user_id FROM blocks WHERE other_id = $1 LIMIT $2)",
];
