//! What is kept where. Postgres holds the truth in `authors`, `follows`, `posts` and `pulled_posts`, and in `fanouts`
//! what is still to be told of it; Redis holds `timelines` of `readers`, which `home` may lose at any time and only reads
//! faster for having.

pub mod authors;
pub mod epoch;
pub mod erasures;
pub mod fanouts;
pub mod follows;
pub mod home;
pub mod merges;
pub mod posts;
pub mod readers;
pub mod redis;
pub mod timelines;
