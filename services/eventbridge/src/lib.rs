#![doc = include_str!("../README.md")]

pub mod commands;
pub mod domain;
pub mod events;
pub mod http;
