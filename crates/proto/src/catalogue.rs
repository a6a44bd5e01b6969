//! The list of events: each is declared here once, with its topic, key, owner and version.

use std::time::Duration;

pub use nova_event::{Event, EventInfo, Topic};

use crate::generated::nova::*;

const DAY: Duration = Duration::from_secs(86_400);

/// What services publish to see whether they can, and read again: no events. And what eventbridge sends itself.
pub const HEALTH: Topic = Topic::new("nova-health", 1);
/// Life of posts.
pub const CONTENT_EVENTS: Topic = Topic::new("content-events", 6);
/// Life of media: what is uploaded, fails and goes.
pub const MEDIA_EVENTS: Topic = Topic::new("media-events", 3);
/// Life of users and of the follow graph.
pub const USER_EVENTS: Topic = Topic::new("user-events", 3);
/// Changes of home feeds.
pub const FEED_UPDATES: Topic = Topic::new("feed-updates", 3);
/// Life of conversations and of their messages.
pub const MESSAGING_EVENTS: Topic = Topic::new("messaging-events", 3);
/// What sockets say that must last.
pub const REALTIME_CHAT: Topic = Topic::new("realtime-chat", 3);

/// What services keep of users who have asked for it. For identity alone, which has kept it elsewhere long before it goes.
pub const USER_EXPORTS: Topic = Topic::new("user-exports", 3).retention(DAY);

/// Every topic.
pub const TOPICS: &[Topic] = &[
    CONTENT_EVENTS,
    MEDIA_EVENTS,
    USER_EVENTS,
    FEED_UPDATES,
    MESSAGING_EVENTS,
    REALTIME_CHAT,
    USER_EXPORTS,
    HEALTH,
];

nova_event::events! {
    /// Every event, in the order of topics.
    pub const EVENTS;
    content::v1::PostCreated: "nova.content.v1.PostCreated"
        on CONTENT_EVENTS, key user_id, about post_id, by "content", version "1.1";
    content::v1::PostUpdated: "nova.content.v1.PostUpdated"
        on CONTENT_EVENTS, key post_id, about post_id, by "content", version "1.1";
    content::v1::PostDeleted: "nova.content.v1.PostDeleted"
        on CONTENT_EVENTS, key post_id, about post_id, by "content", version "1.0";
    media::v1::MediaUploaded: "nova.media.v1.MediaUploaded"
        on MEDIA_EVENTS, key user_id, about media_id, by "media", version "1.0";
    media::v1::MediaFailed: "nova.media.v1.MediaFailed"
        on MEDIA_EVENTS, key user_id, about media_id, by "media", version "1.0";
    media::v1::MediaDeleted: "nova.media.v1.MediaDeleted"
        on MEDIA_EVENTS, key user_id, about media_id, by "media", version "1.0";
    identity::v1::UserRegistered: "nova.identity.v1.UserRegistered"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserProfileUpdated: "nova.identity.v1.UserProfileUpdated"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserFollowed: "nova.identity.v1.UserFollowed"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserUnfollowed: "nova.identity.v1.UserUnfollowed"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::FollowRequested: "nova.identity.v1.FollowRequested"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserBlocked: "nova.identity.v1.UserBlocked"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserUnblocked: "nova.identity.v1.UserUnblocked"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserMuted: "nova.identity.v1.UserMuted"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserUnmuted: "nova.identity.v1.UserUnmuted"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserDeactivated: "nova.identity.v1.UserDeactivated"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserReactivated: "nova.identity.v1.UserReactivated"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::UserDeleted: "nova.identity.v1.UserDeleted"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::MailRequested: "nova.identity.v1.MailRequested"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    identity::v1::ExportRequested: "nova.identity.v1.ExportRequested"
        on USER_EVENTS, key user_id, about user_id, by "identity", version "1.0";
    feed::v1::FeedUpdated: "nova.feed.v1.FeedUpdated"
        on FEED_UPDATES, key user_id, about user_id, by "feed", version "1.0";
    messaging::v1::MessageSent: "nova.messaging.v1.MessageSent"
        on MESSAGING_EVENTS, key conversation_id, about message_id, by "messaging", version "1.0";
    messaging::v1::MessageEdited: "nova.messaging.v1.MessageEdited"
        on MESSAGING_EVENTS, key conversation_id, about message_id, by "messaging", version "1.0";
    messaging::v1::MessageDeleted: "nova.messaging.v1.MessageDeleted"
        on MESSAGING_EVENTS, key conversation_id, about message_id, by "messaging", version "1.0";
    messaging::v1::MessageReacted: "nova.messaging.v1.MessageReacted"
        on MESSAGING_EVENTS, key conversation_id, about message_id, by "messaging", version "1.0";
    messaging::v1::MessageRead: "nova.messaging.v1.MessageRead"
        on MESSAGING_EVENTS, key conversation_id, about conversation_id, by "messaging", version "1.0";
    messaging::v1::MessageDelivered: "nova.messaging.v1.MessageDelivered"
        on MESSAGING_EVENTS, key conversation_id, about conversation_id, by "messaging", version "1.0";
    messaging::v1::MessageRejected: "nova.messaging.v1.MessageRejected"
        on MESSAGING_EVENTS, key conversation_id, about conversation_id, by "messaging", version "1.0";
    messaging::v1::ConversationCreated: "nova.messaging.v1.ConversationCreated"
        on MESSAGING_EVENTS, key conversation_id, about conversation_id, by "messaging", version "1.0";
    messaging::v1::ConversationUpdated: "nova.messaging.v1.ConversationUpdated"
        on MESSAGING_EVENTS, key conversation_id, about conversation_id, by "messaging", version "1.0";
    realtime_chat::v1::MessageSubmitted: "nova.realtime_chat.v1.MessageSubmitted"
        on REALTIME_CHAT, key conversation_id, about conversation_id, by "realtime-chat", version "1.0";
    realtime_chat::v1::MarksReported: "nova.realtime_chat.v1.MarksReported"
        on REALTIME_CHAT, key conversation_id, about conversation_id, by "realtime-chat", version "1.0";
    content::v1::ContentExported: "nova.content.v1.ContentExported"
        on USER_EXPORTS, key user_id, about user_id, by "content", version "1.0";
    feed::v1::FeedExported: "nova.feed.v1.FeedExported"
        on USER_EXPORTS, key user_id, about user_id, by "feed", version "1.0";
    media::v1::MediaExported: "nova.media.v1.MediaExported"
        on USER_EXPORTS, key user_id, about user_id, by "media", version "1.0";
    messaging::v1::MessagingExported: "nova.messaging.v1.MessagingExported"
        on USER_EXPORTS, key user_id, about user_id, by "messaging", version "1.0";
    eventbridge::v1::CanarySent: "nova.eventbridge.v1.CanarySent"
        on HEALTH, key node_id, about node_id, by "eventbridge", version "1.0";
}

