//! A platform on port 0 with a small service, asked over real connections.
#![cfg(test)]

mod authentication;
mod bodies;
mod grpc;
mod operations;
mod requests;
#[cfg(test)]
mod stage;
mod stopping;
