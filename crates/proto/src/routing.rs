//! Whom each event reaches outside, and what of it they are not shown: the one list of that.
//!
//! What stands neither in [`ROUTES`] nor in [`SILENT`] reaches nobody, and a test names it. Fields are named by their path in
//! the message, `message.sender_id`; a path through a list means that field of each of its elements. A field that is empty
//! names nobody.

/// How one event goes outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Full name of the protobuf message.
    pub event_type: &'static str,
    /// The field with the user whose doing it is, or whom it is about if it is nobody's. Empty where it is about no user.
    pub user: &'static str,
    /// Whom it reaches.
    pub reach: Reach,
    /// Fields with users of whom it shows something: who is in a block with one of them is not told.
    pub shows: &'static [&'static str],
    /// What nobody is shown, beside [`CUT_EVERYWHERE`].
    pub cut: &'static [Cut],
}

/// Whom an event reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The users whom these fields name.
    Users(&'static [&'static str]),
    /// Who is in the conversation that `conversation_id` names, if they came no later than with its `position` (where it has
    /// one), and the users whom these fields name. Events of one conversation are in order, so that `ConversationCreated` and
    /// `ConversationUpdated` have said before who that is.
    Members(&'static [&'static str]),
    /// The author, who is [`Route::user`]. While the post is public also whoever follows the author, the post or one of its
    /// tags; when it no longer is, who follows the post is told that by `post_id` and `revision` alone. `revision` says which
    /// of two events about a post is the later one: they are not in order.
    Post,
    /// As [`Reach::Post`], of a post that is not public any more, whatever it was.
    PostGone,
    /// The node of eventbridge that this field names, by a channel that no client can ask for: nobody outside.
    Node(&'static str),
}

/// What is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// This field.
    Field(&'static str),
    /// Those elements of this list whose field `pending` is true: only the author may know of them.
    Pending(&'static str),
}

/// The value of `visibility` with which [`Reach::Post`] is public.
pub const PUBLIC: &str = "POST_VISIBILITY_PUBLIC";

/// Fields that go nowhere, by their names, however deep they are.
pub const CUT_EVERYWHERE: &[&str] = &[
    "email",
    "email_address",
    "password",
    "password_hash",
    "phone",
    "phone_number",
    "token",
    "secret",
    "ip",
    "ip_address",
];

/// An event that reaches those who are named by these fields.
const fn to(event_type: &'static str, user: &'static str, users: &'static [&'static str]) -> Route {
    Route {
        event_type,
        user,
        reach: Reach::Users(users),
        shows: &[],
        cut: &[],
    }
}

/// An event about a message, as it is now.
const fn message(
    event_type: &'static str,
    user: &'static str,
    shows: &'static [&'static str],
) -> Route {
    Route {
        event_type,
        user,
        reach: Reach::Members(&["message.sender_id"]),
        shows,
        cut: MESSAGE,
    }
}

/// How far somebody is.
const fn mark(event_type: &'static str) -> Route {
    Route {
        event_type,
        user: "user_id",
        reach: Reach::Members(&["user_id"]),
        shows: &["user_id"],
        cut: &[],
    }
}

const fn post(event_type: &'static str, reach: Reach, cut: &'static [Cut]) -> Route {
    Route {
        event_type,
        user: "user_id",
        reach,
        shows: &["user_id"],
        cut,
    }
}

const MEDIA: &[Cut] = &[Cut::Pending("media")];
/// Who reacted is in events only, and `mine` in answers only.
const MESSAGE: &[Cut] = &[
    Cut::Pending("message.media"),
    Cut::Field("message.reactions.user_ids"),
    Cut::Field("message.reactions.mine"),
];

