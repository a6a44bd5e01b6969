//! What is looked for in answers, without reading them as JSON.

/// The first id in an answer: of a new post, or of the first post in a page.
pub(crate) fn first_id(body: &[u8]) -> Option<&str> {
    const BEFORE: &[u8] = br#""id":""#;
    const LENGTH: usize = 36;
    let at = body
        .windows(BEFORE.len())
        .position(|window| window == BEFORE)?
        + BEFORE.len();
    std::str::from_utf8(body.get(at..at + LENGTH)?).ok()
}

/// What opens the page after this one; nothing on the last. It is the last field of a page.
pub(crate) fn next_cursor(body: &[u8]) -> Option<&str> {
    const BEFORE: &[u8] = br#""next_cursor":""#;
    const AFTER: &[u8] = br#""}"#;
    let body = body.strip_suffix(AFTER)?;
    let at = body.iter().rposition(|byte| *byte == b'"')? + 1;
    let (before, cursor) = body.split_at_checked(at)?;
    before
        .ends_with(BEFORE)
        .then_some(cursor)
        .and_then(|cursor| std::str::from_utf8(cursor).ok())
}
