//! The handlers: they take their time, fail as their event says, and leave effects.

use std::sync::Arc;

use nova_proto::catalogue::EVENTS;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::identity::v1::UserFollowed;
use nova_resilience::{Code, Fault};

use super::database::SimConnection;
use super::events::{Half, Invented, PLAIN, Try, WHOLE, number_of};
use super::world::World;
use crate::record::Record;
use crate::router::{Delivery, Router};

pub(super) const GROUP: &str = "simulated";

#[derive(Debug, thiserror::Error)]
#[error("simulated")]
struct Refused(Code);

impl Fault for Refused {
    fn code(&self) -> Code {
        self.0
    }
}

impl SimConnection {
    /// Writes the effect of an event, which Postgres refuses (25P02) once a statement has failed.
    fn write(&mut self, number: usize) -> Outcome {
        if self.is_aborted {
            return Err(Refused(Code::Internal));
        }
        self.written.push(number);
        Ok(())
    }
}

type Outcome = Result<(), Refused>;

/// The first build that knows the type of [`Invented`].
const KNOWS_INVENTED: u32 = 2;

pub(super) fn router(world: Arc<World>, build: u32) -> Router<Arc<World>, SimConnection> {
    let router = Router::over(GROUP, world)
        .knows(EVENTS)
        .once::<PostCreated>(once)
        .batch::<PostUpdated>(batch)
        .at_least_once::<PostDeleted>(at_least_once)
        .once_then::<UserFollowed>(first, then)
        .records(PLAIN, plain)
        .in_order(WHOLE, in_order)
        .dropped(dropped);
    if build < KNOWS_INVENTED {
        return router;
    }
    router.once::<Invented>(invented)
}

async fn invented(
    world: &Arc<World>,
    tx: &mut SimConnection,
    event: &Delivery<Invented>,
) -> Outcome {
    within(world, tx, &event.record).await
}

async fn once(world: &Arc<World>, tx: &mut SimConnection, post: &Delivery<PostCreated>) -> Outcome {
    within(world, tx, &post.record).await
}

async fn first(
    world: &Arc<World>,
    tx: &mut SimConnection,
    follow: &Delivery<UserFollowed>,
) -> Outcome {
    tx.write(number_of(&follow.record))?;
    world.chance.pause(world.plan.work).await;
    Ok(())
}

async fn then(world: &Arc<World>, follow: &Delivery<UserFollowed>) -> Outcome {
    after(world, &follow.record).await
}

async fn batch(
    world: &Arc<World>,
    tx: &mut SimConnection,
    posts: &[&Delivery<PostUpdated>],
) -> Outcome {
    for post in posts {
        within(world, tx, &post.record).await?;
    }
    Ok(())
}

async fn at_least_once(world: &Arc<World>, post: &Delivery<PostDeleted>) -> Outcome {
    after(world, &post.record).await
}

async fn plain(world: &Arc<World>, record: &Record) -> Outcome {
    after(world, record).await
}

async fn in_order(world: &Arc<World>, records: &[Record]) -> Outcome {
    let _running = world.enter_whole(records);
    for record in records {
        after(world, record).await?;
    }
    Ok(())
}

/// What is told of them is told before they count as done, and not always at once.
async fn dropped(world: &Arc<World>, records: &[Record]) -> Outcome {
    world.chance.pause(world.plan.latency).await;
    if (world.plan.unnoted && !world.is_calm()) || world.happens(world.plan.database_faults * 3) {
        return Err(Refused(Code::Internal));
    }
    for number in records.iter().map(number_of) {
        if !world.plan.drops() {
            world.cry(format!("event {number} is dropped"));
        }
        world.events.note(number);
    }
    Ok(())
}

async fn within(world: &World, tx: &mut SimConnection, record: &Record) -> Outcome {
    let number = number_of(record);
    tx.write(number)?;
    tx.is_aborted |= work(world, number).await? == Done::Swallowed;
    Ok(())
}

async fn after(world: &World, record: &Record) -> Outcome {
    let number = number_of(record);
    // What fails may have had its effect before or not.
    let is_early = world.chance.percent(20);
    if is_early {
        world.events.happened(number, Half::After);
    }
    work(world, number).await?;
    if !is_early {
        world.events.happened(number, Half::After);
    }
    Ok(())
}

/// What a try came to that says it came to a good end.
#[derive(PartialEq, Eq)]
enum Done {
    Well,
    /// A statement failed, and nobody was told.
    Swallowed,
}

async fn work(world: &World, number: usize) -> Result<Done, Refused> {
    world.trace(|| format!("tries event {number}"));
    let _running = world.enter(number);
    world.chance.pause(world.plan.work).await;
    match world.events.attempt(number) {
        Try::Succeeds => Ok(Done::Well),
        Try::Swallows => Ok(Done::Swallowed),
        Try::Fails { for_good: true } => Err(Refused(Code::Invalid)),
        Try::Fails { for_good: false } => Err(Refused(Code::Unavailable)),
        Try::Takes(time) => {
            tokio::time::sleep(time).await;
            Ok(Done::Well)
        }
        // Without the hook, which would print it.
        Try::Panics => std::panic::resume_unwind(Box::new("simulated")),
        Try::Hangs => {
            tokio::time::sleep(world.plan.options.handler_timeout * 2).await;
            Ok(Done::Well)
        }
    }
}
