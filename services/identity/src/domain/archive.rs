//! A ZIP that is made piece by piece: no more of it is in memory than what has not been taken yet.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A ZIP under way.
pub struct Archive {
    /// None once it is whole.
    zip: Option<ZipWriter<StreamWriter<Made>>>,
    made: Made,
    options: SimpleFileOptions,
}

/// The bytes that have been made and not taken.
#[derive(Clone, Default)]
struct Made(Arc<Mutex<Vec<u8>>>);

impl Archive {
    /// An empty one, whose files are of `now`.
    #[must_use]
    pub fn new(now: OffsetDateTime) -> Self {
        let made = Made::default();
        Self {
            zip: Some(ZipWriter::new_stream(made.clone())),
            made,
            options: SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .last_modified_time(written(now)),
        }
    }

    /// Begins the next file.
    ///
    /// # Errors
    /// When the one before is larger than a ZIP takes (4 GiB), and when the archive is whole.
    pub fn begin(&mut self, file: &str) -> Result<(), ZipError> {
        let options = self.options;
        self.zip()?.start_file(file, options)
    }

    /// Adds to the file that has begun.
    ///
    /// # Errors
    /// As [`Self::begin`], and when none has begun.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ZipError> {
        Ok(self.zip()?.write_all(bytes)?)
    }

    /// Ends the archive: what can be taken then is all.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn finish(&mut self) -> Result<(), ZipError> {
        let zip = self.zip.take().ok_or(ZipError::FileNotFound)?;
        zip.finish()?;
        Ok(())
    }

    /// What has been made since the last time.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.made.lock())
    }

    fn zip(&mut self) -> Result<&mut ZipWriter<StreamWriter<Made>>, ZipError> {
        self.zip.as_mut().ok_or(ZipError::FileNotFound)
    }
}

/// As a ZIP tells a time: to two seconds, from 1980 to 2107.
fn written(at: OffsetDateTime) -> DateTime {
    let year = u16::try_from(at.year()).unwrap_or_default();
    let (hour, minute, second) = at.to_hms();
    DateTime::from_date_and_time(year, at.month().into(), at.day(), hour, minute, second)
        .unwrap_or_default()
}

impl Made {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Made {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use time::macros::datetime;
    use zip::ZipArchive;

    use super::*;

    #[test]
    fn what_is_taken_piece_by_piece_is_a_zip() {
        let mut archive = Archive::new(datetime!(2026-11-22 10:20:30 UTC));
        let mut taken = Vec::new();
        let mut largest = 0;
        // Nothing that could be pressed together.
        let noise: Vec<u8> = (0_u64..1_000_000)
            .map(|number| (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8)
            .collect();
        archive.begin("empty.txt").unwrap();
        archive.begin("noise").unwrap();
        for piece in noise.chunks(50_000) {
            archive.write(piece).unwrap();
            let made = archive.take();
            largest = largest.max(made.len());
            taken.extend(made);
        }
        archive.finish().unwrap();
        taken.extend(archive.take());
        assert!(archive.begin("late").is_err() && archive.finish().is_err());
        assert!(largest < 200_000, "{largest}");

        let mut zip = ZipArchive::new(Cursor::new(taken)).unwrap();
        assert_eq!(zip.len(), 2);
        let mut read = Vec::new();
        zip.by_name("noise")
            .unwrap()
            .read_to_end(&mut read)
            .unwrap();
        assert!(read == noise);
        let file = zip.by_name("empty.txt").unwrap();
        assert_eq!(file.size(), 0);
        assert_eq!(file.last_modified().unwrap().year(), 2026);
    }
}
