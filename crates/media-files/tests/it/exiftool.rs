//! What a stranger's program finds in what is served.

use std::path::Path;

use nova_media_files::Format;

use crate::people::{exiftool, tells};
use crate::{made, strip};

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
