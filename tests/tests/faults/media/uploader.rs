//! Somebody who uploads files, and goes on at the other replica when the one they talk to is gone.

use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::deals::{Deal, Fate, Victim};
use super::files::{Original, Served, between, make};
use super::sender::{Reply, Request, Sent, give_up, send};
use super::stage::Stage;
use crate::patience::PATIENCE;
use crate::users::User;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Bytes that are sent in one go: from a few to all of the longest file.
const PIECES: (u64, u64) = (1 << 10, 48 << 20);
/// What has left and is nowhere yet: two steps of the sender, and what a replica has read and not looked at.
const ON_THE_WAY: u64 = 3 << 20;

/// Somebody at work.
pub(super) struct Uploader {
    pub(super) stage: Arc<Stage>,
    pub(super) user: User,
    pub(super) random: StdRng,
    /// Whom they talk to.
    pub(super) replica: usize,
    /// The most bytes that lie in one object of the store.
    pub(super) piece_bytes: u64,
    pub(super) done: Done,
}

/// What they have done.
#[derive(Default)]
pub(super) struct Done {
    pub(super) acknowledged: Vec<Acknowledged>,
    pub(super) counts: Counts,
}

/// A file that was taken: by a 201, the last 204, or the word that all has come.
pub(super) struct Acknowledged {
    pub(super) id: String,
    pub(super) token: String,
    pub(super) served: Served,
}

/// How often what was done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) forms: usize,
    pub(super) uploads: usize,
    pub(super) bytes: u64,
    /// Requests with a piece.
    pub(super) pieces: usize,
    /// Of them, those that were not answered as they should.
    pub(super) broken: usize,
    /// Of those, the ones after which it went on at the other replica.
    pub(super) elsewhere: usize,
    /// Bytes of uploads that were sent once more, and the most of one break.
    pub(super) again: u64,
    pub(super) most_again: u64,
    /// Forms that were sent once more.
    pub(super) repeated: usize,
    pub(super) given_up: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.forms += other.forms;
        self.uploads += other.uploads;
        self.bytes += other.bytes;
        self.pieces += other.pieces;
        self.broken += other.broken;
        self.elsewhere += other.elsewhere;
        self.again += other.again;
        self.most_again = self.most_again.max(other.most_again);
        self.repeated += other.repeated;
        self.given_up += other.given_up;
    }
}

/// A kill that is still to come, before this byte of the file.
struct Kill {
    victim: Victim,
    at: u64,
}

impl Uploader {
    /// Uploads a file for each deal.
    pub(super) async fn work(mut self, deals: Vec<Deal>) -> anyhow::Result<Done> {
        for deal in deals {
            let file = make(&mut self.random)?;
            self.upload(&file, deal).await?;
        }
        Ok(self.done)
    }

    /// Uploads this file, whatever it takes, unless it is to be given up.
    pub(super) async fn upload(&mut self, file: &Original, deal: Deal) -> anyhow::Result<()> {
        self.replica = self.random.random_range(0..2);
        let length = file.bytes.len();
        let at = (length as f64 * deal.at) as usize;
        let kill = match deal.fate {
            Fate::Kill(victim) => Some(Kill {
                victim,
                at: at as u64,
            }),
            Fate::GivenUp => {
                self.done.counts.given_up += 1;
                return self.give_up(file, at, deal.form).await;
            }
            Fate::Nothing => None,
        };
        let id = if deal.form {
            self.done.counts.forms += 1;
            self.in_a_form(file, kill).await?
        } else {
            self.done.counts.uploads += 1;
            self.in_pieces(file, kill).await?
        };
        self.note(id, file);
        Ok(())
    }

