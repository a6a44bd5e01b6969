//! A conversation as messaging would tell of it, for nodes that run without.

use futures::future::join_all;
use nova_ids::UserId;
use nova_proto::messaging::v1::{
    Conversation, ConversationCreated, ConversationType, Member, MemberRole, MessageSent,
    MessageType,
};
use nova_proto::timestamp;
use nova_testkit::Stack;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::board::content;

/// A conversation.
pub(crate) struct Room {
    pub(crate) id: Uuid,
    sender: UserId,
    recipients: Vec<String>,
    sequence: i64,
}

impl Room {
    /// The first of these members begins, and it is published.
    pub(crate) async fn begin(stack: &Stack, members: &[UserId]) -> Self {
        let now = timestamp(OffsetDateTime::now_utc());
        let id = Uuid::now_v7();
        let each = members.iter().map(|user| Member {
            user_id: user.to_string(),
            role: MemberRole::Member.into(),
            joined_at: Some(now),
            joined_position: 1,
            ..Member::default()
        });
        let conversation = Conversation {
            id: id.to_string(),
            r#type: ConversationType::Group.into(),
            title: Some("a room".to_owned()),
            members: each.collect(),
            position: 1,
            created_at: Some(now),
            updated_at: Some(now),
            ..Conversation::default()
        };
        stack
            .publish(&ConversationCreated {
                conversation_id: id.to_string(),
                conversation: Some(conversation),
                created_at: Some(now),
            })
            .await;
        Self {
            id,
            sender: members[0],
            recipients: members.iter().skip(1).map(UserId::to_string).collect(),
            sequence: 0,
        }
    }

    /// The next message, with this number and of this length.
    pub(crate) fn message(&mut self, number: u32, length: usize) -> MessageSent {
        self.sequence += 1;
        MessageSent {
            message_id: Uuid::now_v7().to_string(),
            conversation_id: self.id.to_string(),
            sender_id: self.sender.to_string(),
            recipient_ids: self.recipients.clone(),
            content: content(number, length),
            r#type: MessageType::Text.into(),
            sent_at: Some(timestamp(OffsetDateTime::now_utc())),
            sequence: self.sequence,
            position: self.sequence + 1,
            revision: 1,
            ..MessageSent::default()
        }
    }

    /// Publishes so many messages together: few enough that they are handed over in their order.
    pub(crate) async fn say(&mut self, stack: &Stack, count: u32, length: usize) {
        let messages: Vec<MessageSent> = (0..count)
            .map(|number| self.message(number, length))
            .collect();
        join_all(messages.iter().map(|message| stack.publish(message))).await;
    }
}
