//! What is kept where. Postgres holds what messaging-events say; Redis only which node holds whom, and carries notices
//! between nodes: it may lose everything at any time, and nodes find what they missed in Postgres.

pub mod accounts;
pub mod blocks;
pub mod canaries;
pub mod changes;
pub mod erasures;
pub mod latest;
pub mod marks;
pub mod members;
pub mod notice;
pub mod rejections;
pub mod routes;
