//! Free ports on 127.0.0.1 that stay the same from run to run.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Where ports are taken from, as far as the system does not use it for outgoing connections.
const RANGE: Range<u16> = 20_000..32_000;
const ATTEMPTS: u32 = 200;

/// The ports of a data folder, by name.
pub(super) struct Ports {
    file: PathBuf,
    known: BTreeMap<String, u16>,
}

impl Ports {
    /// Those of the earlier runs.
    pub(super) fn read(file: &Path) -> Self {
        let known = fs::read(file)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok());
        Self {
            file: file.to_owned(),
            known: known.unwrap_or_default(),
        }
    }

    /// The port called `name`: the one of the last run if nobody took it, else a new one.
    pub(super) fn take(&mut self, name: &str) -> anyhow::Result<u16> {
        if let Some(&port) = self.known.get(name)
            && is_free(port)
        {
            return Ok(port);
        }
        let port = self.choose()?;
        self.known.insert(name.to_owned(), port);
        let json = serde_json::to_vec_pretty(&self.known)?;
        fs::write(&self.file, json)
            .with_context(|| format!("could not write {}", self.file.display()))?;
        Ok(port)
    }

    fn choose(&self) -> anyhow::Result<u16> {
        let range = outside_of_outgoing(RANGE);
        for _ in 0..ATTEMPTS {
            let port = rand::random_range(range.clone());
            let taken_by_us = self.known.values().any(|&known| known == port);
            if !taken_by_us && is_free(port) {
                return Ok(port);
            }
        }
        bail!("found no free port in {range:?} on 127.0.0.1")
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The part of `range` below the ports of outgoing connections. Inside those, a client that calls a
/// server that is down could be given that very port as its own, connect to itself, and keep the
/// server from coming back.
fn outside_of_outgoing(range: Range<u16>) -> Range<u16> {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let lowest = text
        .split_whitespace()
        .next()
        .and_then(|word| word.parse::<u16>().ok());
    match lowest {
        Some(lowest) if lowest > range.start + 1_000 => range.start..lowest.min(range.end),
        _ => range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_stays_unless_somebody_took_it() {
        let file = std::env::temp_dir().join(format!("nova-ports-{}", std::process::id()));
        let first = Ports::read(&file).take("redis").unwrap();
        assert_eq!(Ports::read(&file).take("redis").unwrap(), first);

        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        assert_ne!(Ports::read(&file).take("redis").unwrap(), first);
        fs::remove_file(&file).unwrap();
    }
}
