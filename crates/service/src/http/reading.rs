//! What serde says when it refuses something, as errors of fields.

use std::fmt;

use nova_resilience::FieldError;
use serde_path_to_error::{Path, Segment};

/// Deserializing refused a value; says where and why, never the value itself: it may be a password.
///
/// serde tells its own refusals apart only by their text, which has not changed since serde 1.0.
pub(super) fn field_error(path: &Path, said: &str) -> FieldError {
    let path = written(path);
    let quoted = said.split('`').nth(1).unwrap_or_default();
    if said.starts_with("unknown field") {
        return FieldError::new(path, "unknown_field", "is not known here");
    }
    if said.starts_with("missing field") {
        return FieldError::new(join(&path, quoted), "missing_field", "is missing");
    }
    if said.starts_with("duplicate field") {
        return FieldError::new(
            join(&path, quoted),
            "duplicate_field",
            "is given more than once",
        );
    }
    let message = expected(said);
    if said.starts_with("invalid type") || said.starts_with("expected value") {
        return FieldError::new(path, "invalid_type", message);
    }
    FieldError::new(path, "invalid_value", message)
}

/// "must be …", from what serde expected; the names of allowed variants are ours and may be told.
fn expected(said: &str) -> String {
    let Some((_, expected)) = said.rsplit_once(", expected ") else {
        return "is not a valid value".to_owned();
    };
    let expected = expected.split(" at line ").next().unwrap_or_default();
    format!("must be {}", expected.replace('`', ""))
}

/// The path as clients write it: `author.tags[2]`, without the dot that serde puts for the root.
fn written(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Map { key } => text = join(&text, key),
            Segment::Enum { variant } => text = join(&text, variant),
            Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            Segment::Unknown => {}
        }
    }
    text
}

fn join(parent: &str, name: impl fmt::Display) -> String {
    if parent.is_empty() {
        name.to_string()
    } else {
        format!("{parent}.{name}")
    }
}
