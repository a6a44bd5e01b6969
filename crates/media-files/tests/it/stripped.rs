//! What goes and what stays.

use std::time::Duration;

use image::metadata::Orientation;
use nova_media_files::{Format, Kind, Limits, measure};

use crate::made::{self, mp4};
use crate::{contains, decode, strip};

#[test]
fn nothing_of_what_a_file_tells_is_left() {
    for (name, format, file) in made::all() {
        let (out, _) = strip(format, &file).unwrap_or_else(|error| panic!("{name}: {error}"));
        for secret in made::SECRETS {
            assert!(
                contains(&file, secret.as_bytes()),
                "{name} has no {secret} to begin with"
            );
            assert!(
                !contains(&out, secret.as_bytes()),
                "{name} still says {secret}"
            );
        }
        for other in ["51.5", "PK\x03\x04", "photoshop"] {
            assert!(
                !contains(&out, other.as_bytes()),
                "{name} still says {other}"
            );
        }
    }
}

#[test]
fn what_is_stripped_is_the_same_kind_of_file_and_stays_as_it_is() {
    for (name, format, file) in made::all() {
        let limits = Limits::default();
        assert_eq!(
            nova_media_files::sniff(&mut file.as_slice(), &limits)
                .unwrap()
                .format,
            format,
            "{name}"
        );
        let (out, facts) = strip(format, &file).unwrap();
        assert_eq!(
            nova_media_files::sniff(&mut out.as_slice(), &limits)
                .unwrap()
                .format,
            format,
            "{name}"
        );
        let (again, same) = strip(format, &out).unwrap();
        assert!(again == out, "{name} changes once more");
        assert_eq!(facts, same, "{name}");
        assert_eq!(
            measure(format, std::io::Cursor::new(&file), &limits).unwrap(),
            facts,
            "{name}"
        );
        assert_eq!(
            facts.duration.is_none(),
            format.kind() == Kind::Image,
            "{name}"
        );
        assert_eq!(facts.size.is_none(), format.kind() == Kind::Audio, "{name}");
    }
}

#[test]
fn pixels_are_untouched_and_the_profile_stays() {
    for (name, format, file) in made::all() {
        if format.kind() != Kind::Image {
            continue;
        }
        let (out, _) = strip(format, &file).unwrap();
        let (before, after) = (
            decode(format, &file).unwrap(),
            decode(format, &out).unwrap(),
        );
        assert!(before.pixels() == after.pixels(), "{name} looks different");
    }
    for (format, file) in [
        (Format::Jpeg, made::jpeg::filled(1)),
        (Format::Png, made::png::filled(1)),
        (Format::WebP, made::webp::filled(1)),
    ] {
        let (out, _) = strip(format, &file).unwrap();
        assert_eq!(
            crate::pictures::profile(format, &out),
            Some(made::profile()),
            "{format:?}"
        );
    }
}

/// Found by damaging: the first scan lacks its end, and goes on in a decoder's eyes or not, depending on the marker behind it.
#[test]
fn a_scan_that_is_too_short_ends_at_the_same_marker() {
    let table = [vec![0xff, 0xdb, 0, 0x43, 0], vec![8; 64]].concat();
    let frame = [0xff, 0xc2, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0];
    let codes = |class, lengths: [u8; 3], value| {
        let counts = [lengths.as_slice(), &[0; 13]].concat();
        [&[0xff, 0xc4, 0, 0x14, class][..], &counts, &[value]].concat()
    };
    let first = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 1, 0x29, 0x4c, 0x3f];
    let secret = [&[0xff, 0xe6, 0, 14][..], b"Ada Lovelace"].concat();
    let second = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0x10, 0xaf];
    let third = [0xff, 0xda, 0, 8, 1, 1, 0, 1, 0x3f, 0, 0, 0xff, 0xd9];
    let file = [
        &[0xff, 0xd8],
        table.as_slice(),
        &frame,
        &codes(0, [0, 1, 0], 3),
        &codes(0x10, [0, 1, 0], 0),
        &first,
        &secret,
        &second,
        &third,
    ]
    .concat();
    let (out, _) = strip(Format::Jpeg, &file).unwrap();
    assert!(!contains(&out, b"Ada"));
    let [before, after] = [&file, &out].map(|file| decode(Format::Jpeg, file).unwrap());
    assert!(before.pixels() == after.pixels());
    assert_eq!(strip(Format::Jpeg, &out).unwrap().0, out);
}

