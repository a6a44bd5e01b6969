//! What holds for every file.

use crate::kept;
use crate::repository::Files;

fn long_files(files: &Files) -> Vec<String> {
    let long = files
        .rust()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 500);
    long.map(|(path, lines)| {
        format!("{path} has {lines} lines, more than 500: find the two things that it is about")
    })
    .collect()
}

#[test]
fn no_file_has_more_than_500_lines() -> anyhow::Result<()> {
    let planted =
        |lines: usize| Files::planted(&[("crates/ids/src/lib.rs", &"//\n".repeat(lines))]);
    assert_eq!(long_files(&planted(501)).len(), 1);
    assert_eq!(long_files(&planted(500)), [""; 0]);
    kept(long_files(&Files::read()?))
}
