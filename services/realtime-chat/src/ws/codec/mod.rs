//! Frames of RFC 6455, as a server reads and writes them. No I/O.

mod decoder;
mod encoder;
#[cfg(test)]
mod tests;
mod utf8;

pub(super) use decoder::{Decoder, Message};
pub(super) use encoder::{Opcode, close_payload, write};
