//! What a stranger's program finds in what is served: Debian's `libimage-exiftool-perl`.

use std::path::Path;
use std::process::Command;

use nova_media_files::Format;

use crate::{made, strip};

/// Runs the program; without it nobody has looked, so that this fails.
fn exiftool(arguments: &[&str], file: &Path) -> String {
    let output = Command::new("exiftool")
        .args(arguments)
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("exiftool, of the package libimage-exiftool-perl: {error}"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Everything it knows to write into such a file: who, what with, where.
const TAGS: &[&str] = &[
    "-overwrite_original",
    "-ignoreMinorErrors",
    "-all=",
    "-Artist=Ada Lovelace",
    "-Author=Ada Lovelace",
    "-Creator=Ada Lovelace",
    "-By-line=Ada Lovelace",
    "-OwnerName=Ada Lovelace",
    "-Copyright=Ada Lovelace",
    "-Comment=Ada Lovelace",
    "-Title=Marylebone",
    "-Make=Analytical Engine",
    "-Model=Analytical Engine",
    "-LensModel=Analytical Engine",
    "-SerialNumber=Analytical Engine",
    "-Software=Difference 2.0",
    "-CreatorTool=Difference 2.0",
    "-City=Marylebone",
    "-Location=Marylebone",
    "-GPSLatitude=51.5226",
    "-GPSLongitude=0.1571",
    "-GPSLatitudeRef=N",
    "-GPSLongitudeRef=W",
    "-GPSCoordinates=51.5226, 0.1571, 20",
    "-Keys:Author=Ada Lovelace",
    "-Keys:Make=Analytical Engine",
    "-Keys:Model=Analytical Engine",
    "-Keys:GPSCoordinates=51.5226, 0.1571, 20",
    "-UserData:Author=Ada Lovelace",
    "-UserData:GPSCoordinates=51.5226, 0.1571, 20",
    "-ItemList:Author=Ada Lovelace",
    "-XMP-dc:Creator=Ada Lovelace",
    "-XMP-photoshop:City=Marylebone",
    "-XMP-tiff:Model=Analytical Engine",
    "-IPTC:City=Marylebone",
    "-DateTimeOriginal=1843:10:01 12:00:00",
    "-CreateDate=1943:10:01 12:00:00",
];

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

fn tells(file: &Path) -> Vec<String> {
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

#[test]
fn exiftool_finds_no_place_device_or_person() {
    let folder = tempfile::tempdir().unwrap();
    for (name, format, file) in made::all() {
        let path = folder.path().join(format!("file.{}", format.extension()));
        std::fs::write(&path, &file).unwrap();
        check(name, format, &path);
        // And as the program itself fills it, where it can.
        if matches!(
            name,
            "jpeg"
                | "png"
                | "gif, moving"
                | "webp, lossless"
                | "webp, lossy"
                | "webp, moving"
                | "mp4"
                | "mov"
        ) {
            std::fs::write(&path, strip(format, &file).unwrap().0).unwrap();
            let said = exiftool(TAGS, &path);
            assert!(said.contains("1 image files updated"), "{name}: {said}");
            check(&format!("{name}, filled by exiftool"), format, &path);
        }
    }
}

fn check(name: &str, format: Format, path: &Path) {
    let before = tells(path);
    assert!(!before.is_empty(), "{name} tells nothing to begin with");
    let (out, _) = strip(format, &std::fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let stripped = path.with_file_name(format!("stripped.{}", format.extension()));
    std::fs::write(&stripped, out).unwrap();
    let out = std::fs::read(&stripped).unwrap();
    for secret in made::SECRETS {
        assert!(
            !crate::contains(&out, secret.as_bytes()),
            "{name} still says {secret}"
        );
    }
    let after = tells(&stripped);
    assert!(after.is_empty(), "{name} still tells: {after:#?}");
}
