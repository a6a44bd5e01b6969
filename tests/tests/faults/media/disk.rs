//! A disk that is full, or cannot be written to.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::deals::{Deal, Fate};
use super::files::sound;
use super::run::Play;
use super::sender::Reply;
use super::stage::Stage;
use super::uploader::{Done, Uploader, bearer, state};
use crate::folder::say;
use crate::patience::until;
use crate::users::User;

const MIB: u64 = 1 << 20;
/// What readers say when they could not read something.
const NOT_READ: &str = "media wait to be read";

const FORM: Deal = Deal {
    fate: Fate::Nothing,
    at: 0.0,
    form: true,
};

/// A small disk of its own over a folder. Dropping it takes it away.
struct Disk(PathBuf);

impl Disk {
    /// `None` where nobody may do that.
    fn over(folder: &Path) -> anyhow::Result<Option<Self>> {
        let options = ["-t", "tmpfs", "-o", "size=64m,mode=0700", "nova-faults"];
        let mounted = Command::new("mount").args(options).arg(folder).output()?;
        Ok(mounted.status.success().then(|| Self(folder.to_owned())))
    }

    fn remount(&self, how: &str) -> anyhow::Result<()> {
        let options = ["-o", &format!("remount,{how}")];
        let mounted = Command::new("mount").args(options).arg(&self.0).status()?;
        ensure!(mounted.success(), "the disk is not remounted {how}");
        Ok(())
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Leaves so many bytes.
    fn fill(&self, left: u64) -> anyhow::Result<()> {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.ballast())?;
        let block = vec![1; 64 << 10];
        let full = loop {
            if let Err(error) = file.write_all(&block) {
                break error;
            }
        };
        ensure!(full.kind() == std::io::ErrorKind::StorageFull, "{full}");
        let length = file.metadata()?.len();
        Ok(file.set_len(length.saturating_sub(left))?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // At once for who opens something from now on; who has something open keeps it.
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

/// What is taken while there is room is whole in the end; the rest is refused for now, and taken later.
pub(super) async fn fill(play: &mut Play, store: &Path) -> anyhow::Result<()> {
    let Some(disk) = Disk::over(store)? else {
        say("media faults: the full disk is left out, as nothing may be mounted here");
        return Ok(());
    };
    let stage = Arc::clone(&play.stage);
    let mut uploader = Uploader {
        stage: Arc::clone(&stage),
        user: play.users[0].clone(),
        random: StdRng::seed_from_u64(play.seed),
        replica: 0,
        piece_bytes: play.store.piece_bytes(),
        done: Done::default(),
    };
    uploader.upload(&sound(MIB, 1), FORM).await?;
    let shown = uploader.done.acknowledged[0].id.clone();
    is_ready(&stage, &uploader.user, &shown).await?;
    let interrupted = sound(6 * MIB, 3);
    let place = uploader.begin(interrupted.bytes.len() as u64).await?;
    let begun = interrupted.bytes.get(..2 << 20).unwrap_or_default();
    let reply = uploader.patch(&place, 0, begun).await?;
    ensure!(reply.status == 204, "{reply}");

    stage.journal.note("the disk is full");
    disk.fill(0)?;
    let mut refused = all_is_refused(&mut uploader, &place, &interrupted.bytes, &shown).await?;
    stage
        .journal
        .note("there is room for what comes, and none for what is made of it");
    disk.fill(2 * MIB)?;
    let tried = not_read(play)?;
    uploader.upload(&sound(3 * MIB / 2, 5), FORM).await?;
    let waiting = uploader.done.acknowledged[1].id.clone();
    until("what was taken is begun to be read", async || {
        stage.runs().await?;
        let now = not_read(play)?;
        Ok((now > tried + 1)
            .then_some(())
            .ok_or_else(|| format!("{now} times")))
    })
    .await?;
    // What was made of it is tried again and again, and does not fill the disk by that.
    until("only what is needed stays", async || {
        let there = play.store.list().await?.len();
        let needed = [&shown, &place, &waiting].len();
        Ok(if there == needed {
            Ok(())
        } else {
            Err(format!("{there} folders"))
        })
    })
    .await?;
    let line = format!("GET /v1/media/{waiting}");
    let reply = uploader.ask(&line, &bearer(&uploader.user.token)).await;
    let medium = reply.context("no answer")?.json()?;
    ensure!(state(&medium) == "processing", "{medium}");
    fs::remove_file(disk.ballast())?;

    stage.journal.note("the disk cannot be written to");
    is_ready(&stage, &uploader.user, &waiting).await?;
    disk.remount("ro")?;
    refused += all_is_refused(&mut uploader, &place, &interrupted.bytes, &shown).await?;
    disk.remount("rw")?;
    stage.journal.note("there is room");
    uploader
        .finish(&place, &interrupted, begun.len() as u64)
        .await?;
    let name = format!("a full disk, and one that is read-only; refused={refused}");
    play.judge(&name, uploader.done).await?;
    drop(disk);
    Ok(())
}

/// At both replicas nothing is taken, and everything says so; what is there is served. How much was refused.
async fn all_is_refused(
    uploader: &mut Uploader,
    place: &str,
    file: &[u8],
    shown: &str,
) -> anyhow::Result<usize> {
    let before = 2 * MIB;
    let mut refused = 0;
    for (number, length) in [4 << 10, 300 << 10, 3 * MIB, 20 * MIB]
        .into_iter()
        .enumerate()
    {
        uploader.replica = number % 2;
        let reply = uploader.form(&sound(length, 7)).await?;
        is_refused(&reply)?;
        let piece = file.get(before as usize..).unwrap_or_default();
        let piece = piece
            .get(..(length as usize).min(piece.len()))
            .unwrap_or_default();
        is_refused(&uploader.patch(place, before, piece).await?)?;
        let path = format!("GET /v1/media/{shown}/content");
        let reply = uploader.ask(&path, &bearer(&uploader.user.token)).await;
        let reply = reply.context("no answer")?;
        ensure!(reply.status == 200, "{reply}");
        let head = uploader
            .insist(&format!("HEAD {place}"), &uploader.tus(), 200)
            .await?;
        ensure!(head.offset()? == before, "{} have come", head.offset()?);
        refused += 2;
    }
    Ok(refused)
}

fn is_refused(reply: &Reply) -> anyhow::Result<()> {
    match reply.status {
        503 | 507 => Ok(()),
        _ => bail!("instead of a refusal: {reply}"),
    }
}

async fn is_ready(stage: &Stage, user: &User, id: &str) -> anyhow::Result<()> {
    until("a medium can be shown", async || {
        let line = format!("GET /v1/media/{id}");
        let reply = stage.ask(0, &line, &bearer(&user.token)).await.reply;
        let medium = reply.context("no answer")?.json()?;
        Ok((state(&medium) == "ready")
            .then_some(())
            .ok_or_else(|| medium.to_string()))
    })
    .await
}

/// How often readers said that they could not read something.
fn not_read(play: &Play) -> anyhow::Result<usize> {
    let mut times = 0;
    for log in &play.stage.logs {
        times += fs::read_to_string(log)?.matches(NOT_READ).count();
    }
    Ok(times)
}
