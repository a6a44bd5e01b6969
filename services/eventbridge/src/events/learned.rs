//! What events say that decides who may see others.

use nova_ids::UserId;
use nova_proto::identity::v1::{
    UserBlocked, UserDeactivated, UserDeleted, UserReactivated, UserUnblocked,
};
use nova_proto::messaging::v1::{Conversation, ConversationCreated, ConversationUpdated};
use prost::Message;

use crate::domain::AccountState;
use crate::store::blocks::Block;
use crate::store::members::Change;

/// What events say of conversations, blocks and accounts, in their order. What cannot be read says nothing.
#[derive(Debug, Default)]
pub struct Learned {
    /// Who is in which conversation.
    pub members: Vec<Change>,
    /// Who does not want to see whom.
    pub blocks: Vec<Block>,
    /// Whose account is there.
    pub accounts: Vec<AccountState>,
}

impl Learned {
    /// Reads events, each given by its type and its message.
    pub fn of<'a>(events: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut learned = Self::default();
        for (event_type, payload) in events {
            let is_read = learned.read(event_type, payload).is_some();
            if !is_read {
                tracing::warn!(
                    event_type,
                    "an event that says who may see what cannot be read"
                );
            }
        }
        learned
    }

    /// Whether there is nothing to note.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.members.is_empty() && self.blocks.is_empty() && self.accounts.is_empty()
    }

    /// Who is gone for good.
    pub fn over(&self) -> impl Iterator<Item = UserId> + '_ {
        let gone = self.accounts.iter().filter(|account| account.erased);
        gone.map(|account| account.user_id)
    }

    fn read(&mut self, event_type: &str, payload: &[u8]) -> Option<()> {
        match event_type {
            "nova.messaging.v1.ConversationCreated" => {
                let event = read::<ConversationCreated>(payload)?;
                let change = change(&event.conversation_id, 1, &event.conversation?)?;
                self.members.push(change);
            }
            "nova.messaging.v1.ConversationUpdated" => {
                let event = read::<ConversationUpdated>(payload)?;
                let (id, conversation) = (&event.conversation_id, event.conversation?);
                self.members
                    .push(change(id, event.position, &conversation)?);
            }
            "nova.identity.v1.UserBlocked" => {
                let event = read::<UserBlocked>(payload)?;
                let (one, other) = (&event.user_id, &event.blocked_user_id);
                self.blocks.push(block(one, other, true, event.revision)?);
            }
            "nova.identity.v1.UserUnblocked" => {
                let event = read::<UserUnblocked>(payload)?;
                let (one, other) = (&event.user_id, &event.blocked_user_id);
                self.blocks.push(block(one, other, false, event.revision)?);
            }
            "nova.identity.v1.UserDeactivated" => {
                let event = read::<UserDeactivated>(payload)?;
                let account = account(&event.user_id, (true, false), event.revision)?;
                self.accounts.push(account);
            }
            "nova.identity.v1.UserReactivated" => {
                let event = read::<UserReactivated>(payload)?;
                let account = account(&event.user_id, (false, false), event.revision)?;
                self.accounts.push(account);
            }
            "nova.identity.v1.UserDeleted" => {
                let event = read::<UserDeleted>(payload)?;
                let account = account(&event.user_id, (true, true), event.revision)?;
                self.accounts.push(account);
            }
            _ => {}
        }
        Some(())
    }
}

fn read<E: Message + Default>(payload: &[u8]) -> Option<E> {
    E::decode(payload).ok()
}

fn account(id: &str, (hidden, erased): (bool, bool), revision: i64) -> Option<AccountState> {
    Some(AccountState {
        user_id: id.parse().ok()?,
        hidden,
        erased,
        revision,
    })
}

fn change(id: &str, position: i64, conversation: &Conversation) -> Option<Change> {
    let members = conversation.members.iter().map(|member| {
        let user: UserId = member.user_id.parse().ok()?;
        Some((user, member.joined_position))
    });
    Some(Change {
        conversation_id: id.parse().ok()?,
        position,
        members: members.collect::<Option<_>>()?,
    })
}

fn block(one: &str, other: &str, active: bool, revision: i64) -> Option<Block> {
    Some(Block {
        user_id: one.parse().ok()?,
        other_id: other.parse().ok()?,
        active,
        revision,
    })
}
