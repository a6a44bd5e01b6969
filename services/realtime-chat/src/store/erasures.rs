//! How a user who is gone for good is erased.

/// All that is kept of a user but their row in `accounts`. What others' changes and rows say of them is their id.
pub const STEPS: &[&str] = &[
    "UPDATE changes SET payload = NULL, sender_id = NULL WHERE (conversation_id, position) IN (
             SELECT conversation_id, position FROM changes
             WHERE sender_id = $1 AND payload IS NOT NULL LIMIT $2)",
    "DELETE FROM rejections WHERE id IN (SELECT id FROM rejections WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM marks WHERE user_id = $1 AND conversation_id IN (
             SELECT conversation_id FROM marks WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM members WHERE user_id = $1 AND conversation_id IN (
             SELECT conversation_id FROM members WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM blocks WHERE user_id = $1 AND other_id IN (
             SELECT other_id FROM blocks WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM blocks WHERE other_id = $1 AND user_id IN (
             SELECT user_id FROM blocks WHERE other_id = $1 LIMIT $2)",
];
