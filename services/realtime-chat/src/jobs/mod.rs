//! What runs on a timer, or when it is woken.

mod canary;
mod catch_up;
mod forget;
mod lease;
mod look;
mod presence;
mod receive;
mod sockets;

pub(crate) use canary::canary;
pub(crate) use catch_up::catch_up;
pub(crate) use forget::forget;
pub(crate) use lease::lease;
pub(crate) use look::look;
pub(crate) use presence::presence;
pub(crate) use receive::receive;
pub(crate) use sockets::sockets;
