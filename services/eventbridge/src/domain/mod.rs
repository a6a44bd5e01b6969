//! Pure rules: what an event becomes, whom it reaches, and what each stream is told. Nothing here waits, stores or has a clock.

mod blocked;
pub mod canary;
mod channel;
mod envelope;
pub mod event_id;
pub mod filter;
pub mod frame;
mod gap;
mod pattern;
mod position;
mod refused;
pub mod routing;
pub mod rule_file;
pub mod rules;
#[cfg(test)]
pub(crate) mod sealed;
mod subscription;
pub mod wanted;
mod window;

pub use blocked::{AccountState, Blocked};
pub use channel::{Asked, Channel};
pub use envelope::{Envelope, Headers};
pub use event_id::{Had, Seal, StreamPosition, StreamTag};
pub use filter::Filter;
pub use frame::Frame;
pub use gap::{Gap, Reason};
pub use pattern::Pattern;
pub use position::{Partition, Position, TOPICS};
pub use refused::Refused;
pub use routing::{Members, PostChange, PostState, Routed, Told};
pub use subscription::{End, LATEST, Limits, Opening, Slow, Subscription, Taken};
pub use wanted::Wanted;
pub use window::{Entry, KNOWN_FOR, Loss, Window};
