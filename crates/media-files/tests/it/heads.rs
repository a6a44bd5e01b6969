//! What the first bytes show.

use nova_media_files::{Error, Format, Head, Limits, Sniffer, sniff};

use crate::made;

fn told(file: &[u8]) -> Result<Head, Error> {
    sniff(&mut &*file, &Limits::default())
}

fn refused(file: &[u8]) -> &'static str {
    told(file).unwrap_err().reason()
}

#[test]
fn it_does_not_matter_in_which_pieces_the_bytes_come() {
    for (name, format, file) in made::all() {
        let whole = told(&file).unwrap();
        assert_eq!(whole.format, format, "{name}");
        for size in [1, 7, 100] {
            let mut sniffer = Sniffer::new(Limits::default());
            let mut pieces = file.chunks(size);
            let head = loop {
                if let Some(head) = sniffer.feed(pieces.next().unwrap()).unwrap() {
                    break head;
                }
            };
            assert_eq!(head, whole, "{name} in pieces of {size}");
        }
    }
}

#[test]
fn the_size_of_a_picture_is_known_before_it_is_there() {
    for (file, size) in [
        (made::jpeg::filled(6), (40, 24)),
        (made::png::filled(1), (40, 24)),
        (made::gif::filled(1), (20, 10)),
        (made::webp::filled(1), (40, 24)),
        (made::webp::lossy(), (40, 24)),
        (made::webp::moving(2), (20, 10)),
    ] {
        assert_eq!(told(&file).unwrap().size, Some(size));
    }
    let mut sniffer = Sniffer::new(Limits::default());
    assert_eq!(sniffer.feed(&made::jpeg::filled(1)[..30]).unwrap(), None);
    assert_eq!(sniffer.format(), Some(Format::Jpeg));
}

#[test]
fn a_hundred_thousand_pixels_square_are_refused_at_once() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([100_000_u32.to_be_bytes(), 100_000_u32.to_be_bytes()].concat());
    assert_eq!(refused(&png), "too_many_pixels");
    assert_eq!(
        refused(b"\xff\xd8\xff\xc0\0\x0b\x08\xff\xff\xff\xff\x01"),
        "too_many_pixels"
    );
    assert_eq!(refused(b"GIF89a\xff\xff\xff\xff\0\0\0"), "too_many_pixels");
    assert_eq!(
        refused(b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff"),
        "too_many_pixels"
    );
}

/// What is not taken says what is; an AVIF was a 500 in mastodon/mastodon #20834.
#[test]
fn everything_else_is_refused_by_name() {
    let isom = |brand: &[u8; 4]| {
        [
            b"\0\0\0\x18ftyp".as_slice(),
            brand,
            b"\0\0\0\0mif1miaf",
            &[0; 40],
        ]
        .concat()
    };
    let zip = [b"PK\x03\x04\x14\0\0\0".as_slice(), &made::secret()].concat();
    for (name, file) in [
        ("avif", isom(b"avif")),
        ("avif sequence", isom(b"avis")),
        ("heic", isom(b"heic")),
        ("heif", isom(b"mif1")),
        ("m4a", isom(b"M4A ")),
        ("zip named .png", zip),
        ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        ("svg with a head", b"<?xml version='1.0'?><svg/>".to_vec()),
        ("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj".to_vec()),
        ("bmp", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec()),
        ("tiff", made::exif(1)),
        ("flac", b"fLaC\0\0\0\x22\x10\0\x10\0\0\0\0".to_vec()),
        (
            "aac",
            b"\xff\xf1\x50\x80\x02\x1f\xfc\xde\x02\0\x4c\x61\x76\x63".to_vec(),
        ),
        ("avi", b"RIFF\x40\0\0\0AVI LIST\x10\0\0\0".to_vec()),
        (
            "matroska",
            b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska".to_vec(),
        ),
        (
            "ogg of flac",
            [
                b"OggS\0\x02".as_slice(),
                &[0; 20],
                b"\x01\x0d\x7fFLAC\x01\0\0\0\0\0\0\0\0",
            ]
            .concat(),
        ),
        ("html", b"<!doctype html><script>alert(1)</script>".to_vec()),
        (
            "text",
            b"ID2\x04 is no tag of ours, and this no sound".to_vec(),
        ),
        ("utf-16", b"\xff\xfe<\0h\0t\0m\0l\0>\0\0\0\0".to_vec()),
        ("short", b"\x89PN".to_vec()),
    ] {
        let error = told(&file).unwrap_err();
        assert_eq!(error.reason(), "unsupported_media_type", "{name}");
        assert!(
            error
                .to_string()
                .contains("JPEG, PNG, GIF, WebP; MP4, MOV, WebM; MP3, OGG, WAV"),
            "{name}"
        );
    }
    assert_eq!(refused(b""), "empty");
}

#[test]
fn a_head_that_ends_too_early() {
    for (name, _, file) in made::all() {
        for end in 0..12 {
            assert!(told(&file[..end]).is_err(), "{name} of {end} bytes");
        }
    }
    assert_eq!(refused(&made::jpeg::filled(1)[..100]), "truncated");
    assert_eq!(refused(&made::mp3::filled()[..200]), "truncated");
}