    async fn in_a_form(
        &mut self,
        file: &Original,
        mut kill: Option<Kill>,
    ) -> anyhow::Result<String> {
        let (start, end) = around();
        let body = [start.as_bytes(), &file.bytes, end.as_bytes()].concat();
        let key = Uuid::new_v4();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let request = form(&self.user, key, &body);
            let sent = self.send(&request, kill.take(), start.len() as u64).await?;
            match sent.reply {
                Some(reply) if reply.status == 201 => {
                    let id = reply.json()?["id"].as_str().map(str::to_owned);
                    return id.context("a medium without an id");
                }
                ref other => self.look_at(other.as_ref(), &[])?,
            }
            ensure!(
                Instant::now() < deadline,
                "within {PATIENCE:?} no form was taken"
            );
            self.done.counts.repeated += usize::from(sent.bytes > 0);
            self.replica = 1 - self.replica;
            sleep(PAUSE).await;
        }
    }

    async fn in_pieces(&mut self, file: &Original, kill: Option<Kill>) -> anyhow::Result<String> {
        let place = self.begin(file.bytes.len() as u64).await?;
        self.send_from(&place, file, 0, kill).await?;
        id_of(&place)
    }

    /// Sends what is missing of an upload that has come until there.
    pub(super) async fn finish(
        &mut self,
        place: &str,
        file: &Original,
        at: u64,
    ) -> anyhow::Result<()> {
        self.send_from(place, file, at, None).await?;
        self.done.counts.uploads += 1;
        self.note(id_of(place)?, file);
        Ok(())
    }

    async fn send_from(
        &mut self,
        place: &str,
        file: &Original,
        mut at: u64,
        mut kill: Option<Kill>,
    ) -> anyhow::Result<()> {
        let length = file.bytes.len() as u64;
        while at < length {
            let end = length.min(at + between(&mut self.random, PIECES.0, PIECES.1));
            let piece = file
                .bytes
                .get(at as usize..end as usize)
                .unwrap_or_default();
            let request = patch(&self.user, place, at, piece);
            let now = kill.take_if(|kill| kill.at < end);
            let now = now.map(|kill| Kill {
                at: kill.at.saturating_sub(at),
                ..kill
            });
            let sent = self.send(&request, now, 0).await?;
            self.done.counts.pieces += 1;
            at = match &sent.reply {
                Some(reply) if reply.status == 204 => {
                    let told = reply.offset()?;
                    ensure!(told == end, "after {end} bytes it is to go on at {told}");
                    end
                }
                other => {
                    self.look_at(other.as_ref(), &["upload_busy"])?;
                    self.go_on(place, (at, sent.bytes), length).await?
                }
            };
        }
        Ok(())
    }

    /// Sends a piece once.
    pub(super) async fn patch(&self, place: &str, at: u64, piece: &[u8]) -> anyhow::Result<Reply> {
        let sent = self
            .send(&patch(&self.user, place, at, piece), None, 0)
            .await?;
        sent.reply.with_context(|| format!("no answer to {place}"))
    }

    /// Sends a form once.
    pub(super) async fn form(&self, file: &Original) -> anyhow::Result<Reply> {
        self.try_form(file).await?.context("no answer to a form")
    }

    /// Sends a form once, and perhaps hears nothing.
    pub(super) async fn try_form(&self, file: &Original) -> anyhow::Result<Option<Reply>> {
        let (start, end) = around();
        let body = [start.as_bytes(), &file.bytes, end.as_bytes()].concat();
        let request = form(&self.user, Uuid::new_v4(), &body);
        Ok(self.send(&request, None, 0).await?.reply)
    }

    /// The headers of whoever asks for an upload.
    pub(super) fn tus(&self) -> String {
        tus(&self.user)
    }

    /// A file was taken.
    fn note(&mut self, id: String, file: &Original) {
        self.done.counts.bytes += file.bytes.len() as u64;
        self.stage.journal.note(format_args!("{id} was taken"));
        self.done.acknowledged.push(Acknowledged {
            id,
            token: self.user.token.clone(),
            served: file.served.clone(),
        });
    }

    /// Begins an upload; one whose beginning was not heard of comes to nothing.
    pub(super) async fn begin(&mut self, length: u64) -> anyhow::Result<String> {
        let headers = format!("{}upload-length: {length}\r\n", tus(&self.user));
        let line = "POST /v1/media/uploads";
        let begun = self.insist(line, &headers, 201).await?;
        let place = begun.header("location").map(str::to_owned);
        place.context("an upload without a place")
    }

    /// Asks, at one replica or the other, how much has come, and waits until nobody else is thought to be sending.
    /// `sent` is where the last piece began, and how much of it has left.
    async fn go_on(&mut self, place: &str, sent: (u64, u64), length: u64) -> anyhow::Result<u64> {
        let (start, left) = sent;
        let broke = self.replica;
        self.done.counts.broken += 1;
        self.replica = 1 - self.replica;
        let deadline = Instant::now() + PATIENCE;
        let at = loop {
            let head = self
                .insist(&format!("HEAD {place}"), &tus(&self.user), 200)
                .await?;
            let at = head.offset()?;
            if at == length {
                break at;
            }
            // The nothing that is sent here is taken from whoever may send more.
            let reply = self
                .ask(&format!("PATCH {place}"), &more(&self.user, at))
                .await;
            match reply {
                Some(reply) if reply.status == 204 => break reply.offset()?,
                other => self.look_at(other.as_ref(), &["upload_busy", "wrong_offset"])?,
            }
            ensure!(
                Instant::now() < deadline,
                "within {PATIENCE:?} it did not go on at {place}"
            );
            sleep(PAUSE).await;
        };
        ensure!(
            (start..=start + left).contains(&at),
            "of {left} bytes from {start} on {at} have come of {place}"
        );
        let again = start + left - at;
        let most = self.piece_bytes + ON_THE_WAY;
        ensure!(
            again <= most,
            "{again} bytes of {place} are to be sent once more"
        );
        let counts = &mut self.done.counts;
        counts.again += again;
        counts.most_again = counts.most_again.max(again);
        counts.elsewhere += usize::from(self.replica != broke);
        self.stage
            .journal
            .note(format_args!("{place} goes on at {at}, {again} bytes again"));
        Ok(at)
    }

    async fn give_up(&mut self, file: &Original, at: usize, in_form: bool) -> anyhow::Result<()> {
        let address = self.stage.address(self.replica);
        if in_form {
            let (start, end) = around();
            let body = [start.as_bytes(), &file.bytes, end.as_bytes()].concat();
            let request = form(&self.user, Uuid::new_v4(), &body);
            give_up(address, &request, start.len() + at).await;
            return Ok(());
        }
        let place = self.begin(file.bytes.len() as u64).await?;
        let address = self.stage.address(self.replica);
        let request = patch(&self.user, &place, 0, &file.bytes);
        give_up(address, &request, at).await;
        Ok(())
    }

    /// Asks one replica and the other until one answers so.
    pub(super) async fn insist(
        &mut self,
        line: &str,
        headers: &str,
        status: u16,
    ) -> anyhow::Result<Reply> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.ask(line, headers).await {
                Some(reply) if reply.status == status => return Ok(reply),
                other => self.look_at(other.as_ref(), &[])?,
            }
            ensure!(
                Instant::now() < deadline,
                "within {PATIENCE:?} there was no answer to {line}"
            );
            self.replica = 1 - self.replica;
            sleep(PAUSE).await;
        }
    }

    pub(super) async fn ask(&self, line: &str, headers: &str) -> Option<Reply> {
        self.stage.ask(self.replica, line, headers).await.reply
    }

    async fn send(
        &self,
        request: &Request<'_>,
        kill: Option<Kill>,
        before: u64,
    ) -> anyhow::Result<Sent> {
        let at = kill.as_ref().map_or(u64::MAX, |kill| kill.at + before);
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let (stage, replica) = (&self.stage, self.replica);
        send(stage.address(replica), request, at, async || match kill {
            Some(kill) => {
                stage.journal.note(format_args!(
                    "byte {} of {}: {}",
                    kill.at, request.line, kill.victim
                ));
                stage.kill(kill.victim, replica).await
            }
            None => Ok(()),
        })
        .await
    }

    /// An answer that is not the one that is wanted must say that it may be later, or elsewhere.
    fn look_at(&self, reply: Option<&Reply>, allowed: &[&str]) -> anyhow::Result<()> {
        match reply {
            None => Ok(()),
            Some(reply) if matches!(reply.status, 503 | 504) => Ok(()),
            Some(reply) if allowed.contains(&reply.code().as_str()) => Ok(()),
            Some(reply) => bail!("replica {} answered {reply}", self.replica),
        }
    }
}

