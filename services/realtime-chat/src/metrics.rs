//! Every metric of realtime-chat.

use metrics::{counter, describe_counter, describe_gauge, gauge};

const SOCKETS: &str = "nova_chat_sockets";
const CLOSED: &str = "nova_chat_closed_total";
const ENCODED: &str = "nova_chat_encoded_total";
const DELIVERED: &str = "nova_chat_changes_total";

/// Says what each metric is.
pub(crate) fn describe() {
    describe_gauge!(SOCKETS, "open chat sockets of this node");
    describe_counter!(
        CLOSED,
        "chat sockets that this node has closed, by close code"
    );
    describe_counter!(
        ENCODED,
        "frames of changes that were written, each for all sockets of this node that are told with it"
    );
    describe_counter!(
        DELIVERED,
        "changes that reached this node, by the way on which they came first"
    );
}

/// Shows how many sockets there are.
pub(crate) fn sockets(count: usize) {
    gauge!(SOCKETS).set(count as f64);
}

/// Counts a socket that was closed.
pub(crate) fn closed(code: u16) {
    counter!(CLOSED, "code" => code.to_string()).increment(1);
}

/// Counts changes that were told, or found.
pub(crate) fn changes(way: &'static str, count: u64) {
    counter!(DELIVERED, "way" => way).increment(count);
}

/// Counts a frame of a change that was written.
pub(crate) fn encoded(format: &'static str) {
    counter!(ENCODED, "format" => format).increment(1);
}
