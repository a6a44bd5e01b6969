//! A member of the group: the consumer of production, with a loop of its own in place of the thread that
//! polls Kafka. The loop does what `poll.rs` and `context.rs` do.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nova_resilience::Health;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::database::SimStore;
use super::handlers::{self, GROUP};
use super::world::World;
use crate::consumer::assignment::{Assignment, Due, Partition};
use crate::consumer::finished::Finished;
use crate::consumer::lane::Means;
use crate::consumer::replay;
use crate::middleware::Stack;
use crate::options::ConsumerOptions;
use crate::record::Record;

const IDLE: Duration = Duration::from_millis(50);
const TAKEN_AT_ONCE: usize = 256;
const COMMIT_EVERY: Duration = Duration::from_millis(500);

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
    assignment: Arc<Mutex<Assignment>>,
    stop: CancellationToken,
    pub(super) exceeded: CancellationToken,
    tasks: [JoinHandle<()>; 2],
}

struct Loop {
    world: Arc<World>,
    id: u64,
    mail: mpsc::UnboundedReceiver<Mail>,
    wake: Arc<Notify>,
    assignment: Arc<Mutex<Assignment>>,
    /// Partitions that are assigned and have no lane yet.
    new: Vec<Partition>,
    queues: VecDeque<Queue>,
    committed_at: Instant,
    exceeded: CancellationToken,
}

