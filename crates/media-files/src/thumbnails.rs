//! Small pictures made from one large one.

mod webp;

use fast_image_resize::{ResizeOptions, Resizer};
use image::DynamicImage;

use crate::blurhash;
use crate::error::Error;
use crate::picture::Picture;

/// The longer side of the thumbnails, largest first: each is made from the one before.
const SIDES: [u32; 3] = [1600, 800, 320];

/// The sides of an avatar, largest first.
const AVATARS: [u32; 3] = [400, 128, 64];

/// A small picture, as WebP, upright, with the colour profile of the large one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// Its pixels in a row.
    pub width: u32,
    /// Its rows.
    pub height: u32,
    /// The file.
    pub webp: Vec<u8>,
}

/// What is shown in place of a picture. One that is small itself is not enlarged: then some are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnails {
    /// 320 pixels at most on the longer side.
    pub small: Thumbnail,
    /// 800 pixels at most on the longer side.
    pub medium: Thumbnail,
    /// 1,600 pixels at most on the longer side.
    pub large: Thumbnail,
    /// A few colours as a text, to show until a thumbnail has come: see [blurha.sh](https://blurha.sh).
    pub blurhash: String,
}

/// A picture of a person, cut square. One that is small itself is not enlarged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    /// 64 pixels.
    pub small: Thumbnail,
    /// 128 pixels.
    pub medium: Thumbnail,
    /// 400 pixels.
    pub large: Thumbnail,
    /// As for other pictures.
    pub blurhash: String,
}

impl Picture {
    /// The thumbnails of the picture.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the pixels cannot be written as WebP, which no picture is known to do.
    pub fn thumbnails(&self) -> Result<Thumbnails, Error> {
        let whole = (0, 0, self.pixels.width(), self.pixels.height());
        let (large, medium, small, blurhash) = self.ladder(whole, SIDES)?;
        Ok(Thumbnails {
            small,
            medium,
            large,
            blurhash,
        })
    }

    /// The largest square in the middle, small.
    ///
    /// # Errors
    /// As [`Picture::thumbnails`].
    pub fn avatar(&self) -> Result<Avatar, Error> {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let side = width.min(height);
        let square = ((width - side) / 2, (height - side) / 2, side, side);
        let (large, medium, small, blurhash) = self.ladder(square, AVATARS)?;
        Ok(Avatar {
            small,
            medium,
            large,
            blurhash,
        })
    }

    fn ladder(
        &self,
        (left, top, width, height): (u32, u32, u32, u32),
        sides: [u32; 3],
    ) -> Result<(Thumbnail, Thumbnail, Thumbnail, String), Error> {
        let mut resizer = Resizer::new();
        let cut = ResizeOptions::new().crop(left.into(), top.into(), width.into(), height.into());
        let to = within((width, height), sides[0]);
        let mut first = resized(&mut resizer, &self.pixels, to, &cut)?;
        first.apply_orientation(self.orientation);
        let first = eight_bits(first);
        let large = self.encode(&first)?;

        let whole = ResizeOptions::new();
        let (second, medium) = match within(size(&first), sides[1]) {
            to if to == size(&first) => (None, large.clone()),
            to => {
                let second = resized(&mut resizer, &first, to, &whole)?;
                let medium = self.encode(&second)?;
                (Some(second), medium)
            }
        };
        let before = second.as_ref().unwrap_or(&first);
        let (third, small) = match within(size(before), sides[2]) {
            to if to == size(before) => (None, medium.clone()),
            to => {
                let third = resized(&mut resizer, before, to, &whole)?;
                let small = self.encode(&third)?;
                (Some(third), small)
            }
        };
        let tiny = within(size(before), blurhash::SIDE);
        let tiny = resized(&mut resizer, third.as_ref().unwrap_or(before), tiny, &whole)?;
        Ok((large, medium, small, blurhash::encode(&tiny.into_rgb8())))
    }

    fn encode(&self, pixels: &DynamicImage) -> Result<Thumbnail, Error> {
        Ok(Thumbnail {
            width: pixels.width(),
            height: pixels.height(),
            webp: webp::encode(pixels, self.profile.as_deref())?,
        })
    }
}

fn size(pixels: &DynamicImage) -> (u32, u32) {
    (pixels.width(), pixels.height())
}

/// The largest size of the same shape that has no longer side and is no larger than before.
fn within((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= side {
        return (width, height);
    }
    let scaled = |length: u32| {
        let (length, longer, side) = (u64::from(length), u64::from(longer), u64::from(side));
        u32::try_from((length * side + longer / 2) / longer).map_or(1, |length| length.max(1))
    };
    (scaled(width), scaled(height))
}

fn resized(
    resizer: &mut Resizer,
    from: &DynamicImage,
    (width, height): (u32, u32),
    options: &ResizeOptions,
) -> Result<DynamicImage, Error> {
    let mut to = DynamicImage::new(width, height, from.color());
    resizer
        .resize(from, &mut to, options)
        .map_err(|_| Error::Malformed("pixels that cannot be made smaller"))?;
    Ok(to)
}

/// Red, green and blue of eight bits, and transparency where there is some.
fn eight_bits(pixels: DynamicImage) -> DynamicImage {
    if !pixels.color().has_alpha() {
        return pixels.into_rgb8().into();
    }
    let pixels = pixels.into_rgba8();
    if pixels.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        return DynamicImage::from(pixels).into_rgb8().into();
    }
    pixels.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_larger_or_loses_its_shape() {
        assert_eq!(within((4000, 3000), 1600), (1600, 1200));
        assert_eq!(within((3000, 4000), 320), (240, 320));
        assert_eq!(within((320, 10), 320), (320, 10));
        assert_eq!(within((16_384, 1), 320), (320, 1));
        assert_eq!(within((1, 1), 1600), (1, 1));
    }
}
