//! How a user who is gone for good is erased.

/// All that is kept of a user but their row in `authors`, and the one in `readers`, which leads to their timeline and
/// goes after it ([`crate::commands::forget_user`]). What timelines have of their posts are ids, which lead nowhere
/// and go with the timelines.
pub const STEPS: &[&str] = &[
    "DELETE FROM fanouts WHERE id IN (SELECT id FROM fanouts WHERE author_id = $1 LIMIT $2)",
    "DELETE FROM pulled_posts WHERE author_id = $1 AND post_id IN (
             SELECT post_id FROM pulled_posts WHERE author_id = $1 LIMIT $2)",
    "DELETE FROM posts WHERE id IN (
             SELECT id FROM posts WHERE author_id = $1 AND NOT deleted LIMIT $2)",
    "DELETE FROM posts WHERE id IN (
             SELECT id FROM posts WHERE author_id = $1 AND deleted LIMIT $2)",
    "DELETE FROM follows WHERE follower_id = $1 AND followee_id IN (
             SELECT followee_id FROM follows WHERE follower_id = $1 LIMIT $2)",
    "DELETE FROM follows WHERE followee_id = $1 AND follower_id IN (
             SELECT follower_id FROM follows WHERE followee_id = $1 AND shown LIMIT $2)",
    "DELETE FROM follows WHERE followee_id = $1 AND follower_id IN (
             SELECT follower_id FROM follows WHERE followee_id = $1 AND NOT shown LIMIT $2)",
];
