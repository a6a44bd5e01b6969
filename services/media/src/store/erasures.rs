//! How a user who is gone for good is erased. The rows of their folders go when the files are gone.

/// All that is kept of a user but their row in `accounts`.
pub const STEPS: &[&str] = &[
    "UPDATE folders SET remove_at = now() WHERE id IN (
             SELECT id FROM folders
             WHERE owner_id = $1 AND (remove_at IS NULL OR remove_at > now()) LIMIT $2)",
    "DELETE FROM exports WHERE user_id = $1 AND $2 > 0",
    "DELETE FROM pieces WHERE (upload_id, start) IN (
             SELECT upload_id, start FROM pieces
             WHERE upload_id IN (SELECT id FROM uploads WHERE owner_id = $1
                                 UNION ALL SELECT id FROM media WHERE owner_id = $1) LIMIT $2)",
    "DELETE FROM uploads WHERE id IN (SELECT id FROM uploads WHERE owner_id = $1 LIMIT $2)",
    "DELETE FROM media WHERE id IN (SELECT id FROM media WHERE owner_id = $1 LIMIT $2)",
    "DELETE FROM blobs WHERE id IN (SELECT id FROM blobs WHERE owner_id = $1 LIMIT $2)",
    "DELETE FROM claims WHERE user_id = $1 AND (media_id, post_id) IN (
             SELECT media_id, post_id FROM claims WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM posts WHERE id IN (SELECT id FROM posts WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM idempotency_keys WHERE owner = $1 AND key IN (
             SELECT key FROM idempotency_keys WHERE owner = $1 LIMIT $2)",
];
