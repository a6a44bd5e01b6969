//! A platform on port 0 with a small service, asked over real connections.
#![cfg(test)]

mod admin;
mod allowances;
mod authentication;
mod bodies;
mod cors;
mod doors;
mod grpc;
mod operations;
mod requests;
#[cfg(test)]
mod stage;
mod stopping;
mod takeovers;
