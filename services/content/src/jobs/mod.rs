//! What runs on a timer.

mod export_posts;

pub(crate) use export_posts::export_posts;
