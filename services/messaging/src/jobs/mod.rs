//! What runs on a timer.

mod depart;
mod export_messages;
mod tell_marks;

pub(crate) use depart::depart;
pub(crate) use export_messages::export_messages;
pub(crate) use tell_marks::tell_marks;
