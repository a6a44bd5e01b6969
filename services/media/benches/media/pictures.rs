//! Pictures of twelve megapixels that are made small, beside the crates that do it and libvips.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use fast_image_resize::{ResizeOptions, Resizer};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use nova_media_files::{Format, Limits, Picture, strip};
use nova_testkit::bench::Row;
use nova_testkit::process::{Stat, own_pid};

use crate::Extent;

const SIDES: [u32; 3] = [1600, 800, 320];

pub(crate) fn measure(extent: Extent) -> anyhow::Result<Vec<Row>> {
    let picture = photograph();
    let kinds = [
        ("JPEG", Format::Jpeg, ImageFormat::Jpeg, Some((0.9, 1.0))),
        ("PNG", Format::Png, ImageFormat::Png, None),
        ("WebP", Format::WebP, ImageFormat::WebP, None),
    ];
    let mut rows = Vec::new();
    for (name, format, coded, goals) in kinds {
        let file = match coded {
            ImageFormat::WebP => encoder(&picture)?.encode(85.0).to_vec(),
            _ => {
                let mut bytes = Cursor::new(Vec::new());
                picture.write_to(&mut bytes, coded)?;
                bytes.into_inner()
            }
        };
        rows.extend(row(name, format, &file, goals, extent)?);
    }
    Ok(rows)
}

/// What a camera would see: large shapes, fine grain.
fn photograph() -> DynamicImage {
    let mut state = 1_u32;
    let pixels = RgbImage::from_fn(4_000, 3_000, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let grain = (state >> 29) as u8;
        let wave =
            |length: f32| ((x as f32 / length).sin() * (y as f32 / length).cos() + 1.0) * 120.0;
        Rgb([wave(90.0), wave(230.0), wave(610.0)].map(|shade| shade as u8 + grain))
    });
    pixels.into()
}

fn row(
    name: &str,
    format: Format,
    file: &[u8],
    goals: Option<(f64, f64)>,
    extent: Extent,
) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let path = folder
        .path()
        .join(format!("picture.{}", format.extension()));
    std::fs::write(&path, file)?;
    let (mut ours, mut crates, mut vips) = (0.0, 0.0, 0.0);
    for _ in 0..extent.pictures {
        ours += spent(|| {
            let mut stripped = Vec::new();
            strip(format, Cursor::new(file), &mut stripped, &Limits::default())?;
            let picture = Picture::decode(format, Cursor::new(stripped), &Limits::default())?;
            drop(picture.thumbnails()?);
            Ok(())
        })?;
        crates += spent(|| bare(file))?;
        vips += spent(|| vipsthumbnails(&path))?;
    }
    let pictures = extent.pictures as f64;
    let mut rows = Vec::new();
    let rivals = [
        ("the bare crates", crates, goals.map(|goals| goals.0)),
        (
            "three `vipsthumbnail` runs",
            vips,
            goals.map(|goals| goals.1),
        ),
    ];
    for (rival, took, goal) in rivals {
        let ratio = took / ours;
        rows.push(Row {
            what: format!(
                "{name} of 12 megapixels, stripped, into three thumbnails and a BlurHash"
            ),
            measured: format!("{:.2} per processor second", pictures / ours),
            limit: format!("{rival}: {:.2}", pictures / took),
            ratio: format!("{ratio:.2}"),
            goal: goal.map(|goal| format!("≥ {goal}")).unwrap_or_default(),
            met: goal.map(|goal| ratio >= goal),
        });
    }
    Ok(rows)
}

/// One decoding, each size out of the one before, WebP as Nova's, and a `BlurHash` of the smallest.
fn bare(file: &[u8]) -> anyhow::Result<()> {
    let mut picture = DynamicImage::from(image::load_from_memory(file)?.into_rgb8());
    let mut resizer = Resizer::new();
    for side in SIDES {
        let (width, height) = (side, side * 3 / 4);
        let mut small = DynamicImage::new(width, height, picture.color());
        resizer.resize(&picture, &mut small, &ResizeOptions::new())?;
        encode(&small)?;
        picture = small;
    }
    let mut tiny = DynamicImage::new(32, 24, picture.color());
    resizer.resize(&picture, &mut tiny, &ResizeOptions::new())?;
    let hash = blurhash::encode(4, 3, 32, 24, tiny.to_rgba8().as_raw())?;
    ensure!(!hash.is_empty());
    Ok(())
}

fn encode(picture: &DynamicImage) -> anyhow::Result<()> {
    let failed = || anyhow::anyhow!("no WebP");
    let mut config = webp::WebPConfig::new().map_err(|()| failed())?;
    config.quality = 75.0;
    config.method = 2;
    encoder(picture)?
        .encode_advanced(&config)
        .map_err(|_| failed())?;
    Ok(())
}

fn encoder(picture: &DynamicImage) -> anyhow::Result<webp::Encoder<'_>> {
    let pixels = picture.as_rgb8().context("other pixels")?;
    Ok(webp::Encoder::from_rgb(
        pixels,
        pixels.width(),
        pixels.height(),
    ))
}

fn vipsthumbnails(picture: &Path) -> anyhow::Result<()> {
    for side in SIDES {
        let status = Command::new("vipsthumbnail")
            .arg(picture)
            .args([
                "--size",
                &side.to_string(),
                "-o",
                "%s-small.webp[Q=75,effort=2,strip]",
            ])
            .status()
            .context("vipsthumbnail, of the package libvips-tools")?;
        ensure!(status.success());
    }
    Ok(())
}

/// Seconds of processor time that this takes, here and in programs that it runs.
fn spent(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let before = processor()?;
    work()?;
    Ok(processor()? - before)
}

fn processor() -> anyhow::Result<f64> {
    let Stat { own, ended, .. } = Stat::of(own_pid())?;
    Ok(own + ended)
}
