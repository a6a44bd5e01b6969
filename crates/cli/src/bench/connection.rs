//! One connection: asked for a stream, and read.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};
use time::OffsetDateTime;

use super::chunks::Chunks;
use super::scan::{Scan, Wanted};
use super::tally::Tally;

/// Most bytes of an answer's head.
const HEAD: usize = 16 * 1_024;

pub(super) struct Connection {
    pub(super) stream: TcpStream,
    began: Instant,
    phase: Phase,
    scan: Scan,
    is_timed: bool,
    /// Frames with data until now.
    pub(super) frames: u64,
}

enum Phase {
    /// This is to be sent when it is connected.
    Connecting(Vec<u8>),
    Head(Vec<u8>),
    Plain,
    Chunked(Chunks),
}

/// What reading it has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    None,
    /// Its head has come.
    Open,
    /// So many frames have.
    Frames(u64),
}

impl Connection {
    /// Connects, and asks when that is done.
    pub(super) fn open(
        address: SocketAddr,
        source: Option<SocketAddr>,
        request: Vec<u8>,
        is_timed: bool,
    ) -> io::Result<Self> {
        let family = if address.is_ipv4() {
            AddressFamily::INET
        } else {
            AddressFamily::INET6
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        if let Some(source) = source {
            bind(&socket, &source)?;
        }
        match connect(&socket, &address) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self {
            stream: socket.into(),
            began: Instant::now(),
            phase: Phase::Connecting(request),
            scan: Scan::default(),
            is_timed,
            frames: 0,
        })
    }

    /// Whether its head has come.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Plain | Phase::Chunked(_))
    }

    /// Whether its first frame has come, or the one that is said to be that.
    pub(super) const fn has_begun(&self, wanted: &Wanted) -> bool {
        match wanted.begins {
            Some(_) => self.scan.has_begun,
            None => self.frames > 0,
        }
    }

    /// Whether it is to be written to next, and not read.
    pub(super) const fn is_connecting(&self) -> bool {
        matches!(self.phase, Phase::Connecting(_))
    }

    /// The last id that it was told, if ids are kept.
    pub(super) fn last_id(&self) -> Option<&[u8]> {
        self.scan.last_id()
    }

    /// It can be written to: asks for the stream, which the buffers of a new connection have room for.
    pub(super) fn ask(&mut self) -> anyhow::Result<()> {
        if let Phase::Connecting(request) = &self.phase {
            if let Some(error) = self.stream.take_error()? {
                return Err(error.into());
            }
            self.stream.write_all(request)?;
            self.phase = Phase::Head(Vec::new());
        }
        Ok(())
    }

    /// Reads once.
    ///
    /// # Errors
    /// When it has ended, or is no stream.
    pub(super) fn read(
        &mut self,
        buffer: &mut [u8],
        wanted: &Wanted,
        tally: &mut Tally,
    ) -> anyhow::Result<Step> {
        let count = match self.stream.read(buffer) {
            Ok(0) => bail!("the server has ended it"),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Step::None),
            Err(error) => return Err(error.into()),
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        tally.bytes += count as u64;
        let Phase::Head(head) = &mut self.phase else {
            let frames = self.take(bytes, wanted, tally)?;
            return Ok(Step::Frames(frames));
        };
        head.extend_from_slice(bytes);
        let Some(end) = memchr::memmem::find(head, b"\r\n\r\n") else {
            ensure!(head.len() <= HEAD, "the head of an answer does not end");
            return Ok(Step::None);
        };
        let body = head.split_off(end + 4);
        self.phase = phase_of(head)?;
        self.take(&body, wanted, tally)?;
        Ok(Step::Open)
    }

    /// How many frames with data there are in these bytes of the body.
    fn take(&mut self, bytes: &[u8], wanted: &Wanted, tally: &mut Tally) -> anyhow::Result<u64> {
        let (scan, is_timed, latency) = (&mut self.scan, self.is_timed, &mut tally.latency);
        let now = if is_timed {
            OffsetDateTime::now_utc().unix_timestamp_nanos()
        } else {
            0
        };
        let mut read = |bytes: &[u8]| {
            scan.read(bytes, wanted, is_timed, |sent| {
                latency.push(u64::try_from((now - sent) / 1_000).unwrap_or(0));
            })
        };
        let mut frames = 0;
        match &mut self.phase {
            Phase::Chunked(chunks) => {
                let goes_on = chunks.read(bytes, |data| frames += read(data));
                ensure!(goes_on, "the server has ended the body");
            }
            _ => frames = read(bytes),
        }
        if frames > 0 && self.frames == 0 {
            let took = self.began.elapsed().as_micros();
            tally
                .first_frame
                .push(u64::try_from(took).unwrap_or(u64::MAX));
        }
        self.frames += frames;
        tally.deliveries += frames;
        Ok(frames)
    }
}

/// How a body comes, from the head of its answer.
fn phase_of(head: &[u8]) -> anyhow::Result<Phase> {
    let head = std::str::from_utf8(head).context("the head of an answer is no text")?;
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    ensure!(status.split(' ').nth(1) == Some("200"), "{status}");
    let mut headers = lines.filter_map(|line| line.split_once(':'));
    let is_chunked = headers.any(|(name, value)| {
        name.eq_ignore_ascii_case("transfer-encoding")
            && value.trim().eq_ignore_ascii_case("chunked")
    });
    Ok(if is_chunked {
        Phase::Chunked(Chunks::BEGIN)
    } else {
        Phase::Plain
    })
}
