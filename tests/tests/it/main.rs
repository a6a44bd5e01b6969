//! The contract, as someone outside sees it: the whole platform is started on a free port and asked
//! over HTTP and gRPC. What is right here is written in the contract, not read from the services.

#![allow(
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod auth;
mod bad_input;
mod chat;
mod damage;
mod direct_call;
mod endpoints;
mod export;
mod feed;
mod follows;
mod grpc;
mod half_dead;
mod health;
mod http_semantics;
mod idempotency;
mod leaving;
mod live;
mod matrix;
mod migrations;
mod openapi;
mod operations;
mod paging;
mod poison;
mod posts;
mod profiles;
mod propagation;
mod rate_limits;
mod readme;
mod recovery;
mod replicas;
mod sessions;
mod settings;
mod tokens;
mod trace;
mod upgrade;
mod visibility;