const BOUNDARY: &str = "----a-boundary";

/// What stands before the file in a form, and behind it.
fn around() -> (String, String) {
    let head = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
    );
    (head, format!("\r\n--{BOUNDARY}--\r\n"))
}

fn form<'a>(user: &User, key: Uuid, body: &'a [u8]) -> Request<'a> {
    Request {
        line: "POST /v1/media".to_owned(),
        headers: format!(
            "{}idempotency-key: {key}\r\ncontent-type: multipart/form-data; boundary={BOUNDARY}\r\n",
            bearer(&user.token)
        ),
        body,
    }
}

fn patch<'a>(user: &User, place: &str, at: u64, piece: &'a [u8]) -> Request<'a> {
    Request {
        line: format!("PATCH {place}"),
        headers: more(user, at),
        body: piece,
    }
}

fn more(user: &User, at: u64) -> String {
    let kind = "content-type: application/offset+octet-stream\r\n";
    format!("{}{kind}upload-offset: {at}\r\n", tus(user))
}

fn tus(user: &User) -> String {
    format!("{}tus-resumable: 1.0.0\r\n", bearer(&user.token))
}

fn id_of(place: &str) -> anyhow::Result<String> {
    let id = place.rsplit('/').next();
    id.map(str::to_owned).context("a place without an id")
}

pub(super) fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

/// The state of a medium, as its owner is shown it.
pub(super) fn state(medium: &Value) -> &str {
    medium["state"].as_str().unwrap_or_default()
}
