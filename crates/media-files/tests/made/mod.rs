//! Files that tests make themselves, filled with what nobody but their owner may know.

pub(crate) mod gif;
pub(crate) mod jpeg;
pub(crate) mod mp3;
pub(crate) mod mp4;
pub(crate) mod ogg;
pub(crate) mod png;
pub(crate) mod wav;
pub(crate) mod webm;
pub(crate) mod webp;

use image::RgbImage;
use nova_media_files::Format;

/// A person, a device, a place, a program.
pub(crate) const SECRETS: [&str; 4] = [
    "Ada Lovelace",
    "Analytical Engine",
    "Marylebone",
    "Difference 2.0",
];

/// All secrets in one.
pub(crate) fn secret() -> Vec<u8> {
    SECRETS.join(", ").into_bytes()
}

/// A picture in which no two places are alike.
pub(crate) fn picture(width: u32, height: u32) -> RgbImage {
    let shade = |at: u32, of: u32| u8::try_from(at * 255 / of).unwrap();
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([
            shade(x, width),
            shade(y, height),
            shade((x * 7 + y * 3) % 64, 64),
        ])
    })
}

/// A profile of red, green and blue, which says no more of them.
pub(crate) fn profile() -> Vec<u8> {
    let mut profile = vec![0; 128];
    profile[3] = 160;
    profile[8] = 4;
    profile[12..24].copy_from_slice(b"mntrRGB XYZ ");
    profile[36..40].copy_from_slice(b"acsp");
    profile.extend(b"\0\0\0\x01cprt\0\0\0\x90\0\0\0\x10text\0\0\0\0nobody\0\0");
    profile
}

/// EXIF as a telephone writes it: little endian, with who, what with and where.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let texts: [(u16, &str); 4] = [
        (0x010f, "Analytical Engine\0"),
        (0x0110, "Analytical Engine\0"),
        (0x0131, "Difference 2.0\0"),
        (0x013b, "Ada Lovelace\0"),
    ];
    // The directory has the texts, the orientation among them, and where the place is said.
    let entries = u16::try_from(texts.len()).unwrap() + 2;
    let mut rest = 8 + 2 + u32::from(entries) * 12 + 4;
    let mut directory = entries.to_le_bytes().to_vec();
    let mut contents: Vec<u8> = Vec::new();
    let mut entry = |tag: u16, kind: u16, count: u32, value: u32| {
        directory.extend(tag.to_le_bytes());
        directory.extend(kind.to_le_bytes());
        directory.extend(count.to_le_bytes());
        directory.extend(value.to_le_bytes());
    };
    for (index, (tag, text)) in texts.into_iter().enumerate() {
        if index == 2 {
            entry(0x0112, 3, 1, orientation.into());
        }
        let length = u32::try_from(text.len()).unwrap();
        entry(tag, 2, length, rest);
        contents.extend(text.as_bytes());
        rest += length;
    }
    entry(0x8825, 4, 1, rest);
    directory.extend([0; 4]);
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(directory);
    tiff.extend(contents);
    // 51° 31′ north, and the name of the place.
    tiff.extend([3, 0]);
    tiff.extend([1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0]);
    tiff.extend([2, 0, 5, 0, 3, 0, 0, 0]);
    tiff.extend((rest + 42).to_le_bytes());
    tiff.extend([0x1c, 0, 7, 0, 18, 0, 0, 0]);
    tiff.extend((rest + 66).to_le_bytes());
    tiff.extend([0; 4]);
    for degrees in [51_u32, 31, 22] {
        tiff.extend(degrees.to_le_bytes());
        tiff.extend(1_u32.to_le_bytes());
    }
    tiff.extend(b"ASCII\0\0\0Marylebone");
    tiff
}

pub(crate) fn xmp() -> Vec<u8> {
    format!(
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF \
         xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' \
         xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' photoshop:City='{}' photoshop:AuthorsPosition='{}' \
         photoshop:Credit='{}'/></rdf:RDF></x:xmpmeta><?xpacket end='w'?>",
        SECRETS[2], SECRETS[0], SECRETS[1],
    )
    .into_bytes()
}

/// What polyglots are made of: the end of a ZIP.
pub(crate) fn trailer() -> Vec<u8> {
    [b"PK\x03\x04".as_slice(), &secret(), b"PK\x05\x06", &[0; 18]].concat()
}

/// Every kind of file, each filled with secrets, by name.
pub(crate) fn all() -> Vec<(&'static str, Format, Vec<u8>)> {
    vec![
        ("jpeg", Format::Jpeg, jpeg::filled(6)),
        ("jpeg, progressive", Format::Jpeg, jpeg::progressive()),
        ("png", Format::Png, png::filled(8)),
        ("png, moving", Format::Png, png::moving(3)),
        ("gif, moving", Format::Gif, gif::filled(3)),
        ("webp, lossless", Format::WebP, webp::filled(3)),
        ("webp, lossy", Format::WebP, webp::lossy()),
        ("webp, moving", Format::WebP, webp::moving(3)),
        ("mp4", Format::Mp4, mp4::filled()),
        ("mp4, fragments", Format::Mp4, mp4::fragments()),
        ("mov", Format::Mov, mp4::quicktime()),
        ("webm", Format::WebM, webm::filled(true)),
        ("webm, live", Format::WebM, webm::filled(false)),
        ("mp3", Format::Mp3, mp3::filled()),
        ("ogg, vorbis", Format::Ogg, ogg::vorbis()),
        ("ogg, opus", Format::Ogg, ogg::opus()),
        ("wav", Format::Wav, wav::filled()),
    ]
}
