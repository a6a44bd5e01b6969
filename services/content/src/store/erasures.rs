//! How a user who is gone for good is erased.

/// All that is kept of a user but their row in `accounts`.
pub const STEPS: &[&str] = &[
    "DELETE FROM exports WHERE user_id = $1 AND $2 > 0",
    // Before posts, as whoever tells of a medium has the medium before its posts.
    "DELETE FROM media WHERE owner_id = $1 AND id IN (
             SELECT id FROM media WHERE owner_id = $1 LIMIT $2)",
    "DELETE FROM posts WHERE id IN (SELECT id FROM posts WHERE author_id = $1 LIMIT $2)",
    "DELETE FROM idempotency_keys WHERE owner = $1 AND key IN (
             SELECT key FROM idempotency_keys WHERE owner = $1 LIMIT $2)",
    "DELETE FROM follows WHERE follower_id = $1 AND followee_id IN (
             SELECT followee_id FROM follows WHERE follower_id = $1 LIMIT $2)",
    "DELETE FROM follows WHERE followee_id = $1 AND follower_id IN (
             SELECT follower_id FROM follows WHERE followee_id = $1 LIMIT $2)",
];
