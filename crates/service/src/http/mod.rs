//! What HTTP handlers are written with: strict extractors, pages, entity tags, problems.

mod address;
mod body;
mod etag;
mod header;
mod json;
mod page;
mod path;
mod problem;
mod query;
mod reading;

pub use address::ClientAddress;
pub(crate) use address::TrustedProxies;
pub use body::unreadable;
pub(crate) use body::{BodyTooLong, BodyTooSlow, too_large};
pub use etag::{ETag, IfMatch, IfNoneMatch, PreconditionFailed};
pub use header::InvalidHeader;
pub use json::{Json, present};
pub use page::{DEFAULT_LIMIT, MAX_LIMIT, Page, PageQuery};
pub use path::{Path, Path2, Path3};
pub(crate) use problem::PRECONDITION_FAILED;
pub(crate) use problem::{Body as ProblemBody, concealed, whole_seconds};
pub use problem::{PROBLEM_JSON, Problem};
pub use query::Query;
