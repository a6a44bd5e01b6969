//! What runs on a timer.

mod export_media;
mod read_media;
mod remove_files;
mod sweep;
mod watch;

pub(crate) use export_media::export_media;
pub(crate) use read_media::read_media;
pub(crate) use remove_files::remove_files;
pub(crate) use sweep::sweep;
pub(crate) use watch::watch;
