//! Pure rules: what may be said by whom to whom, and in which order. Nothing here waits, stores or has a clock.

mod change;
mod client_frame;
pub mod connection;
mod resume;
mod server_frame;
mod view;

pub use change::{Change, Kind};
pub use client_frame::{ClientFrame, Malformed, Outgoing, Positions};
pub use resume::{Plan, Seen, Stretch, plan};
pub use server_frame::{ConversationChange, Gap, Here, MessageChange, Presence, ServerFrame};
pub use view::{
    Conversation, ConversationType, Member, MemberRole, Message, MessageType, Reaction,
};

use uuid::Uuid;

/// Names a conversation.
pub type ConversationId = Uuid;

/// Whether an account is there since a certain revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountState {
    /// Whose it is.
    pub user_id: nova_ids::UserId,
    /// Nobody sees what is theirs.
    pub hidden: bool,
    /// For good.
    pub erased: bool,
    /// Grows with every change of the two.
    pub revision: i64,
}

/// That somebody does not want to see somebody, or no longer does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Who says so.
    pub user_id: nova_ids::UserId,
    /// Of whom.
    pub other_id: nova_ids::UserId,
    /// Whether it holds.
    pub active: bool,
    /// Grows with every change.
    pub revision: i64,
}

/// How far somebody has read and received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkState {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who.
    pub user_id: nova_ids::UserId,
    /// The greatest sequence that was read; 0 is none.
    pub read: i64,
    /// The greatest sequence that has arrived; 0 is none.
    pub delivered: i64,
}
