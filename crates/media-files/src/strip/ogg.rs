//! OGG with Vorbis or Opus: RFC 3533, RFC 7845, Vorbis I sections 4.2, 5 and A.2.

mod page;
mod stream;

use std::io::{Read, Seek};
use std::time::Duration;

use page::Page;
use stream::Stream;

use super::Stripped;
use crate::error::Error;
use crate::limits::Limits;
use crate::plan::Plan;
use crate::source::Source;

pub(super) fn strip<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
) -> Result<Stripped, Error> {
    let mut plan = Plan::new(limits);
    let mut body = Vec::new();
    let mut stream: Option<Stream> = None;
    let mut duration = Duration::ZERO;
    while source.left() > 0 {
        let Some(page) = Page::next(source, &mut body)? else {
            // What follows the last page stays behind.
            if stream.as_ref().is_some_and(Stream::is_over) {
                break;
            }
            return Err(Error::Malformed("no OGG page where one must be"));
        };
        if page.begins() {
            // One after the other, as radio stations do, and not side by side.
            if let Some(before) = stream.take() {
                duration += before.duration(limits)?;
            }
            stream = Some(Stream::begin(&page, &body)?);
        }
        let Some(stream) = stream.as_mut() else {
            return Err(Error::Malformed("an OGG that does not begin"));
        };
        stream.page(&page, &mut body, &mut plan)?;
    }
    let Some(stream) = stream else {
        return Err(Error::Malformed("an OGG without pages"));
    };
    duration += stream.duration(limits)?;
    if duration > limits.duration {
        return Err(Error::TooLong(limits.duration));
    }
    if duration.is_zero() {
        return Err(Error::NoDuration);
    }
    Ok(Stripped::sound(plan, duration))
}
