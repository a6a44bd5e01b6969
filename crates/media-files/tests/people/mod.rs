//! What a stranger's program finds of people in a file: Debian's `libimage-exiftool-perl`.

use std::path::Path;
use std::process::Command;

/// Runs the program; without it nobody has looked, so that this fails.
pub(crate) fn exiftool(arguments: &[&str], file: &Path) -> String {
    let output = Command::new("exiftool")
        .args(arguments)
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("exiftool, of the package libimage-exiftool-perl: {error}"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Groups in which nothing of people is: what the file is, and how it is played.
const GROUPS: &[&str] = &[
    "ExifTool",
    "System",
    "File",
    "Composite",
    "JFIF",
    "Adobe",
    "PNG",
    "PNG-pHYs",
    "GIF",
    "RIFF",
    "QuickTime",
    "Track1",
    "Track2",
    "Track3",
    "Matroska",
    "MPEG",
    "Vorbis",
    "Opus",
    "APNG",
    "ICC-header",
    "ICC_Profile",
    "IFD0",
];

/// What may be said in them.
fn is_allowed(group: &str, tag: &str, value: &str) -> bool {
    let told = [
        "Make",
        "Model",
        "Author",
        "Artist",
        "Comment",
        "GPS",
        "Location",
        "City",
        "Vendor",
        "Software",
        "Encoder",
        "Handler Description",
        "Compressor Name",
        "Title",
        "Writing",
        "Muxing",
        "Text",
        "XMP",
        "Warning",
        "Error",
    ];
    let is_place = GROUPS.contains(&group);
    let is_empty = value.is_empty() || value.starts_with("0000:00:00");
    // The program itself is named in the first group, and a file's time on disk in the second.
    let is_said = !matches!(group, "ExifTool" | "System") || tag == "Warning" || tag == "Error";
    let is_about_someone =
        told.iter().any(|told| tag.starts_with(told)) || (tag.contains("Date") && is_said);
    is_place
        && (!is_said || !is_about_someone || is_empty)
        && (group != "IFD0" || tag == "Orientation")
}

/// What the program finds in a file of a place, a device or a person.
pub(crate) fn tells(file: &Path) -> Vec<String> {
    // Also what is unknown, repeated or embedded in samples.
    let text = exiftool(
        &[
            "-a",
            "-u",
            "-U",
            "-ee3",
            "-G1",
            "-s",
            "-t",
            "-api",
            "LargeFileSupport=1",
        ],
        file,
    );
    let lines = text.lines().map(|line| {
        let mut parts = line.splitn(3, '\t');
        let mut part = || parts.next().unwrap_or_default().trim().to_owned();
        (part(), part(), part())
    });
    lines
        .filter(|(group, tag, value)| !is_allowed(group, tag, value))
        .map(|(group, tag, value)| format!("{group}:{tag} is {value:?}"))
        .collect()
}
