//! The rules of conversations: pure, so that reading them is enough to know them.

mod account;
mod conversation;
mod draft;
mod emoji;
mod export;
mod kind;
mod mark;
mod message;
mod refusal;
mod text;
mod window;

pub use account::{AccountState, Block};
pub use conversation::{Change, Conversation, MEMBERS_MAX, Member};
pub use draft::{BadOpening, Draft, Edit, Opening, Said};
pub use emoji::Emoji;
pub use export::{ExportRequest, pack};
pub use kind::{ConversationType, MessageType, Role, UnknownName};
pub use mark::Marks;
pub use message::{EditRefused, Message, Original, Reaction};
pub use refusal::{Refused, Unprocessable};
pub use text::{Query, Title};
pub use window::{Anchor, Window, shares};
