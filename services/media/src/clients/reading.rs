//! What the bytes of a file say, and what is made of them: off the threads that serve, and no more at once than there are
//! processors.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _};
use std::sync::Arc;

use nova_media_files::{Error, Facts, Format, Kind, Limits, Picture, Thumbnail, sniff, strip};
use tokio::sync::Semaphore;

use super::posters::Posters;
use super::scratch::Scratch;
use crate::metrics;

/// Reads files. Clones share the places there are.
#[derive(Debug, Clone)]
pub struct Reading {
    limits: Arc<Limits>,
    scratch: Scratch,
    posters: Posters,
    places: Arc<Semaphore>,
}

/// What was made of a file.
pub struct Made {
    /// What it is, decided by its bytes.
    pub format: Format,
    /// Of the stripped file.
    pub facts: Facts,
    /// The stripped file.
    pub file: File,
    /// Smallest first, with their names; none of sound, and of a video without a poster.
    pub thumbnails: Vec<(&'static str, Thumbnail)>,
    /// A few colours as a text; none where there are no thumbnails.
    pub blurhash: Option<String>,
}

impl Reading {
    /// With as many places as there are processors.
    #[must_use]
    pub fn new(limits: Limits, scratch: Scratch, posters: Posters) -> Self {
        let places = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            limits: Arc::new(limits),
            scratch,
            posters,
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// How many files are read at once.
    #[must_use]
    pub fn places() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// What files may be.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Strips a file, and makes what is shown in its place.
    ///
    /// # Errors
    /// What is wrong with it, or with the disk.
    pub async fn read(&self, file: File, square: bool) -> Result<Made, Error> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let reading = self.clone();
        let made = tokio::task::spawn_blocking(move || {
            let made = reading.make(file, square);
            drop(place);
            made
        });
        match made.await {
            Ok(made) => made,
            // What makes a reader panic is wrong in some way that nobody thought of.
            Err(error) if error.is_panic() => Err(Error::Malformed("it cannot be read")),
            Err(error) => Err(Error::Read(io::Error::other(error))),
        }
    }

    fn make(&self, mut file: File, square: bool) -> Result<Made, Error> {
        let limits = &*self.limits;
        let head = sniff(&mut file, limits)?;
        let kind = head.format.kind();
        if square && kind != Kind::Image {
            return Err(Error::Unsupported);
        }
        let mut out = BufWriter::new(self.scratch.file().map_err(Error::Write)?);
        let facts = strip(head.format, file, &mut out, limits)?;
        let written = out.into_inner().map_err(|error| error.into_error());
        let mut stripped = written.map_err(Error::Write)?;
        stripped.rewind().map_err(Error::Read)?;
        let picture = match kind {
            Kind::Image => {
                let again = stripped.try_clone().map_err(Error::Read)?;
                Some(Picture::decode(head.format, again, limits)?)
            }
            Kind::Video => {
                let posters = &self.posters;
                let poster = posters.poster(head.format, &stripped, facts.duration, limits);
                metrics::poster(poster.is_some());
                poster
            }
            Kind::Audio => None,
        };
        let (thumbnails, blurhash) = match picture {
            Some(picture) => shown(&picture, square)?,
            None => (Vec::new(), None),
        };
        stripped.rewind().map_err(Error::Read)?;
        Ok(Made {
            format: head.format,
            facts,
            file: stripped,
            thumbnails,
            blurhash,
        })
    }
}

type Shown = (Vec<(&'static str, Thumbnail)>, Option<String>);

fn shown(picture: &Picture, square: bool) -> Result<Shown, Error> {
    if square {
        let made = picture.avatar()?;
        let all = vec![
            ("64", made.small),
            ("128", made.medium),
            ("400", made.large),
        ];
        return Ok((all, Some(made.blurhash)));
    }
    let made = picture.thumbnails()?;
    let all = vec![
        ("small", made.small),
        ("medium", made.medium),
        ("large", made.large),
    ];
    Ok((all, Some(made.blurhash)))
}
