//! Programs that do what they must not.

use std::fs::Permissions;
use std::io::{Seek as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use super::*;

/// A program of the shell, and the folder that it is in.
fn program(text: &str) -> (Posters, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    std::fs::write(&path, format!("#!/bin/bash\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let posters = Posters {
        program: Some(path.into()),
    };
    (posters, folder)
}

fn said(text: &str) -> io::Result<String> {
    let (posters, _folder) = program(text);
    let said = posters.run(&[], None, PATIENCE)?;
    Ok(String::from_utf8(said).unwrap())
}

#[test]
fn it_reads_its_file_and_the_libraries_of_the_system_and_nothing_else() {
    let mut video = tempfile::tempfile().unwrap();
    video.write_all(b"a video").unwrap();
    video.rewind().unwrap();
    let (posters, _folder) = program("read line </dev/stdin; echo \"$line\"");
    let read = posters.run(&[], Some(&video), PATIENCE).unwrap();
    assert_eq!(read, b"a video\n");
    // To begin with, it is there for who is not bounded.
    assert!(std::fs::read("/etc/passwd").is_ok());
    assert_eq!(
        said("exec 2>&1; read line </etc/passwd || echo refused")
            .unwrap()
            .lines()
            .last(),
        Some("refused")
    );
    let here = tempfile::NamedTempFile::new().unwrap();
    let path = here.path().display();
    assert_eq!(
        said(&format!(
            "read line <{path} || echo refused; echo x >{path} || echo refused"
        ))
        .unwrap(),
        "refused\nrefused\n"
    );
    assert_eq!(std::fs::read(here.path()).unwrap(), b"");
}

#[test]
fn it_reaches_nobody() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    for protocol in ["tcp", "udp"] {
        let text = format!("exec 3<>/dev/{protocol}/127.0.0.1/{port} || exit 3; echo reached");
        assert!(said(&text).is_err(), "{protocol}");
    }
    // Not even who has started it.
    let own = std::process::id();
    let pulled = said(&format!("kill -0 {own} || echo refused")).unwrap();
    assert_eq!(pulled, "refused\n");
}

#[test]
fn it_ends_whatever_it_would_do() {
    let (posters, _folder) = program("while :; do :; done");
    let began = Instant::now();
    let late = posters.run(&[], None, Duration::from_millis(300));
    assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
    // Long before its own end, which would be that of its processor time.
    assert!(began.elapsed() < Duration::from_secs(PROCESSOR_SECONDS));
    let endless =
        said("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done");
    assert_eq!(endless.unwrap_err().to_string(), "it says too much");
}

#[test]
fn it_has_its_bounds() {
    // It looks once its bounds are there: they come right behind its start.
    let text = "while [[ $(ulimit -c) != 0 || $(ulimit -f) != 0 ]]; do :; done; ulimit -v; ulimit -t; ulimit -n";
    let bounds = format!("{}\n{PROCESSOR_SECONDS}\n{OPEN_FILES}\n", MEMORY >> 10);
    assert_eq!(said(text).unwrap(), bounds);
}

#[test]
fn nothing_of_the_environment_is_handed_on() {
    let known = [
        "PWD", "SHLVL", "_", "OLDPWD", "PATH", "HOSTNAME", "HOSTTYPE", "IFS",
    ];
    for name in said("compgen -e").unwrap().lines() {
        assert!(known.contains(&name), "{name}");
    }
}

#[test]
fn a_program_is_named_or_off() {
    assert_eq!(Posters::parse("off"), Some(Posters::default()));
    assert_eq!(Posters::parse(""), None);
    assert!(Posters::parse("ffmpeg").is_some());
    assert_eq!(find(Path::new("bash"), Some(OsStr::new("/nowhere"))), None);
    assert!(find(Path::new("bash"), Some(OsStr::new("/nowhere:/bin"))).is_some());
    assert_eq!(
        Posters::parse("/nowhere/ffmpeg").unwrap().ready(),
        Posters::default()
    );
}
