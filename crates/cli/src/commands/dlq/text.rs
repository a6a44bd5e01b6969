//! How dead letters are written on a terminal.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Anyone can have sent it: what would move a terminal's cursor is shown, not done.
pub(super) fn harmless(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// To the second, UTC.
pub(super) fn moment(at: OffsetDateTime) -> anyhow::Result<String> {
    Ok(at.replace_nanosecond(0)?.format(&Rfc3339)?)
}

/// Bytes as text if they are some, and as hex digits if not.
pub(super) fn bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => format!("0x{}", hex(bytes)),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `1 letter`, `2 letters`.
pub(super) fn count(number: i64, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

/// Columns as wide as their widest cell, two spaces between them; nothing without rows.
pub(in crate::commands) fn table<const N: usize>(
    head: [&str; N],
    rows: &[[String; N]],
) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let mut widths = head.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths);
        let padded: Vec<String> = padded
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(head)];
    lines.extend(
        rows.iter()
            .map(|row| line(row.each_ref().map(String::as_str))),
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [
            ["a".to_owned(), "b".to_owned()],
            ["long".to_owned(), String::new()],
        ];
        assert_eq!(
            table(["x", "head"], &rows),
            ["x     head", "a     b", "long"]
        );
        assert_eq!(table(["x"], &[]), [""; 0]);
    }

    #[test]
    fn bytes_that_are_no_text_are_hex_digits() {
        assert_eq!(bytes(b"user"), "user");
        assert_eq!(bytes(b"\x1b[2J"), "0x1b5b324a");
        assert_eq!(bytes(b"\xff"), "0xff");
    }
}
