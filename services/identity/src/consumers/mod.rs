//! What this service listens to: its own requests for mails, pictures of users, and what others tell of users who want to
//! know all that is kept of them.

mod avatars;
mod exports;
mod mails;

use nova_event_bus::{ConsumerOptions, Router};
use nova_proto::catalogue::EVENTS;
use nova_proto::content::v1::ContentExported;
use nova_proto::feed::v1::FeedExported;
use nova_proto::identity::v1::MailRequested;
use nova_proto::media::v1::{MediaDeleted, MediaExported, MediaUploaded};
use nova_proto::messaging::v1::MessagingExported;

use crate::NAME;
use crate::state::State;

/// Mails that are handed over at the same time, each over a connection of its own.
const AT_THE_SAME_TIME: usize = 16;

/// Every event that this service listens to.
pub(crate) fn router(state: &State) -> Router<State> {
    Router::new(NAME, state.clone())
        .knows(EVENTS)
        .at_least_once::<MailRequested>(mails::mail_requested)
        .once::<MediaUploaded>(avatars::media_uploaded)
        .once::<MediaDeleted>(avatars::media_deleted)
        .once::<ContentExported>(exports::content_exported)
        .once::<FeedExported>(exports::feed_exported)
        .once::<MediaExported>(exports::media_exported)
        .once::<MessagingExported>(exports::messaging_exported)
}

/// No more at once than a mail server likes, and no stop for all when many mails are refused: who registers decides
/// which addresses are written to, and some of them are nobody's.
pub(crate) fn at_the_pace_of_mail(options: ConsumerOptions) -> ConsumerOptions {
    ConsumerOptions {
        concurrency: AT_THE_SAME_TIME,
        failure_limit: None,
        ..options
    }
}
