//! Small pictures.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder};
use nova_media_files::{Format, Limits, Picture, Thumbnail};

use crate::{decode, made, strip};

fn with_decoder<T>(format: Format, file: &[u8], ask: impl Fn(&mut dyn ImageDecoder) -> T) -> T {
    match format {
        Format::Jpeg => ask(&mut JpegDecoder::new(Cursor::new(file)).unwrap()),
        Format::Png => ask(&mut PngDecoder::new(Cursor::new(file)).unwrap()),
        _ => ask(&mut WebPDecoder::new(Cursor::new(file)).unwrap()),
    }
}

pub(crate) fn profile(format: Format, file: &[u8]) -> Option<Vec<u8>> {
    with_decoder(format, file, |decoder| decoder.icc_profile().unwrap())
}

pub(crate) fn orientation(format: Format, file: &[u8]) -> Orientation {
    with_decoder(format, file, |decoder| decoder.orientation().unwrap())
}

fn shown(thumbnail: &Thumbnail) -> DynamicImage {
    let picture = decode(Format::WebP, &thumbnail.webp).unwrap();
    assert_eq!(picture.size(), (thumbnail.width, thumbnail.height));
    picture.pixels().clone()
}

fn sides(thumbnail: &Thumbnail) -> (u32, u32) {
    (thumbnail.width, thumbnail.height)
}

fn close(one: [u8; 3], other: [u8; 3]) -> bool {
    one.iter()
        .zip(other)
        .all(|(one, other)| one.abs_diff(other) < 40)
}

#[test]
fn thumbnails_are_within_their_sides_and_have_the_shape_of_the_picture() {
    let thumbnails = decode(Format::Jpeg, &made::jpeg::plain(2000, 1000))
        .unwrap()
        .thumbnails()
        .unwrap();
    assert_eq!(sides(&thumbnails.large), (1600, 800));
    assert_eq!(sides(&thumbnails.medium), (800, 400));
    assert_eq!(sides(&thumbnails.small), (320, 160));
    assert_eq!(thumbnails.blurhash.len(), 28);
    let expected = made::picture(320, 160);
    for thumbnail in [&thumbnails.small, &thumbnails.medium, &thumbnails.large] {
        let shown = shown(thumbnail).into_rgb8();
        let small = image::imageops::thumbnail(&shown, 320, 160);
        for at in [(10, 10), (300, 20), (160, 80), (20, 150), (310, 150)] {
            let (is, should) = (
                small.get_pixel(at.0, at.1).0,
                expected.get_pixel(at.0, at.1).0,
            );
            assert!(
                close([is[0], is[1], 0], [should[0], should[1], 0]),
                "{at:?}: {is:?} {should:?}"
            );
        }
    }
}

#[test]
fn nothing_is_enlarged() {
    let thumbnails = decode(Format::Png, &made::png::plain(40, 24))
        .unwrap()
        .thumbnails()
        .unwrap();
    assert_eq!(sides(&thumbnails.small), (40, 24));
    assert_eq!(thumbnails.small, thumbnails.large);
    let middling = decode(Format::Png, &made::png::plain(500, 100))
        .unwrap()
        .thumbnails()
        .unwrap();
    assert_eq!(sides(&middling.small), (320, 64));
    assert_eq!(sides(&middling.medium), (500, 100));
    let line = decode(Format::Png, &made::png::plain(5000, 1))
        .unwrap()
        .thumbnails()
        .unwrap();
    assert_eq!(sides(&line.small), (320, 1));
}

/// LemmyNet/lemmy #2494.
#[test]
fn thumbnails_are_upright() {
    let upright = decode(Format::Jpeg, &made::jpeg::filled(1))
        .unwrap()
        .pixels()
        .clone();
    for value in 1..=8 {
        let (out, _) = strip(Format::Jpeg, &made::jpeg::filled(value)).unwrap();
        let small = decode(Format::Jpeg, &out)
            .unwrap()
            .thumbnails()
            .unwrap()
            .small;
        let mut expected = upright.clone();
        expected.apply_orientation(Orientation::from_exif(value).unwrap());
        let expected = expected.into_rgb8();
        let shown = shown(&small).into_rgb8();
        assert_eq!(shown.dimensions(), expected.dimensions(), "{value}");
        for (x, y) in [(2, 2), (20, 4), (4, 20), (21, 21)] {
            let (is, should) = (shown.get_pixel(x, y).0, expected.get_pixel(x, y).0);
            assert!(
                close([is[0], is[1], 0], [should[0], should[1], 0]),
                "{value}: {is:?} {should:?}"
            );
        }
    }
}

