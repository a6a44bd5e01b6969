//! A member of the group: the consumer of production over a client that is simulated.

use std::sync::Arc;
use std::time::Duration;

use nova_resilience::Health;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::client::SimClient;
use super::database::SimStore;
use super::handlers::{self, GROUP};
use super::world::World;
use crate::consumer::assignment::{Assignment, Partition};
use crate::consumer::client::Wake;
use crate::consumer::lane::Means;
use crate::consumer::membership::{Change, Membership};
use crate::consumer::progress::Progress;
use crate::consumer::replay;
use crate::consumer::standing::Standings;
use crate::middleware::Stack;
use crate::options::ConsumerOptions;

const IDLE: Duration = Duration::from_millis(50);
/// How often the client tells what it knows of its partitions.
const TELLS_EVERY: Duration = Duration::from_millis(550);

/// What the group tells a member.
pub(super) enum Mail {
    Assigned(Vec<Partition>),
    /// Whether another has it already, and nothing can be committed.
    Revoked(Vec<Partition>, bool, oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

/// A member from outside.
pub(super) struct Member {
    pub(super) id: u64,
    mail: mpsc::UnboundedSender<Mail>,
    wake: Arc<Notify>,
    membership: Arc<Membership<SimClient>>,
    stop: CancellationToken,
    pub(super) exceeded: CancellationToken,
    /// Whether its lanes get on.
    pub(super) progress: Health,
    /// Whether a breaker holds any of them back.
    pub(super) breaker: Health,
    pub(super) standings: Standings,
    tasks: [JoinHandle<()>; 2],
}

/// What polls the client.
struct Loop {
    world: Arc<World>,
    mail: mpsc::UnboundedReceiver<Mail>,
    wake: Arc<Notify>,
    client: SimClient,
    membership: Arc<Membership<SimClient>>,
    told_at: Instant,
    exceeded: CancellationToken,
}

impl Member {
    pub(super) fn start(world: &Arc<World>, id: u64) -> Self {
        let build = world.build();
        world.trace(|| format!("member {id} starts, of build {build}"));
        let options = ConsumerOptions {
            build: build.to_string(),
            ..world.plan.options.clone()
        };
        let stack = Arc::new(Stack::new(
            handlers::router(Arc::clone(world), build),
            SimStore(Arc::clone(world)),
            options.clone(),
            Health::optional(GROUP),
        ));
        let health = Health::optional(GROUP);
        let progress = Progress::new(health.clone(), options.stuck_after);
        let means = Means {
            metadata: world.plan.metadata,
            ..Means::of(&stack)
        };
        let breaker = Health::optional(GROUP);
        let standings = Standings::new("", breaker.clone());
        let assignment = Assignment::new(means, options, Handle::current(), standings.clone());
        let membership = Arc::new(Membership::new(GROUP, assignment, progress));
        let exceeded = stack.self_limit.exceeded().clone();
        let (mail, received) = mpsc::unbounded_channel();
        let wake = Arc::new(Notify::new());
        let stop = CancellationToken::new();
        let polls = Loop {
            world: Arc::clone(world),
            mail: received,
            wake: Arc::clone(&wake),
            client: SimClient::new(Arc::clone(world), id),
            membership: Arc::clone(&membership),
            told_at: Instant::now(),
            exceeded: exceeded.clone(),
        };
        Self {
            id,
            mail,
            wake,
            membership,
            exceeded,
            progress: health,
            breaker,
            standings,
            tasks: [
                tokio::spawn(polls.run()),
                tokio::spawn(replay::run(stack, stop.clone())),
            ],
            stop,
        }
    }

    /// Events in memory that are not done.
    pub(super) fn in_flight(&self) -> usize {
        self.membership.assignment().in_flight()
    }

    pub(super) fn tell(&self, mail: Mail) {
        self.mail.send(mail).ok();
        self.wake.notify_one();
    }

    /// Ends it as an operator does.
    pub(super) async fn stop(self) {
        let (done, is_done) = oneshot::channel();
        self.tell(Mail::Stop(done));
        self.stop.cancel();
        is_done.await.ok();
        for task in self.tasks {
            task.await.ok();
        }
    }

    /// Kills it in the middle of everything.
    pub(super) fn crash(self) {
        for task in &self.tasks {
            task.abort();
        }
        self.membership.assignment().crash();
    }
}

impl Loop {
    async fn run(mut self) {
        loop {
            while let Ok(mail) = self.mail.try_recv() {
                if let Some(done) = self.serve(mail).await {
                    done.send(()).ok();
                    return;
                }
            }
            if self.exceeded.is_cancelled() {
                return self.stand_still().await;
            }
            let full = self.full();
            let taken = match self.membership.turn(&self.client) {
                Ok(taken) => taken,
                Err(error) => {
                    self.world
                        .cry(format!("the client must be made anew: {error}"));
                    return self.stand_still().await;
                }
            };
            self.check_memory();
            self.check_full(&full);
            if self.told_at.elapsed() >= TELLS_EVERY {
                self.told_at = Instant::now();
                let told = |partition: &Partition| self.client.told(partition);
                self.membership.look(true, told);
            }
            if taken == 0 {
                tokio::time::timeout(IDLE, self.wake.notified()).await.ok();
            } else {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn serve(&self, mail: Mail) -> Option<oneshot::Sender<()>> {
        match mail {
            Mail::Assigned(mut partitions) => {
                self.world.chance.pause(self.world.plan.latency).await;
                partitions.retain(|partition| {
                    let assignment = self.membership.assignment();
                    assignment.position_of(partition).is_none()
                });
                if !partitions.is_empty() {
                    self.follow(Change::Assigned(partitions)).await;
                }
            }
            Mail::Revoked(partitions, lost, done) => {
                let id = self.client.id;
                self.world
                    .trace(|| format!("member {id} gives up {partitions:?}"));
                self.client.loses(lost);
                self.in_time(self.follow(Change::Revoked(partitions))).await;
                done.send(()).ok();
            }
            Mail::Stop(done) => {
                self.in_time(self.membership.end(&self.client)).await;
                return Some(done);
            }
        }
        None
    }

    async fn follow(&self, change: Change) {
        let wake = Arc::clone(&self.wake);
        let wake: Wake = Arc::new(move || wake.notify_one());
        self.membership.follow(&self.client, change, &wake).await;
    }

    /// Too many events failed: it drains, commits, and does nothing more.
    async fn stand_still(mut self) {
        self.in_time(self.membership.end(&self.client)).await;
        self.membership.clear();
        while let Some(mail) = self.mail.recv().await {
            match mail {
                Mail::Assigned(_) => {}
                mail => {
                    if let Some(done) = self.serve(mail).await {
                        done.send(()).ok();
                        return;
                    }
                }
            }
        }
    }

    /// What drains takes no longer than it may.
    async fn in_time(&self, drains: impl Future<Output = ()>) {
        let (began, jumped) = (Instant::now(), self.world.jumped());
        drains.await;
        let took = began.elapsed() - (self.world.jumped() - jumped);
        // The clock ticks in milliseconds.
        if took > self.world.plan.options.drain + Duration::from_millis(5) {
            self.world.cry(format!("a drain took {took:?}"));
        }
    }

    /// Partitions that have done more than a commit can tell, and what is fetched of them next.
    fn full(&self) -> Vec<(Partition, Option<i64>)> {
        let assignment = self.membership.assignment();
        let full = assignment.lanes().iter().filter(|lane| lane.is_full());
        full.map(|lane| {
            (
                lane.partition().clone(),
                self.client.next_of(lane.partition()),
            )
        })
        .collect()
    }

    fn check_full(&self, full: &[(Partition, Option<i64>)]) {
        for (partition, next) in full {
            if self.client.next_of(partition) != *next {
                self.world.cry(format!(
                    "{partition:?} is given more although no commit can tell what it has done"
                ));
            }
        }
    }

    fn check_memory(&self) {
        let assignment = self.membership.assignment();
        let most = self.world.plan.options.in_flight;
        let allowed = most.max(assignment.lanes().len());
        let in_flight = assignment.in_flight();
        if in_flight > allowed {
            self.world.cry(format!(
                "{in_flight} events are in memory, {allowed} may be"
            ));
        }
    }
}
