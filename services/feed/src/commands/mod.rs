//! What changes something: one use case, one file. Those that change Postgres are handed the transaction
//! and leave the commit to its caller; `deliver_post` and `refresh_timeline` bring the cache up to date
//! once that has committed, and may run again.

mod deliver_post;
mod record_author;
mod record_follow;
mod record_post;
mod refresh_timeline;
mod remove_post;

pub use deliver_post::deliver_post;
pub use record_author::record_author;
pub use record_follow::record_follow;
pub use record_post::record_post;
pub use refresh_timeline::refresh_timeline;
pub use remove_post::remove_post;

/// So many of an author's followers are told of a change through `FeedUpdated`.
const FOLLOWERS_TOLD: i64 = 10_000;
