//! How large is too large.

use std::time::Duration;

use crate::error::Error;
use crate::format::Kind;

/// All limits of a file. The defaults are those of the public contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a picture: 20 MiB.
    pub image_bytes: u64,
    /// Bytes of a sound: 50 MiB.
    pub audio_bytes: u64,
    /// Bytes of a video: 200 MiB.
    pub video_bytes: u64,
    /// Pixels of a side of a picture or video: 16,384.
    pub side: u32,
    /// Pixels of a picture, of one frame if it moves: 50 million.
    pub pixels: u64,
    /// Frames of a picture that moves: 500.
    pub frames: u32,
    /// Scans of a progressive JPEG: 100. Each costs as much as the whole picture, and may have a few bytes only.
    pub scans: u32,
    /// How long sound or video plays: 1 h.
    pub duration: Duration,
    /// Bytes of pixels that a decoder may hold: 640 MiB, what 50 million pixels take in the widest encoding.
    pub decoded_bytes: u64,
    /// Parts that the stripped file may be put together from: 500,000, which is 12 MB of memory. An honest video of
    /// an hour has as many samples, and only a part of them apart from the others.
    pub parts: usize,
    /// Bytes of the parts that are written anew: 16 MiB of memory.
    pub rewritten_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            image_bytes: 20 << 20,
            audio_bytes: 50 << 20,
            video_bytes: 200 << 20,
            side: 16_384,
            pixels: 50_000_000,
            frames: 500,
            scans: 100,
            duration: Duration::from_hours(1),
            decoded_bytes: 640 << 20,
            parts: 500_000,
            rewritten_bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// The bytes that a file of this kind may have.
    #[must_use]
    pub const fn bytes(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Image => self.image_bytes,
            Kind::Video => self.video_bytes,
            Kind::Audio => self.audio_bytes,
        }
    }

    /// Refuses a picture without pixels and one with too many.
    pub(crate) fn check_pixels(&self, width: u32, height: u32) -> Result<(), Error> {
        if width == 0 || height == 0 {
            return Err(Error::Malformed("a picture without pixels"));
        }
        let pixels = u64::from(width) * u64::from(height);
        if width > self.side || height > self.side || pixels > self.pixels {
            return Err(Error::TooManyPixels { width, height });
        }
        Ok(())
    }

    /// Refuses one frame too many.
    pub(crate) const fn check_frames(&self, frames: u32) -> Result<(), Error> {
        if frames > self.frames {
            return Err(Error::TooManyFrames(self.frames));
        }
        Ok(())
    }

    /// A length as a duration, if anything may play that long; `units` of a `rate` per second.
    pub(crate) fn check_duration(&self, units: u64, rate: u64) -> Result<Duration, Error> {
        if rate == 0 {
            return Err(Error::Malformed("a clock that stands still"));
        }
        let seconds = units / rate;
        if seconds > self.duration.as_secs() {
            return Err(Error::TooLong(self.duration));
        }
        let rest = u128::from(units % rate) * 1_000_000_000 / u128::from(rate);
        let duration = Duration::new(seconds, u32::try_from(rest).unwrap_or(0));
        if duration.is_zero() {
            return Err(Error::NoDuration);
        }
        if duration > self.duration {
            return Err(Error::TooLong(self.duration));
        }
        Ok(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_and_the_whole_are_limited() {
        let limits = Limits::default();
        assert!(limits.check_pixels(10_000, 5_000).is_ok());
        for (width, height) in [
            (16_385, 1),
            (1, 16_385),
            (10_000, 5_001),
            (100_000, 100_000),
        ] {
            let refused = limits.check_pixels(width, height).unwrap_err();
            assert_eq!(refused.reason(), "too_many_pixels");
        }
        assert_eq!(limits.check_pixels(0, 5).unwrap_err().reason(), "malformed");
    }

    #[test]
    fn durations_are_neither_nothing_nor_endless() {
        let limits = Limits::default();
        let ok = |units, rate| limits.check_duration(units, rate).unwrap();
        assert_eq!(ok(1, 1_000), Duration::from_millis(1));
        assert_eq!(ok(3_600 * 48_000, 48_000), Duration::from_hours(1));
        let refused = |units, rate| limits.check_duration(units, rate).unwrap_err().reason();
        assert_eq!(refused(3_600 * 48_000 + 1, 48_000), "too_long");
        assert_eq!(refused(u64::MAX, 1), "too_long");
        assert_eq!(refused(0, 1), "no_duration");
        assert_eq!(refused(1, u64::MAX), "no_duration");
        assert_eq!(refused(1, 0), "malformed");
    }
}