/// The catalogue's line for a CloudEvents type.
#[must_use]
pub fn find(event_type: &str) -> Option<&'static EventInfo> {
    EVENTS.iter().find(|info| info.event_type == event_type)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message;
    use prost_types::FileDescriptorSet;

    use super::*;

    /// Full names of the messages in every `events.proto`, with their field names.
    fn messages_in_events_files() -> BTreeSet<(String, Vec<String>)> {
        let set = FileDescriptorSet::decode(crate::FILE_DESCRIPTOR_SET).unwrap();
        let files = set
            .file
            .iter()
            .filter(|file| file.name().ends_with("/events.proto"));
        files
            .flat_map(|file| {
                file.message_type.iter().map(|message| {
                    let fields = message.field.iter().map(|field| field.name().to_owned());
                    (
                        format!("{}.{}", file.package(), message.name()),
                        fields.collect(),
                    )
                })
            })
            .collect()
    }

    #[test]
    fn every_message_of_an_events_file_is_listed_once_and_only_those() {
        let written: BTreeSet<String> = messages_in_events_files()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let listed: BTreeSet<String> = EVENTS
            .iter()
            .map(|info| info.event_type.to_owned())
            .collect();
        assert_eq!(listed, written);
        assert_eq!(listed.len(), EVENTS.len());
    }

    #[test]
    fn every_event_belongs_to_the_service_of_its_package_and_to_a_listed_topic() {
        for info in EVENTS {
            assert!(
                // A package of protobuf has no hyphen.
                info.event_type
                    .starts_with(&format!("nova.{}.v", info.owner.replace('-', "_"))),
                "{info:?}"
            );
            assert!(TOPICS.contains(&info.topic), "{info:?}");
        }
    }
}
