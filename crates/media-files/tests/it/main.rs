//! What strangers send, and what is made of it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stands"
)]

#[path = "../made/mod.rs"]
mod made;
#[path = "../people/mod.rs"]
mod people;

mod broken;
mod exiftool;
mod heads;
mod moving;
mod pictures;
mod stripped;

use std::io::Cursor;

use nova_media_files::{Error, Facts, Format, Limits, Picture};

/// Strips with the usual limits.
fn strip(format: Format, file: &[u8]) -> Result<(Vec<u8>, Facts), Error> {
    let mut out = Vec::new();
    let facts = nova_media_files::strip(format, Cursor::new(file), &mut out, &Limits::default())?;
    assert_eq!(facts.bytes, out.len() as u64);
    Ok((out, facts))
}

fn decode(format: Format, file: &[u8]) -> Result<Picture, Error> {
    Picture::decode(format, Cursor::new(file), &Limits::default())
}

fn contains(file: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(file, part).is_some()
}