#[test]
fn thumbnails_have_the_profile_of_the_picture() {
    for (format, file) in [
        (Format::Png, made::png::plain(900, 500)),
        (Format::Jpeg, made::jpeg::filled(3)),
    ] {
        let thumbnails = decode(format, &file).unwrap().thumbnails().unwrap();
        for thumbnail in [&thumbnails.small, &thumbnails.medium, &thumbnails.large] {
            assert_eq!(
                profile(Format::WebP, &thumbnail.webp),
                Some(made::profile())
            );
            shown(thumbnail);
        }
    }
}

#[test]
fn what_is_transparent_stays_so() {
    let picture = decode(Format::WebP, &made::webp::filled(1)).unwrap();
    let shown = shown(&picture.thumbnails().unwrap().small);
    assert!(shown.color().has_alpha());
    assert!(shown.into_rgba8().pixels().any(|pixel| pixel.0[3] < 150));
    let opaque = decode(Format::Gif, &made::gif::filled(2))
        .unwrap()
        .thumbnails()
        .unwrap();
    assert!(!self::shown(&opaque.small).color().has_alpha());
}

#[test]
fn avatars_are_squares_out_of_the_middle() {
    let avatar = decode(Format::Jpeg, &made::jpeg::plain(900, 600))
        .unwrap()
        .avatar()
        .unwrap();
    let all = [&avatar.small, &avatar.medium, &avatar.large];
    assert_eq!(all.map(sides), [(64, 64), (128, 128), (400, 400)]);
    let whole = made::picture(900, 600);
    let shown = shown(&avatar.large).into_rgb8();
    for (at, of) in [((5, 5), (157, 7)), ((395, 395), (742, 592))] {
        let (is, should) = (shown.get_pixel(at.0, at.1).0, whole.get_pixel(of.0, of.1).0);
        assert!(
            close([is[0], is[1], 0], [should[0], should[1], 0]),
            "{is:?} {should:?}"
        );
    }
    let small = decode(Format::Png, &made::png::plain(40, 100))
        .unwrap()
        .avatar()
        .unwrap();
    assert_eq!(
        [&small.small, &small.medium, &small.large].map(sides),
        [(40, 40); 3]
    );
}

/// mastodon/mastodon #26170, #26961: uploads ended with 500 because of some pictures' kind of pixels.
#[test]
fn every_kind_of_pixels_has_thumbnails() {
    let (width, height) = (340_u32, 10_u32);
    let count = (width * height) as usize;
    for (colour, bytes) in [
        (ExtendedColorType::L8, 1),
        (ExtendedColorType::La8, 2),
        (ExtendedColorType::Rgb8, 3),
        (ExtendedColorType::Rgba8, 4),
        (ExtendedColorType::L16, 2),
        (ExtendedColorType::La16, 4),
        (ExtendedColorType::Rgb16, 6),
        (ExtendedColorType::Rgba16, 8),
    ] {
        let pixels: Vec<u8> = (0..count * bytes).map(|at| (at % 251) as u8).collect();
        let mut file = Vec::new();
        image::codecs::png::PngEncoder::new(&mut file)
            .write_image(&pixels, width, height, colour)
            .unwrap();
        let (out, _) = strip(Format::Png, &file).unwrap();
        let thumbnails = decode(Format::Png, &out).unwrap().thumbnails().unwrap();
        assert_eq!(sides(&thumbnails.small), (320, 9), "{colour:?}");
        shown(&thumbnails.small);
    }
    let mut grey = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut grey);
    encoder
        .write_image(&vec![7; count], width, height, ExtendedColorType::L8)
        .unwrap();
    let (out, _) = strip(Format::Jpeg, &grey).unwrap();
    decode(Format::Jpeg, &out).unwrap().thumbnails().unwrap();
}

#[test]
fn a_picture_that_says_less_than_it_holds_takes_no_memory() {
    let limits = Limits {
        decoded_bytes: 1_000,
        ..Limits::default()
    };
    for (format, file) in [
        (Format::Jpeg, made::jpeg::plain(40, 24)),
        (Format::Png, made::png::plain(40, 24)),
        (Format::Gif, made::gif::filled(1)),
        (Format::WebP, made::webp::lossy()),
    ] {
        let small = Limits {
            pixels: 100,
            ..Limits::default()
        };
        let refused = |limits| {
            Picture::decode(format, Cursor::new(&file), limits)
                .err()
                .map(|error| error.reason())
        };
        assert_eq!(refused(&small), Some("too_many_pixels"), "{format:?}");
        if format != Format::Gif {
            assert!(refused(&limits).is_some(), "{format:?}");
        }
    }
}
