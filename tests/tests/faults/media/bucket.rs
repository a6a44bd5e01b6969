//! A server of S3 that answers 500, or nothing, or is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use nova_testkit::Proxy;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng as _};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::deals::{Deal, Fate, Victim, deal};
use super::files::sound;
use super::run::{Play, upload};
use super::store::{Bucket, Store};
use super::uploader::{Done, Uploader, bearer};
use crate::folder::say;
use crate::patience::until;
use crate::run::setting;

/// Milliseconds between two failures.
const BETWEEN: std::ops::Range<u64> = 200..2_000;
/// An answer is there by then, with as much again for a machine that has other things to do.
const ANSWERED: Duration = Duration::from_secs(30);
/// Files that are on their way while the server is killed.
const KILLS: usize = 4;
/// Milliseconds after such a file has begun: it takes some hundred.
const INTO_A_FILE: std::ops::Range<u64> = 0..300;
/// Names a file with the number of the server's process, which whoever started it starts again.
const SERVER: &str = "NOVA_TEST_S3_PID";
/// How a multipart upload is begun.
const MULTIPART: &[u8] = b"?uploads ";

/// A server in front of that of S3. Dropping it ends it.
struct Gate {
    address: String,
    fails: Arc<AtomicBool>,
    multipart: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Gate {
    /// In front of the server at `host:port`.
    async fn to(server: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let (fails, multipart) = <(Arc<AtomicBool>, Arc<AtomicUsize>)>::default();
        let (failing, begun) = (Arc::clone(&fails), Arc::clone(&multipart));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, failing, begun) =
                    (server.clone(), Arc::clone(&failing), Arc::clone(&begun));
                tokio::spawn(async move {
                    if failing.load(Ordering::Relaxed) {
                        fail(client).await.ok();
                    } else {
                        pass(client, server, &begun).await.ok();
                    }
                });
            }
        });
        Ok(Self {
            address,
            fails,
            multipart,
            accepting,
        })
    }
}

