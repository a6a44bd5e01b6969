//! Postgres and Redis, and nothing else.
