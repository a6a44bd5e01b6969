//! What is kept where. Postgres holds the truth in `authors`, `follows` and `posts`; Redis holds
//! `timelines`, which `home` may lose at any time and only reads faster for having.

pub mod authors;
pub mod epoch;
pub mod follows;
pub mod home;
pub mod posts;
pub mod redis;
pub mod timelines;
