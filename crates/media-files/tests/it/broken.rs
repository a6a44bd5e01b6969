//! Files that are damaged, or made to do damage.

use nova_media_files::{Error, Format};

use crate::made::{self, jpeg, mp4, webm};
use crate::strip;

fn refused(format: Format, file: &[u8]) -> &'static str {
    strip(format, file).unwrap_err().reason()
}

#[test]
fn whatever_is_cut_off_is_refused_and_nothing_is_written() {
    for (name, format, file) in made::all() {
        let (whole, _) = strip(format, &file).unwrap();
        let mut lengths: Vec<usize> = (0..file.len()).step_by(file.len() / 200 + 1).collect();
        lengths.extend(0..40);
        for end in lengths {
            let mut out = Vec::new();
            let limits = nova_media_files::Limits::default();
            let cut = nova_media_files::strip(
                format,
                std::io::Cursor::new(&file[..end]),
                &mut out,
                &limits,
            );
            match cut {
                Ok(facts) => assert_eq!(facts.bytes, out.len() as u64, "{name} of {end}"),
                Err(error) => {
                    assert!(error.is_of_the_file(), "{name} of {end}: {error}");
                    assert!(out.is_empty(), "{name} of {end}");
                }
            }
            assert!(out.len() <= whole.len(), "{name} of {end}");
        }
    }
}

/// What handles the track was read from the atom behind, which was then stripped: what was served was no video any more.
#[test]
fn fields_are_not_read_from_the_atom_behind() {
    let mut file = mp4::filled();
    let of_the_track = b"hdlr\0\0\0\0mhlrvide".as_slice();
    let at = file.windows(16).position(|bytes| bytes == of_the_track);
    let at = at.unwrap();
    let length = u32::from_be_bytes(file[at - 4..at].try_into().unwrap());
    file[at - 4..at].copy_from_slice(&8_u32.to_be_bytes());
    file[at + 4..at + 8].copy_from_slice(&(length - 8).to_be_bytes());
    assert_eq!(refused(Format::Mp4, &file), Error::Malformed("").reason());
}

#[test]
fn lengths_of_nothing_and_of_everything() {
    let brand = mp4::atom(b"ftyp", &[b"isom\0\0\0\0isom"]);
    for atom in [
        b"\0\0\0\0moov".as_slice(),
        b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\0\0\0\x01moov\0\0\0\0\0\0\0\0",
        b"\0\0\0\x07moov",
        b"\xff\xff\xff\xffmoov",
    ] {
        let file = [brand.as_slice(), atom, &[0; 64]].concat();
        assert!(strip(Format::Mp4, &file).is_err());
    }
    let head = webm::element(0x1a45_dfa3, &webm::element(0x4282, b"webm"));
    for element in [
        b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xfe".as_slice(),
        b"\x18\x53\x80\x67\x80",
        b"\x18\x53\x80\x67\x00",
        b"\x18\x53\x80\x67\xff\x1f\x43\xb6\x75\xff\x1f\x43\xb6\x75\xff",
    ] {
        assert!(strip(Format::WebM, &[head.as_slice(), element].concat()).is_err());
    }
}

/// Elements in elements have no cycles to go round in, only depth.
#[test]
fn a_thousand_boxes_in_boxes() {
    let mut inner = Vec::new();
    for _ in 0..1000 {
        inner = webm::element(0xe1, &inner);
    }
    let head = webm::element(0x1a45_dfa3, &webm::element(0x4282, b"webm"));
    let segment = webm::element(0x1853_8067, &webm::element(0x1549_a966, &inner));
    assert_eq!(
        refused(Format::WebM, &[head, segment].concat()),
        "malformed"
    );

    let mut inner = Vec::new();
    for kind in [b"trak", b"mdia", b"minf", b"stbl", b"moov"]
        .iter()
        .cycle()
        .take(1000)
    {
        inner = mp4::atom(kind, &[&inner]);
    }
    let file = [
        mp4::atom(b"ftyp", &[b"isom\0\0\0\0isom"]),
        mp4::atom(b"moov", &[&inner]),
    ]
    .concat();
    assert_eq!(refused(Format::Mp4, &file), "no_picture");
}

#[test]
fn videos_that_last_for_nothing_or_for_ever() {
    let lasts = |duration| {
        mp4::Movie {
            duration,
            ..mp4::MOVIE
        }
        .file()
        .0
    };
    assert_eq!(refused(Format::Mp4, &lasts(0)), "no_duration");
    assert_eq!(refused(Format::Mp4, &lasts(3_600_001)), "too_long");
    assert!(strip(Format::Mp4, &lasts(3_600_000)).is_ok());
    assert_eq!(refused(Format::Mp4, &lasts(u32::MAX - 6)), "too_long");
}

#[test]
fn videos_that_are_too_large() {
    let large = mp4::Movie {
        size: (20_000, 20),
        ..mp4::MOVIE
    }
    .file()
    .0;
    assert_eq!(refused(Format::Mp4, &large), "too_many_pixels");
    let nothing = mp4::Movie {
        size: (0, 0),
        ..mp4::MOVIE
    }
    .file()
    .0;
    assert_eq!(refused(Format::Mp4, &nothing), "malformed");
}

/// A player that follows such a reference opens files of whoever plays it.
#[test]
fn samples_in_other_files_are_refused() {
    let mut file = mp4::filled();
    let at = memchr::memmem::find(&file, b"alis").unwrap();
    file[at + 7] = 0;
    assert_eq!(refused(Format::Mp4, &file), "malformed");
}

#[test]
fn samples_that_are_not_among_the_media() {
    let file = mp4::filled();
    let table = memchr::memmem::find(&file, b"stco").unwrap() + 12;
    for offset in [0_u32, 40, u32::MAX] {
        let mut file = file.clone();
        file[table..table + 4].copy_from_slice(&offset.to_be_bytes());
        assert!(matches!(
            strip(Format::Mp4, &file),
            Err(Error::Malformed(_) | Error::Truncated)
        ));
    }
}

#[test]
fn a_jpeg_of_a_thousand_scans() {
    let plain = jpeg::progressive();
    let scan = memchr::memmem::find(&plain, b"\xff\xda").unwrap();
    let end = memchr::memmem::find(&plain, b"\xff\xd9").unwrap();
    let mut file = plain[..scan].to_vec();
    for _ in 0..1000 {
        file.extend(&plain[scan..end]);
    }
    file.extend(b"\xff\xd9");
    assert_eq!(refused(Format::Jpeg, &file), "malformed");
}

#[test]
fn sound_and_videos_without_any() {
    assert_eq!(refused(Format::Mp3, &made::mp3::id3()), "malformed");
    assert_eq!(
        refused(Format::Ogg, &made::ogg::vorbis()[..58]),
        "no_duration"
    );
    let wav = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0";
    assert_eq!(refused(Format::Wav, wav), "no_duration");
}

#[test]
fn every_format_refuses_every_other() {
    for (name, format, file) in made::all() {
        for other in Format::ALL {
            let same = other == format
                || matches!(
                    (other, format),
                    (Format::Mp4 | Format::Mov, Format::Mp4 | Format::Mov)
                );
            if !same {
                assert!(strip(other, &file).is_err(), "{name} as {other:?}");
            }
        }
    }
}