/// What the client has fetched of a partition.
struct Queue {
    partition: Partition,
    start: i64,
    next: i64,
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
        let assignment = Assignment::new(Means::of(&stack), options, Handle::current());
        let assignment = Arc::new(Mutex::new(assignment));
        let exceeded = stack.self_limit.exceeded().clone();
        let (mail, received) = mpsc::unbounded_channel();
        let wake = Arc::new(Notify::new());
        let stop = CancellationToken::new();
        let polls = Loop {
            world: Arc::clone(world),
            id,
            mail: received,
            wake: Arc::clone(&wake),
            assignment: Arc::clone(&assignment),
            new: Vec::new(),
            queues: VecDeque::new(),
            committed_at: Instant::now(),
            exceeded: exceeded.clone(),
        };
        Self {
            id,
            mail,
            wake,
            assignment,
            exceeded,
            tasks: [
                tokio::spawn(polls.run()),
                tokio::spawn(replay::run(stack, stop.clone())),
            ],
            stop,
        }
    }

    /// Events in memory that are not done.
    pub(super) fn in_flight(&self) -> usize {
        self.assignment.lock().unwrap().in_flight()
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
        self.assignment.lock().unwrap().crash();
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
            self.follow_assignment().await;
            let taken = self.fill();
            if self.committed_at.elapsed() >= COMMIT_EVERY {
                self.committed_at = Instant::now();
                let due = self.assignment.lock().unwrap().due();
                self.commit_later(due);
            }
            if taken == 0 {
                tokio::time::timeout(IDLE, self.wake.notified()).await.ok();
            } else {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn serve(&mut self, mail: Mail) -> Option<oneshot::Sender<()>> {
        match mail {
            Mail::Assigned(partitions) => self.new.extend(partitions),
            Mail::Revoked(partitions, lost, done) => {
                let id = self.id;
                self.world
                    .trace(|| format!("member {id} gives up {partitions:?}"));
                self.new.retain(|partition| !partitions.contains(partition));
                let due = self.drain(|partition| partitions.contains(partition)).await;
                if !lost {
                    self.commit(&due);
                }
                self.queues
                    .retain(|queue| !partitions.contains(&queue.partition));
                done.send(()).ok();
            }
            Mail::Stop(done) => {
                let due = self.drain(|_| true).await;
                self.commit(&due);
                return Some(done);
            }
        }
        None
    }

    /// Too many events failed: it drains, commits, and does nothing more.
    async fn stand_still(mut self) {
        let due = self.drain(|_| true).await;
        self.commit(&due);
        self.queues.clear();
        while let Some(mail) = self.mail.recv().await {
            if let Some(done) = self.serve(mail).await {
                done.send(()).ok();
                return;
            }
        }
    }

    async fn drain(&self, chosen: impl Fn(&Partition) -> bool) -> Vec<Due> {
        let (began, jumped) = (Instant::now(), self.world.jumped());
        let leaving = self.assignment.lock().unwrap().leave(chosen);
        let due = leaving.drained(GROUP).await;
        let took = began.elapsed() - (self.world.jumped() - jumped);
        // The clock ticks in milliseconds.
        if took > self.world.plan.options.drain + Duration::from_millis(5) {
            self.world.cry(format!("a drain took {took:?}"));
        }
        due
    }

    async fn follow_assignment(&mut self) {
        for partition in std::mem::take(&mut self.new) {
            self.world.chance.pause(self.world.plan.latency).await;
            if self
                .assignment
                .lock()
                .unwrap()
                .position_of(&partition)
                .is_some()
            {
                continue;
            }
            let (start, earlier) = self.earlier(&partition);
            let id = self.id;
            self.world
                .trace(|| format!("member {id} opens {partition:?} at {start}"));
            self.queues.retain(|queue| queue.partition != partition);
            self.queues.push_back(Queue {
                partition: partition.clone(),
                start,
                next: start,
            });
            let wake = Arc::clone(&self.wake);
            let has_room = Box::new(move || wake.notify_one());
            let mut assignment = self.assignment.lock().unwrap();
            assignment.open(partition, earlier, has_room);
        }
    }

    fn earlier(&self, partition: &Partition) -> (i64, Finished) {
        let state = self.world.kafka.state();
        let Some(log) = state.logs.get(partition) else {
            return (0, Finished::default());
        };
        let earlier = match &log.committed {
            // The group may not say.
            Some((offset, metadata)) if !self.world.happens(self.world.plan.uncommitted / 4) => {
                Finished::decode(*offset, metadata)
            }
            _ => Finished::default(),
        };
        (log.start(), earlier)
    }

    fn fill(&mut self) -> usize {
        let several = usize::from(self.queues.len() > 1);
        self.queues.rotate_left(several);
        let mut taken = 0;
        let mut assignment = self.assignment.lock().unwrap();
        for queue in &mut self.queues {
            let Some(at) = assignment.position_of(&queue.partition) else {
                continue;
            };
            let room = assignment.room(at).min(TAKEN_AT_ONCE);
            if self.world.happens(self.world.plan.repeated) {
                // The client gives again what it gave before.
                let back = self.world.chance.between(0..=6) as i64;
                queue.next = (queue.next - back).max(queue.start);
            }
            let state = self.world.kafka.state();
            let records = state
                .logs
                .get(&queue.partition)
                .map(|log| log.from(queue.next));
            let records = records.unwrap_or_default().iter().take(room);
            let chunk: Vec<Record> = records.cloned().collect();
            drop(state);
            if let Some(last) = chunk.last() {
                queue.next = last.offset() + 1;
                taken += chunk.len();
                assignment.give(at, chunk);
            }
        }
        self.check_memory(&assignment);
        taken
    }

    fn check_memory(&self, assignment: &Assignment) {
        if let Some(broken) = assignment.broken() {
            self.world
                .cry(format!("a lane is of no more use: {broken}"));
        }
        let most = self.world.plan.options.in_flight;
        let lanes = assignment.lanes().len();
        let allowed = most.max(lanes);
        let in_flight = assignment.in_flight();
        if in_flight > allowed {
            self.world.cry(format!(
                "{in_flight} events are in memory, {allowed} may be"
            ));
        }
    }

    fn commit(&self, due: &[Due]) {
        if !due.is_empty() {
            self.world.commit(self.id, due);
        }
    }

    /// Nobody answers a commit; what the group has is learnt some time later.
    fn commit_later(&self, due: Vec<Due>) {
        self.commit(&due);
        let (world, assignment) = (Arc::clone(&self.world), Arc::clone(&self.assignment));
        tokio::spawn(async move {
            world.chance.pause(world.plan.latency * 4).await;
            let mut assignment = assignment.lock().unwrap();
            for lane in assignment.lanes_mut() {
                let state = world.kafka.state();
                let log = state.logs.get(lane.partition());
                let committed = log.and_then(|log| log.committed.as_ref());
                lane.is_known_to_have(committed.map_or(-1, |(offset, _)| *offset));
            }
        });
    }
}