/// What goes outside.
pub const ROUTES: &[Route] = &[
    post("nova.content.v1.PostCreated", Reach::Post, MEDIA),
    post("nova.content.v1.PostUpdated", Reach::Post, MEDIA),
    post("nova.content.v1.PostDeleted", Reach::PostGone, &[]),
    to("nova.media.v1.MediaUploaded", "user_id", &["user_id"]),
    to("nova.media.v1.MediaFailed", "user_id", &["user_id"]),
    to("nova.media.v1.MediaDeleted", "user_id", &["user_id"]),
    Route {
        // It counts what the two did before, also what the followed was not told.
        cut: &[Cut::Field("revision")],
        shows: &["user_id"],
        ..to(
            "nova.identity.v1.UserFollowed",
            "user_id",
            &["followed_user_id"],
        )
    },
    Route {
        shows: &["user_id"],
        ..to(
            "nova.identity.v1.FollowRequested",
            "user_id",
            &["requested_user_id"],
        )
    },
    to("nova.feed.v1.FeedUpdated", "user_id", &["user_id"]),
    Route {
        shows: &["sender_id"],
        cut: MEDIA,
        ..to(
            "nova.messaging.v1.MessageSent",
            "sender_id",
            &["sender_id", "recipient_ids"],
        )
    },
    message(
        "nova.messaging.v1.MessageEdited",
        "message.sender_id",
        &["message.sender_id"],
    ),
    message(
        "nova.messaging.v1.MessageDeleted",
        "deleted_by",
        &["message.sender_id"],
    ),
    message(
        "nova.messaging.v1.MessageReacted",
        "user_id",
        &["message.sender_id", "user_id"],
    ),
    mark("nova.messaging.v1.MessageRead"),
    mark("nova.messaging.v1.MessageDelivered"),
    Route {
        cut: MESSAGE,
        ..to("nova.messaging.v1.MessageRejected", "user_id", &["user_id"])
    },
    Route {
        event_type: "nova.eventbridge.v1.CanarySent",
        user: "",
        reach: Reach::Node("node_id"),
        shows: &[],
        cut: &[],
    },
];

/// What stays inside, and why.
pub const SILENT: &[(&str, &str)] = &[
    (
        "nova.identity.v1.UserRegistered",
        "it has an address, and concerns nobody else yet",
    ),
    (
        "nova.identity.v1.UserProfileUpdated",
        "profiles are asked for, and who may see one changes with every block",
    ),
    (
        "nova.identity.v1.UserUnfollowed",
        "who is no longer followed is not told",
    ),
    ("nova.identity.v1.UserBlocked", "who is blocked is not told"),
    (
        "nova.identity.v1.UserUnblocked",
        "who was blocked is not told",
    ),
    ("nova.identity.v1.UserMuted", "who is muted is not told"),
    ("nova.identity.v1.UserUnmuted", "who was muted is not told"),
    (
        "nova.identity.v1.UserDeactivated",
        "nobody sees anything of them any more",
    ),
    (
        "nova.identity.v1.UserReactivated",
        "that somebody was away is theirs",
    ),
    (
        "nova.identity.v1.UserDeleted",
        "nobody sees anything of them any more",
    ),
    (
        "nova.identity.v1.MailRequested",
        "identity asks itself, and it may be about nobody",
    ),
    (
        "nova.identity.v1.ExportRequested",
        "identity asks the other services",
    ),
    (
        "nova.messaging.v1.ConversationCreated",
        "it has all members; who is sent a message reads its conversation",
    ),
    (
        "nova.messaging.v1.ConversationUpdated",
        "it has all members; who is sent a message reads its conversation",
    ),
    (
        "nova.realtime_chat.v1.MessageSubmitted",
        "it is not said yet: messaging answers with MessageSent or MessageRejected",
    ),
    (
        "nova.realtime_chat.v1.MarksReported",
        "messaging answers with MessageRead and MessageDelivered",
    ),
    (
        "nova.content.v1.ContentExported",
        "all that a user has, for identity alone",
    ),
    (
        "nova.feed.v1.FeedExported",
        "all that a user has, for identity alone",
    ),
    (
        "nova.media.v1.MediaExported",
        "all that a user has, for identity alone",
    ),
    (
        "nova.messaging.v1.MessagingExported",
        "all that a user has, for identity alone",
    ),
];

