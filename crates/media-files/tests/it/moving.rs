//! Pictures that move go on moving.

use std::io::Cursor;

use image::AnimationDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use nova_media_files::Format;

use crate::{made, strip};

fn frames(format: Format, file: &[u8]) -> Vec<(image::Delay, image::RgbaImage)> {
    let file = Cursor::new(file);
    let frames = match format {
        Format::Gif => GifDecoder::new(file).unwrap().into_frames(),
        Format::Png => PngDecoder::new(file).unwrap().apng().unwrap().into_frames(),
        _ => WebPDecoder::new(file).unwrap().into_frames(),
    };
    let frames = frames.collect_frames().unwrap();
    frames
        .into_iter()
        .map(|frame| (frame.delay(), frame.into_buffer()))
        .collect()
}

#[test]
fn all_frames_stay_and_how_long_each_is_shown() {
    for (format, file) in [
        (Format::Gif, made::gif::filled(4)),
        (Format::Png, made::png::moving(4)),
        (Format::WebP, made::webp::moving(4)),
    ] {
        let (out, _) = strip(format, &file).unwrap();
        let before = frames(format, &file);
        assert!(before.len() >= 3, "{format:?}");
        assert!(
            before == frames(format, &out),
            "{format:?} moves differently"
        );
    }
}

#[test]
fn a_gif_is_repeated_as_often_as_before() {
    let (out, _) = strip(Format::Gif, &made::gif::filled(2)).unwrap();
    assert!(crate::contains(
        &out,
        b"!\xff\x0bNETSCAPE2.0\x03\x01\x07\0\0"
    ));
}

#[test]
fn more_than_five_hundred_frames_are_too_many() {
    assert!(strip(Format::Gif, &made::gif::of_frames(500)).is_ok());
    for file in [made::gif::of_frames(501), made::gif::of_frames(1_000_000)] {
        assert_eq!(
            strip(Format::Gif, &file).unwrap_err().reason(),
            "too_many_frames"
        );
    }
    assert_eq!(
        strip(Format::Png, &made::png::moving(501))
            .unwrap_err()
            .reason(),
        "too_many_frames"
    );
}
