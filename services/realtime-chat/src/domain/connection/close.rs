//! Why a connection ends.

use std::borrow::Cow;

/// A close code and its reason (RFC 6455, section 7.4; those from 4000 on are Nova's own).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: u16,
    /// For people; at most 123 bytes.
    pub reason: Cow<'static, str>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $reason:literal;)*) => {
        impl Close {$(
            $(#[$doc])*
            pub const $name: Self = Self { code: $code, reason: Cow::Borrowed($reason) };
        )*}
    };
}

codes! {
    /// The client is done.
    NORMAL = 1000, "";
    /// This node stops.
    GOING_AWAY = 1001, "this node stops";
    /// What came breaks the protocol.
    PROTOCOL = 1002, "protocol error";
    /// Text where binary was agreed on, or the other way round.
    UNSUPPORTED = 1003, "not the kind of frame of this subprotocol";
    /// Text that is no UTF-8.
    NOT_UTF8 = 1007, "not UTF-8";
    /// A frame that is too long.
    TOO_BIG = 1009, "too big";
    /// Something is wrong here.
    INTERNAL = 1011, "try again";
    /// The access token has ended, or its account.
    TOKEN_OVER = 4001, "the access token is over";
    /// More came than was taken: resume.
    TOO_SLOW = 4008, "too slow: resume";
    /// Another socket of the same user is too many.
    TOO_MANY = 4013, "too many sockets";
    /// Too many frames, after many errors.
    TOO_FAST = 4029, "too fast";
    /// No answer to a ping.
    SILENT = 4000, "no pong";
}