impl Failure {
    /// How long it lasts: longer than anything waits for the server.
    fn lasts(self) -> anyhow::Result<Duration> {
        let default = match self {
            Self::Answers500 | Self::IsGone => 6,
            Self::IsSilent => 12,
        };
        let seconds = setting("NOVA_FAULT_OUTAGE")?.unwrap_or(default);
        Ok(Duration::from_secs(seconds))
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Whatever is asked, it answers 500, and hangs up when the client has.
async fn fail(mut client: TcpStream) -> std::io::Result<()> {
    let mut bytes = vec![0; 64 << 10];
    if client.read(&mut bytes).await? > 0 {
        let answer =
            b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        client.write_all(answer).await?;
        client.shutdown().await?;
        while client.read(&mut bytes).await? > 0 {}
    }
    Ok(())
}

/// Passes everything, and counts the multipart uploads that are begun.
async fn pass(client: TcpStream, server: String, begun: &AtomicUsize) -> std::io::Result<()> {
    let (mut from_server, mut to_server) = TcpStream::connect(server).await?.into_split();
    let (mut from_client, mut to_client) = client.into_split();
    let there = async {
        let mut bytes = vec![0; 64 << 10];
        // The end of what came before may be the beginning of the word.
        let mut seen: Vec<u8> = Vec::new();
        loop {
            let read = from_client.read(&mut bytes).await?;
            let new = bytes.get(..read).unwrap_or_default();
            if new.is_empty() {
                return to_server.shutdown().await;
            }
            seen.extend(new);
            let times = seen
                .windows(MULTIPART.len())
                .filter(|some| *some == MULTIPART);
            begun.fetch_add(times.count(), Ordering::Relaxed);
            seen.drain(..seen.len().saturating_sub(MULTIPART.len() - 1));
            to_server.write_all(new).await?;
        }
    };
    let back = async {
        tokio::io::copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(there, back).map(|_| ())
}

/// One way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Answers500,
    IsSilent,
    IsGone,
}

/// One after the other.
const FAILURES: [Failure; 3] = [Failure::Answers500, Failure::IsSilent, Failure::IsGone];

/// What stands between replicas and the server.
struct Way {
    proxy: Proxy,
    gate: Gate,
}

impl Way {
    fn begin(&self, failure: Failure) {
        match failure {
            Failure::Answers500 => self.gate.fails.store(true, Ordering::Relaxed),
            Failure::IsSilent => return self.proxy.swallow(),
            Failure::IsGone => self.proxy.refuse(),
        }
        // Connections that are there are in the middle of something.
        self.proxy.cut();
    }

    fn end(&self) {
        self.gate.fails.store(false, Ordering::Relaxed);
        self.proxy.pass();
        self.proxy.cut();
    }
}

/// Clients upload and replicas are killed while the store fails in every way.
pub(super) async fn suffer(play: &mut Play, rounds: usize) -> anyhow::Result<()> {
    let prefix = format!("faults-{}-{}", std::process::id(), play.seed);
    let Some(bucket) = Bucket::named(&prefix)? else {
        say("media faults: S3 that fails is left out, as NOVA_TEST_S3 names no bucket");
        return Ok(());
    };
    let server = bucket.host.clone();
    let gate = Gate::to(server.clone()).await?;
    let proxy = Proxy::to(gate.address.clone()).await;
    let way = Way { proxy, gate };
    play.stage
        .move_to(bucket.settings(&way.proxy.address().to_string()))
        .await?;
    play.store = Store::Bucket(bucket);
    let deals = deal(play.seed, rounds).into_iter().filter(|deal| {
        // Servers are killed elsewhere; here it is the store's turn.
        deal.fate == Fate::Kill(Victim::Replica) || deal.fate == Fate::Nothing
    });
    let (users, seed) = (play.users.clone(), play.seed);
    let [patient, others @ ..] = users.as_slice() else {
        return Ok(());
    };
    let mut uploader = Uploader {
        stage: Arc::clone(&play.stage),
        user: patient.clone(),
        random: StdRng::seed_from_u64(seed),
        replica: 0,
        piece_bytes: play.store.piece_bytes(),
        done: Done::default(),
    };
    let load = upload(&play.stage, &play.store, others, seed, deals.collect());
    let failing = async {
        let refused = fail_in_turn(&way, &mut uploader, seed).await?;
        let killed = kill_again_and_again(&mut uploader, &server, seed).await?;
        anyhow::Ok((refused, killed))
    };
    let (mut done, (refused, killed)) = tokio::try_join!(load, failing)?;
    done.acknowledged.extend(uploader.done.acknowledged);
    done.counts += uploader.done.counts;
    let begun = way.gate.multipart.load(Ordering::Relaxed);
    let seconds = FAILURES
        .map(Failure::lasts)
        .into_iter()
        .sum::<anyhow::Result<Duration>>()?;
    let name = format!(
        "S3 that answers 500, or nothing, or is gone, for {seconds:?}; refused={refused} kills of it={killed} multipart uploads={begun}"
    );
    play.judge(&name, done).await?;
    ensure!(begun == 0, "{begun} multipart uploads were begun");
    Ok(())
}

/// Lets the store fail in one way after the other, and looks how that is answered. How often something was refused.
async fn fail_in_turn(way: &Way, uploader: &mut Uploader, seed: u64) -> anyhow::Result<usize> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut refused = 0;
    for failure in FAILURES {
        uploader
            .upload(&sound(1 << 20, random.random()), calm(true))
            .await?;
        let shown = uploader
            .done
            .acknowledged
            .last()
            .context("nothing was taken")?;
        let content = format!("GET /v1/media/{}/content", shown.id);
        let token = bearer(&shown.token);
        until("it is shown", async || {
            let reply = uploader.ask(&content, &token).await;
            Ok(match reply {
                Some(reply) if reply.status == 200 => Ok(()),
                Some(reply) => Err(reply.status.to_string()),
                None => Err("no answer".to_owned()),
            })
        })
        .await?;
        sleep(Duration::from_millis(random.random_range(BETWEEN))).await;
        uploader
            .stage
            .journal
            .note(format_args!("the store: {failure:?}"));
        way.begin(failure);
        let over = Instant::now() + failure.lasts()?;
        refused += all_is_refused(uploader, &content, &token).await?;
        sleep_until(over).await;
        way.end();
        uploader.stage.journal.note("the store is back");
    }
    Ok(refused)
}

/// Nobody else is killed because of this file.
const fn calm(form: bool) -> Deal {
    Deal {
        fate: Fate::Nothing,
        at: 0.0,
        form,
    }
}

/// Kills the server itself, each time while a file is on its way into it; how often.
async fn kill_again_and_again(
    uploader: &mut Uploader,
    server: &str,
    seed: u64,
) -> anyhow::Result<usize> {
    let Ok(place) = std::env::var(SERVER) else {
        say(format_args!(
            "media faults: S3 is not killed, as {SERVER} names no process"
        ));
        return Ok(0);
    };
    let mut random = StdRng::seed_from_u64(seed);
    let stage = Arc::clone(&uploader.stage);
    for kill in 0..KILLS {
        let after = Duration::from_millis(random.random_range(INTO_A_FILE));
        let file = sound(8 << 20, random.random());
        let killing = async {
            sleep(after).await;
            let pid = std::fs::read_to_string(&place)?.trim().parse()?;
            let pid = Pid::from_raw(pid).context("no process")?;
            stage.journal.note(format_args!("kill -9 of S3, {kill}"));
            kill_process(pid, Signal::KILL)?;
            until("it is there again", async || {
                Ok(TcpStream::connect(server)
                    .await
                    .map_err(|error| error.to_string()))
            })
            .await
        };
        let sent = uploader.upload(&file, calm(kill % 2 == 0));
        tokio::try_join!(killing, sent)?;
    }
    Ok(KILLS)
}

/// What needs the store is refused in time. A replica that is killed at that very moment answers nothing: then it is asked again.
async fn all_is_refused(
    uploader: &mut Uploader,
    content: &str,
    token: &str,
) -> anyhow::Result<usize> {
    let file = sound(200 << 10, 9);
    let is_form = [true, false];
    for is_form in is_form {
        until("what needs the store is refused", async || {
            let asked = Instant::now();
            let reply = match is_form {
                true => uploader.try_form(&file).await?,
                false => uploader.ask(content, token).await,
            };
            uploader.replica = 1 - uploader.replica;
            let Some(reply) = reply else {
                return Ok(Err("no answer".to_owned()));
            };
            ensure!(
                matches!(reply.status, 503 | 504),
                "instead of a refusal: {reply}"
            );
            ensure!(
                asked.elapsed() < ANSWERED,
                "after {:?}: {reply}",
                asked.elapsed()
            );
            Ok(Ok(()))
        })
        .await?;
    }
    Ok(is_form.len())
}