/// LemmyNet/lemmy #2494: all EXIF went, and pictures of telephones lay on their side.
#[test]
fn orientation_is_not_lost_with_exif() {
    for orientation in 1..=8 {
        for (format, file) in [
            (Format::Jpeg, made::jpeg::filled(orientation)),
            (Format::Png, made::png::filled(orientation)),
            (Format::WebP, made::webp::filled(orientation)),
        ] {
            let (out, facts) = strip(format, &file).unwrap();
            let expected = if orientation >= 5 { (24, 40) } else { (40, 24) };
            assert_eq!(facts.size, Some(expected), "{format:?} {orientation}");
            assert_eq!(
                decode(format, &out).unwrap().size(),
                expected,
                "{format:?} {orientation}"
            );
            let said = crate::pictures::orientation(format, &out);
            assert_eq!(
                said,
                Orientation::from_exif(orientation).unwrap(),
                "{format:?} {orientation}"
            );
        }
    }
}

#[test]
fn samples_stay_where_they_are() {
    let turned = mp4::Movie {
        turned: true,
        ..mp4::MOVIE
    };
    let fragments = mp4::Movie {
        fragments: true,
        ..mp4::MOVIE
    };
    for (file, samples) in [mp4::MOVIE.file(), turned.file(), fragments.in_fragments()] {
        let (out, facts) = strip(Format::Mp4, &file).unwrap();
        for (at, sample) in samples {
            assert!(
                out[at..].starts_with(&sample),
                "the sample at {at} has changed"
            );
        }
        assert_eq!(facts.duration, Some(Duration::from_millis(1500)));
        // Atoms that went are as long as before, but for those at the end.
        assert!(out.len() < file.len());
    }
    let (_, facts) = strip(Format::Mp4, &turned.file().0).unwrap();
    assert_eq!(facts.size, Some((36, 64)));
}

#[test]
fn frames_of_webm_stay_where_they_are() {
    for is_sized in [true, false] {
        let file = made::webm::filled(is_sized);
        let (out, facts) = strip(Format::WebM, &file).unwrap();
        for track in [1, 2] {
            for number in 0..15 {
                let frame = made::webm::frame(track, number);
                let at = memchr::memmem::find(&file, &frame).unwrap();
                assert!(
                    out[at..].starts_with(&frame),
                    "frame {number} of {track} has changed"
                );
            }
        }
        assert_eq!(facts.size, Some((64, 36)));
        assert_eq!(facts.duration, Some(Duration::from_millis(1500)));
    }
}

#[test]
fn sound_is_untouched() {
    let (out, facts) = strip(Format::Mp3, &made::mp3::filled()).unwrap();
    assert!(out == made::mp3::frames(made::mp3::FRAMES));
    let seconds = facts.duration.unwrap().as_secs_f64();
    assert!(
        (seconds - 100.0 * 1152.0 / 44_100.0).abs() < 1e-6,
        "{seconds}"
    );

    let (out, facts) = strip(Format::Wav, &made::wav::filled()).unwrap();
    assert!(out.ends_with(&made::wav::samples()));
    assert_eq!(out.len(), 44 + made::wav::samples().len());
    assert_eq!(facts.duration, Some(Duration::from_millis(1500)));

    let (_, facts) = strip(Format::Ogg, &made::ogg::vorbis()).unwrap();
    assert_eq!(facts.duration, Some(Duration::from_secs(2)));
    let (_, facts) = strip(Format::Ogg, &made::ogg::opus()).unwrap();
    assert_eq!(facts.duration, Some(Duration::from_millis(1500)));
}

#[test]
fn pages_of_an_ogg_are_counted_and_summed_anew() {
    for file in [made::ogg::vorbis(), made::ogg::opus()] {
        let (out, _) = strip(Format::Ogg, &file).unwrap();
        let mut again = out.clone();
        made::ogg::sum_again(&mut again);
        assert!(again == out, "a sum is wrong");
        let mut expected = 0;
        for at in memchr::memmem::find_iter(&out, b"OggS") {
            if out[at + 5] & 2 != 0 {
                expected = 0;
            }
            assert_eq!(
                out[at + 18],
                expected,
                "the page at {at} has another number"
            );
            expected += 1;
        }
    }
}

#[test]
fn the_sound_of_a_wav_that_was_written_without_coming_back() {
    let mut file =
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0"
            .to_vec();
    file.extend(b"data\xff\xff\xff\xff");
    file.extend([0x80; 4_000]);
    let (out, facts) = strip(Format::Wav, &file).unwrap();
    assert_eq!(facts.duration, Some(Duration::from_millis(500)));
    assert_eq!(out[4..8], 4_036_u32.to_le_bytes());
    assert_eq!(out[40..44], 4_000_u32.to_le_bytes());
}