/// How an event goes outside; none if it reaches nobody.
#[must_use]
pub fn find(event_type: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.event_type == event_type)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use prost::Message;
    use prost_types::field_descriptor_proto::{Label, Type};
    use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

    use super::*;
    use crate::catalogue::{EVENTS, HEALTH};

    fn messages() -> BTreeMap<String, DescriptorProto> {
        let set = FileDescriptorSet::decode(crate::FILE_DESCRIPTOR_SET).unwrap();
        let of = |file: prost_types::FileDescriptorProto| {
            let package = file.package().to_owned();
            let named =
                move |message: DescriptorProto| (format!(".{package}.{}", message.name()), message);
            file.message_type.into_iter().map(named)
        };
        set.file.into_iter().flat_map(of).collect()
    }

    /// The field at the end of a path.
    fn field(event_type: &str, path: &str) -> Option<FieldDescriptorProto> {
        let messages = messages();
        let mut message = messages.get(&format!(".{event_type}"))?;
        let mut found = None;
        for name in path.split('.') {
            let field = message.field.iter().find(|field| field.name() == name)?;
            message = messages.get(field.type_name()).unwrap_or(message);
            found = Some(field.clone());
        }
        found
    }

    #[test]
    fn every_event_reaches_somebody_or_is_silent_for_a_reason() {
        let routed = ROUTES.iter().map(|route| route.event_type);
        let silent = SILENT.iter().map(|(event_type, _)| *event_type);
        let named: Vec<&str> = routed.chain(silent).collect();
        let unique: BTreeSet<&str> = named.iter().copied().collect();
        assert_eq!(unique.len(), named.len(), "one is named twice");
        let all: BTreeSet<&str> = EVENTS.iter().map(|info| info.event_type).collect();
        assert_eq!(unique, all);
        assert!(SILENT.iter().all(|(_, reason)| !reason.is_empty()));
    }

    #[test]
    fn fields_that_name_users_are_there() {
        for route in ROUTES {
            let (user, reach): (&[&str], &[&str]) = match route.reach {
                Reach::Users(fields) | Reach::Members(fields) => (&[route.user], fields),
                Reach::Post | Reach::PostGone => (&[route.user], &[]),
                Reach::Node(_) => (&[], &[]),
            };
            for path in [user, reach, route.shows].concat() {
                let found = field(route.event_type, path);
                let found = found.unwrap_or_else(|| panic!("{} {path}", route.event_type));
                assert_eq!(found.r#type(), Type::String, "{} {path}", route.event_type);
            }
        }
    }

    #[test]
    fn what_a_node_sends_itself_concerns_no_user() {
        for route in ROUTES {
            let is_of_node = matches!(route.reach, Reach::Node(_));
            let topic = crate::catalogue::find(route.event_type).unwrap().topic;
            assert_eq!(is_of_node, topic == HEALTH, "{}", route.event_type);
            assert_eq!(is_of_node, route.user.is_empty(), "{}", route.event_type);
            assert!(!is_of_node || (route.shows.is_empty() && route.cut.is_empty()));
        }
    }

    #[test]
    fn what_is_cut_is_there() {
        for route in ROUTES {
            for cut in route.cut {
                let there = match cut {
                    Cut::Field(path) => field(route.event_type, path).is_some(),
                    Cut::Pending(path) => {
                        let pending = field(route.event_type, &format!("{path}.pending"));
                        let list = field(route.event_type, path);
                        list.is_some_and(|list| list.label() == Label::Repeated)
                            && pending.is_some_and(|field| field.r#type() == Type::Bool)
                    }
                };
                assert!(there, "{} {cut:?}", route.event_type);
            }
        }
    }

    #[test]
    fn posts_and_conversations_have_what_their_reach_needs() {
        for route in ROUTES {
            let needs: &[&str] = match route.reach {
                Reach::Users(_) => &[],
                Reach::Node(field) => &[field],
                Reach::Members(_) => &["conversation_id"],
                Reach::Post => &["post_id", "revision", "visibility", "tags"],
                Reach::PostGone => &["post_id", "revision"],
            };
            for path in needs {
                assert!(
                    field(route.event_type, path).is_some(),
                    "{} {path}",
                    route.event_type
                );
            }
        }
    }

    #[test]
    fn no_list_with_pending_media_is_shown_whole() {
        let lists = |event_type: &str| {
            let at_top = field(event_type, "media.pending").map(|_| Cut::Pending("media"));
            let below =
                field(event_type, "message.media.pending").map(|_| Cut::Pending("message.media"));
            at_top.into_iter().chain(below)
        };
        for route in ROUTES {
            for list in lists(route.event_type) {
                assert!(route.cut.contains(&list), "{} {list:?}", route.event_type);
            }
        }
    }
}
