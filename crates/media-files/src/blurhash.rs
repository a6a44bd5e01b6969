//! `BlurHash`: a few waves of a picture as a short text, as the reference implementation writes them.

use std::f32::consts::PI;

use image::RgbImage;

/// The longer side of the picture it is made from: waves this long need no more.
pub(crate) const SIDE: u32 = 32;

/// Waves from side to side and from top to bottom; the other way round if it is higher than wide.
const LONG: u32 = 4;
const SHORT: u32 = 3;

const DIGITS: &[u8; 83] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

/// Writes the hash of a small picture.
pub(crate) fn encode(picture: &RgbImage) -> String {
    let (across, down) = if picture.height() > picture.width() {
        (SHORT, LONG)
    } else {
        (LONG, SHORT)
    };
    let linear: Vec<[f32; 3]> = picture
        .pixels()
        .map(|pixel| pixel.0.map(to_linear))
        .collect();
    let mut waves = Vec::new();
    for y in 0..down {
        for x in 0..across {
            waves.push(wave(&linear, picture.dimensions(), (x, y)));
        }
    }
    let (average, rest) = (waves[0], &waves[1..]);
    let mut text = String::new();
    write(&mut text, across - 1 + (down - 1) * 9, 1);
    let largest = rest
        .iter()
        .flatten()
        .fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let scale = quantised(largest * 166.0 - 0.5, 82);
    write(&mut text, scale, 1);
    let [red, green, blue] = average.map(to_srgb);
    write(&mut text, red << 16 | green << 8 | blue, 4);
    #[allow(clippy::cast_precision_loss, reason = "at most 82")]
    let largest = (scale + 1) as f32 / 166.0;
    for wave in rest {
        let [red, green, blue] = wave.map(|value| {
            let value = value / largest;
            quantised(value.signum() * value.abs().sqrt() * 9.0 + 9.5, 18)
        });
        write(&mut text, (red * 19 + green) * 19 + blue, 2);
    }
    text
}

#[allow(clippy::cast_precision_loss, reason = "sides are at most SIDE")]
fn wave(linear: &[[f32; 3]], (width, height): (u32, u32), (x, y): (u32, u32)) -> [f32; 3] {
    let mut sums = [0.0; 3];
    let mut pixels = linear.iter();
    for row in 0..height {
        let vertical = (PI * y as f32 * row as f32 / height as f32).cos();
        for (column, pixel) in (0..width).zip(pixels.by_ref()) {
            let weight = vertical * (PI * x as f32 * column as f32 / width as f32).cos();
            for (sum, value) in sums.iter_mut().zip(pixel) {
                *sum += weight * value;
            }
        }
    }
    let normalisation = if (x, y) == (0, 0) { 1.0 } else { 2.0 };
    sums.map(|sum| sum * normalisation / (width * height) as f32)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "neither negative nor larger than a byte"
)]
fn quantised(value: f32, most: u8) -> u32 {
    value.floor().clamp(0.0, f32::from(most)) as u32
}

fn to_linear(value: u8) -> f32 {
    let value = f32::from(value) / 255.0;
    if value <= 0.04045 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

fn to_srgb(value: f32) -> u32 {
    let value = value.clamp(0.0, 1.0);
    let value = if value <= 0.003_130_8 {
        value * 12.92
    } else {
        1.055 * value.powf(1.0 / 2.4) - 0.055
    };
    quantised(value * 255.0 + 0.5, 255)
}

fn write(text: &mut String, value: u32, digits: u32) {
    for digit in (0..digits).rev() {
        let digit = value / 83_u32.pow(digit) % 83;
        text.extend(DIGITS.get(digit as usize).map(|digit| char::from(*digit)));
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn one_colour_has_no_waves() {
        let red = RgbImage::from_pixel(8, 8, Rgb([255, 0, 0]));
        let hash = encode(&red);
        assert_eq!(hash.len(), 28);
        // 4 × 3 waves, and the colour in four digits of 83.
        assert!(hash.starts_with("L"), "{hash}");
        assert_eq!(&hash[2..6], "TI:j", "{hash}");
    }

    #[test]
    fn shapes_decide_the_waves() {
        let high = RgbImage::from_fn(3, 9, |x, y| {
            Rgb([
                u8::try_from(x * 80).unwrap(),
                u8::try_from(y * 20).unwrap(),
                7,
            ])
        });
        let hash = encode(&high);
        assert_eq!(hash.len(), 28);
        assert!(hash.starts_with('T'), "{hash}");
        assert!(encode(&RgbImage::from_pixel(1, 1, Rgb([0, 0, 0]))).starts_with("L0"));
    }
}
