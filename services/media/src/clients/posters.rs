//! Posters of videos: one picture of each, taken by `ffmpeg`, which is C that reads strangers' bytes. So it runs as a child
//! that may take only so much time and memory, that has no network, and that may open nothing but itself, the libraries
//! of the system and the video.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Cursor, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use nova_media_files::{Format, Limits, Picture};
use nova_resilience::Chain;
use nova_service::config::Setting;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::cage;

/// So much time of a processor it may take: a picture of a video takes well under one second of it.
const PROCESSOR_SECONDS: u64 = 20;

/// So long it may take altogether, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(40);

/// So much memory it may ask for, its libraries included.
const MEMORY: u64 = 1 << 30;

/// Files that it has open at once.
const OPEN_FILES: u64 = 64;

/// Most bytes of a picture of at most 1,600 pixels a side, as PNG.
const LONGEST_PICTURE: usize = 16 << 20;

/// Before this there is often nothing to see yet.
const INTO_THE_VIDEO: Duration = Duration::from_secs(1);

/// How a frame becomes the picture: as wide as it is shown, turned as it is shown, at most 1,600 pixels a side.
const FILTER: &str = "scale='max(1,trunc(iw*if(gt(sar,0),sar,1)))':ih,setsar=1,\
                      scale='min(1600,iw)':'min(1600,ih)':force_original_aspect_ratio=decrease,format=rgb24";

/// Takes posters, if it is set up to, and the program is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posters {
    program: Option<Arc<Path>>,
}

impl Setting for Posters {
    const EXPECTS: &'static str = "a program, by its name or path, or `off`";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "off" => Some(Self::default()),
            text if text.is_empty() || text.contains('\0') => None,
            text => Some(Self {
                program: Some(Path::new(text).into()),
            }),
        }
    }
}

impl Posters {
    /// Looks for the program and whether it may be run, and says so in the log if it may not: then videos have no posters, and all
    /// else is as it was.
    #[must_use]
    pub fn ready(self) -> Self {
        let Some(named) = &self.program else {
            return self;
        };
        let Some(program) = find(named, std::env::var_os("PATH").as_deref()) else {
            tracing::warn!(program = %named.display(), "there is no such program: videos have no posters");
            return Self::default();
        };
        let tried = Self {
            program: Some(program.into()),
        };
        match tried.run(&["-version".into()], None, PATIENCE) {
            Ok(_) => tried,
            Err(error) => {
                tracing::warn!(
                    error = %Chain(&error),
                    "the program that takes posters does not run in its bounds: videos have none"
                );
                Self::default()
            }
        }
    }

    /// A picture of a video, if one can be taken. What is wrong with a video's picture is nothing that its owner is refused for.
    pub(super) fn poster(
        &self,
        format: Format,
        video: &File,
        duration: Option<Duration>,
        limits: &Limits,
    ) -> Option<Picture> {
        self.program.as_ref()?;
        let middle = duration.map(|duration| duration.min(INTO_THE_VIDEO * 2) / 2);
        let starts = [middle.unwrap_or_default(), Duration::ZERO];
        let from = if starts[0] == starts[1] { 1 } else { 0 };
        for start in &starts[from..] {
            match self.run(&arguments(format, *start), Some(video), PATIENCE) {
                Ok(picture) if picture.is_empty() => {}
                Ok(picture) => {
                    return Picture::decode(Format::Png, Cursor::new(picture), limits).ok();
                }
                Err(error) => {
                    tracing::debug!(error = %Chain(&error), "a video has no poster");
                }
            }
        }
        None
    }

    /// Runs it, and answers what it has written.
    fn run(
        &self,
        arguments: &[OsString],
        video: Option<&File>,
        patience: Duration,
    ) -> io::Result<Vec<u8>> {
        let program = self.program.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let mut child = spawn(program, arguments, video)?;
        let (done, written) = mpsc::sync_channel(1);
        let output = child.stdout.take();
        std::thread::Builder::new().spawn(move || done.send(read(output)).ok())?;
        let written = written.recv_timeout(patience);
        // It has closed its output by itself, or it is late, or has said too much: in each case it is over.
        let ended = match &written {
            Ok(Ok(_)) => child.wait(),
            _ => child.kill().and_then(|()| child.wait()),
        };
        let written = written.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if ended?.success() {
            Ok(written)
        } else {
            Err(io::Error::other("it has failed"))
        }
    }
}

fn arguments(format: Format, start: Duration) -> Vec<OsString> {
    // The format that its bytes have shown: nothing is looked for again, playlists of other files least of all.
    let demuxer = match format {
        Format::WebM => "matroska",
        _ => "mov",
    };
    let start = format!("{:.3}", start.as_secs_f64());
    let words = [
        "-nostdin",
        "-v",
        "error",
        "-threads",
        "1",
        "-protocol_whitelist",
        "file",
        "-f",
        demuxer,
        "-ss",
        &start,
        "-i",
        "/dev/stdin",
        "-map",
        "0:v:0",
        "-frames:v",
        "1",
        "-vf",
        FILTER,
        "-filter_threads",
        "1",
        "-c:v",
        "png",
        "-threads",
        "1",
        "-f",
        "image2pipe",
        "pipe:1",
    ];
    words.map(OsString::from).to_vec()
}

/// Starts it in its bounds. They are those of the thread that starts it, which therefore is one of its own.
fn spawn(program: &Arc<Path>, arguments: &[OsString], video: Option<&File>) -> io::Result<Child> {
    let mut command = Command::new(program.as_ref());
    let input = match video {
        Some(video) => Stdio::from(video.try_clone()?),
        None => Stdio::null(),
    };
    command
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let video = video.map(File::try_clone).transpose()?;
    let program = Arc::clone(program);
    let started = std::thread::Builder::new().spawn(move || {
        cage::enter(&program, video.as_ref())?;
        command.spawn()
    })?;
    let mut child = started
        .join()
        .map_err(|_| io::Error::other("the thread that starts it has panicked"))??;
    match bound(&child) {
        Ok(()) => Ok(child),
        Err(error) => {
            child.kill()?;
            child.wait()?;
            Err(error)
        }
    }
}

fn bound(child: &Child) -> io::Result<()> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let limits = [
        (Resource::As, MEMORY),
        (Resource::Cpu, PROCESSOR_SECONDS),
        (Resource::Nofile, OPEN_FILES),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ];
    for (resource, limit) in limits {
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        prlimit(pid, resource, limit)?;
    }
    Ok(())
}

fn read(output: Option<ChildStdout>) -> io::Result<Vec<u8>> {
    let mut written = Vec::new();
    if let Some(output) = output {
        output
            .take(LONGEST_PICTURE as u64 + 1)
            .read_to_end(&mut written)?;
    }
    if written.len() > LONGEST_PICTURE {
        return Err(io::Error::other("it says too much"));
    }
    Ok(written)
}

/// A path is itself, and a name is looked for where programs are.
fn find(named: &Path, path: Option<&OsStr>) -> Option<PathBuf> {
    if named.as_os_str().as_bytes().contains(&b'/') {
        return named.canonicalize().ok();
    }
    std::env::split_paths(path?)
        .filter_map(|folder| folder.join(named).canonicalize().ok())
        .find(|program| program.is_file())
}

#[cfg(test)]
#[path = "posters_tests.rs"]
mod tests;
