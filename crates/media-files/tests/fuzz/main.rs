//! Damages files and looks what is made of them: nothing panics, nothing takes more memory than it may, and what is
//! stripped shows the same pixels. `scripts/fuzz-media --seconds N --seed S`.
#![expect(clippy::unwrap_used, reason = "that is a finding")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

#[path = "../made/mod.rs"]
mod made;
mod mutation;

use std::alloc::System;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mutation::{Random, mutate};
use nova_media_files::{Error, Format, Kind, Limits, Picture, Sniffer};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// All that may be allocated, counted without what is given back, while a head is read, or a file of at most 64 KiB
/// stripped: buffers, a copy of the file, and parts by the limits below.
const HEAD_BYTES: usize = 64 << 10;
const STRIP_BYTES: usize = 2 << 20;

/// While it is decoded and made small: pixels by the limits below in the widest form, several times over.
const PICTURE_BYTES: usize = 64 << 20;

/// Longer than this nothing takes that is so small.
const LONGEST: Duration = Duration::from_secs(5);

fn limits() -> Limits {
    Limits {
        pixels: 250_000,
        decoded_bytes: 16 << 20,
        parts: 20_000,
        rewritten_bytes: 256 << 10,
        ..Limits::default()
    }
}

#[derive(Default)]
struct Counts {
    files: u64,
    told: u64,
    stripped: u64,
    decoded: u64,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut seconds, mut seed) = (10, None);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok());
        match (argument.as_str(), value) {
            ("--seconds", Some(value)) => seconds = value,
            ("--seed", Some(value)) => seed = Some(value),
            _ => {
                println!("fuzz-media: [--seconds N] [--seed S], not {argument}");
                return ExitCode::FAILURE;
            }
        }
    }
    let seed = seed.unwrap_or_else(|| std::process::id().into());
    println!("seed {seed}, {seconds} s");
    let files = made::all();
    let others: Vec<u8> = files.iter().flat_map(|(_, _, file)| file.clone()).collect();
    let began = Instant::now();
    let mut counts = Counts::default();
    for round in 0_u64.. {
        if began.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
        // Each file can be made again from the seed and its number.
        let mut random = Random(seed ^ round.wrapping_mul(0xd134_2543_de82_ef95));
        let (name, format, file) = &files[random.below(files.len())];
        let mut file = file.clone();
        mutate(&mut random, *format, &mut file, &others);
        let tried = catch_unwind(AssertUnwindSafe(|| look(*format, &file, &mut counts)));
        if let Err(finding) = tried.unwrap_or_else(|_| Err("a panic".to_owned())) {
            let path = std::env::temp_dir().join(format!("fuzz-media-{seed}-{round}"));
            std::fs::write(&path, &file).unwrap();
            println!(
                "{name}, seed {seed}, round {round}: {finding}; the file is {}",
                path.display()
            );
            return ExitCode::FAILURE;
        }
    }
    let Counts {
        files,
        told,
        stripped,
        decoded,
    } = counts;
    println!(
        "seed {seed}: {files} files, of which {told} had a head, {stripped} were stripped, {decoded} decoded"
    );
    if stripped == 0 || decoded == 0 {
        println!("nothing was looked at");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Does it within its memory and time, or that is the finding.
fn within<T>(what: &str, bytes: usize, act: impl FnOnce() -> T) -> Result<T, String> {
    let region = Region::new(ALLOCATOR);
    let began = Instant::now();
    let done = act();
    let (taken, took) = (region.change().bytes_allocated, began.elapsed());
    if taken > bytes {
        return Err(format!("{what} took {taken} bytes of memory"));
    }
    if took > LONGEST {
        return Err(format!("{what} took {took:?}"));
    }
    Ok(done)
}

/// A file is at fault, never the disk: there is none.
fn of_the_file<T>(done: Result<T, Error>) -> Result<Option<T>, String> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.is_of_the_file() => Ok(None),
        Err(error) => Err(format!("said {error:?}")),
    }
}

fn look(format: Format, file: &[u8], counts: &mut Counts) -> Result<(), String> {
    counts.files += 1;
    let limits = limits();
    let head = within("the head", HEAD_BYTES, || {
        let mut sniffer = Sniffer::new(limits.clone());
        let mut pieces = file.chunks(1000);
        pieces
            .find_map(|piece| sniffer.feed(piece).transpose())
            .transpose()
    })?;
    if let Some(Some(head)) = of_the_file(head)? {
        counts.told += 1;
        strip(head.format, file, counts)?;
        if head.format == format {
            return Ok(());
        }
    }
    // Also what nobody would have got past the head.
    strip(format, file, counts)
}

fn strip(format: Format, file: &[u8], counts: &mut Counts) -> Result<(), String> {
    let limits = limits();
    let (done, out) = within("stripping", STRIP_BYTES, || {
        let mut out = Vec::with_capacity(file.len() + 1024);
        (
            nova_media_files::strip(format, Cursor::new(file), &mut out, &limits),
            out,
        )
    })?;
    let Some(facts) = of_the_file(done)? else {
        return if out.is_empty() {
            Ok(())
        } else {
            Err("was refused and written".to_owned())
        };
    };
    counts.stripped += 1;
    if facts.bytes != out.len() as u64 {
        return Err(format!(
            "{} bytes were announced and {} came",
            facts.bytes,
            out.len()
        ));
    }
    let mut again = Vec::new();
    let same = nova_media_files::strip(format, Cursor::new(&out), &mut again, &limits);
    match same {
        Ok(same) if same == facts && again == out => {}
        other => return Err(format!("stripped once more it is {other:?}, not {facts:?}")),
    }
    if format.kind() == Kind::Image {
        pixels(format, file, &out, counts)
    } else {
        Ok(())
    }
}

/// What is served shows what was sent.
fn pixels(format: Format, file: &[u8], out: &[u8], counts: &mut Counts) -> Result<(), String> {
    let limits = limits();
    let decode = |file: &[u8]| {
        let done = within("decoding", PICTURE_BYTES, || {
            Picture::decode(format, Cursor::new(file), &limits)
        })?;
        of_the_file(done)
    };
    let before = decode(file)?;
    let after = decode(out)?;
    match (&before, &after) {
        (Some(before), Some(after)) if before.pixels() != after.pixels() => {
            Err("looks different".to_owned())
        }
        (Some(_), None) => Err("cannot be seen any more".to_owned()),
        (_, None) => Ok(()),
        (_, Some(picture)) => {
            counts.decoded += 1;
            let made = within("thumbnails", PICTURE_BYTES, || picture.thumbnails())?;
            of_the_file(made)?.ok_or_else(|| "has no thumbnails".to_owned())?;
            Ok(())
        }
    }
}
