//! What was acknowledged is what took effect, whatever is killed whenever.
//!
//! Real processes only: Postgres, Redis, Kafka and `nova up` are killed with SIGKILL, paused and emptied in
//! the order that a seed deals, while users make, edit and delete posts, follow, unfollow, leave, come back and read their feeds. Redis
//! has the hiccups besides. Posts of one user are pulled, those of others now pushed and now pulled. Afterwards
//! every feed is read whole and compared with what was acknowledged, and so is everything that was told on
//! `feed-updates`; and no timeline was given up but with another Redis, or by who followed or unfollowed.
//!
//! The event bus by itself is hurt in [`bus`]: consumers that are processes of their own come, go, stand still
//! and are killed.
//!
//! Uploads come to two replicas in [`media`], which are killed at a random byte, as their servers are; their store fails, and its
//! disk is full.
//!
//! Two hundred devices talk in [`chat`], over sockets to two replicas and by REST, while these, their servers and the
//! network between are hurt: what each device was told is compared with what was acknowledged and with REST.
//!
//! A thousand streams of live events are hurt in [`events`] in the same way, once while breakers hold and once while they let go: each
//! was told what was addressed to it, or that it is missing.
//!
//! `NOVA_FAULT_SEED` deals the same again, `NOVA_FAULT_ROUNDS` (10, of the bus 8, of media 4), for chat `NOVA_FAULT_SECONDS`
//! (30) and for live events `NOVA_FAULT_SECONDS` (20) deal more. It uses the `nova` that was built beside it: `cargo build -p nova-cli` first when not run by `./scripts/test`.

mod bus;
mod chat;
mod client;
mod crowd;
mod deals;
mod events;
mod flaws;
mod folder;
mod hiccups;
mod leavers;
mod load;
mod media;
mod oracle;
mod patience;
mod platform;
mod quiet;
mod reading;
mod rebuilt;
mod replicas;
mod run;
mod schedule;
mod services;
mod stage;
mod standstill;
mod updates;
mod users;
mod ways;

use nova_cli::servers::Server;
use tokio::sync::Mutex;

use platform::Kind;
use run::Plan;
use schedule::{Fault, Victim};

/// One at a time: two would only starve each other.
static TURN: Mutex<()> = Mutex::const_new(());

/// The services are one process, and each server is another.
#[tokio::test]
async fn nothing_is_lost_or_doubled_whatever_is_killed() -> anyhow::Result<()> {
    const PLAN: Plan = Plan {
        kind: Kind::Apart,
        deck: &[
            Fault::Kill(Victim::Services),
            Fault::Kill(Victim::Services),
            Fault::Kill(Victim::Server(Server::Kafka)),
            Fault::Kill(Victim::Server(Server::Kafka)),
            Fault::Kill(Victim::Server(Server::Postgres)),
            Fault::Kill(Victim::Server(Server::Postgres)),
            Fault::Kill(Victim::Server(Server::Redis)),
            Fault::Pause(Server::Kafka),
            Fault::Pause(Server::Redis),
            Fault::FlushRedis,
        ],
        share: 1.0,
        settled: 0.4,
    };
    let _turn = TURN.lock().await;
    Box::pin(run::survive(&PLAN)).await
}

/// One `nova up` runs everything, and takes everything with it.
#[tokio::test]
async fn nothing_is_lost_or_doubled_when_everything_is_killed_at_once() -> anyhow::Result<()> {
    const PLAN: Plan = Plan {
        kind: Kind::Whole,
        deck: &[Fault::Kill(Victim::Services)],
        share: 0.3,
        // Killed while it starts there is little that it could lose.
        settled: 0.8,
    };
    let _turn = TURN.lock().await;
    Box::pin(run::survive(&PLAN)).await
}

/// Postgres stands still for longer than anything waits, under load.
#[tokio::test]
async fn nothing_is_lost_or_doubled_when_postgres_is_frozen() -> anyhow::Result<()> {
    const PLAN: Plan = Plan {
        kind: Kind::Apart,
        deck: &[Fault::Freeze],
        share: 0.1,
        settled: 1.0,
    };
    let _turn = TURN.lock().await;
    Box::pin(run::survive(&PLAN)).await
}
