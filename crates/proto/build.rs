//! Compiles `proto/` with a compiler written in Rust: no protoc is needed.

use std::error::Error;
use std::path::{Path, PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(root, &mut files)?;
    files.sort();
    let descriptors = protox::compile(&files, [root])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("nova.fds"), descriptors.encode_to_vec())?;
    let chat = out.join("chat");
    std::fs::create_dir_all(&chat)?;
    // Its method is called as that function of a client is which opens a connection: it is made without that one.
    tonic_prost_build::configure()
        .build_transport(false)
        .out_dir(&chat)
        .compile_fds(descriptors.clone())?;
    tonic_prost_build::configure()
        .include_file("nova.rs")
        .compile_fds(descriptors)?;
    std::fs::copy(chat.join(CHAT), out.join(CHAT))?;
    Ok(())
}

/// The package of which a service has a method `Connect`.
const CHAT: &str = "nova.realtime_chat.v1.rs";

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            files.push(path);
        }
    }
    Ok(())
}
