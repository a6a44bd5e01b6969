//! Who makes things happen: members come and go, partitions change hands, the database restarts, the clock
//! jumps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::events::{EVENTS, PLAIN, WHOLE};
use super::kafka::Log;
use super::member::{Mail, Member};
use super::world::World;
use crate::consumer::assignment::Partition;

const MOST_MEMBERS: usize = 3;
/// No drain takes so long.
const FOR_EVER: Duration = Duration::from_secs(60);

pub(super) struct Director {
    world: Arc<World>,
    pub(super) members: Vec<Member>,
    started: u64,
}

/// The partitions of a run; the last is the one whose messages are handled as they are, if there are several, and
/// the one before it the one whose messages are so in the order of their offsets, if there are more than that.
pub(super) fn partitions(world: &World) -> Vec<Partition> {
    let count = world.plan.partitions;
    let mut partitions: Vec<Partition> = (0..count).map(|at| (EVENTS.into(), at as i32)).collect();
    if count > 1 {
        partitions.pop();
        partitions.push((PLAIN.into(), 0));
    }
    if let Some(at) = partitions.len().checked_sub(2).filter(|at| *at > 0) {
        partitions[at] = (WHOLE.into(), 0);
    }
    let before = count as i32;
    partitions.extend((0..world.added()).map(|at| (EVENTS.into(), before + at)));
    partitions
}

/// Where an event of a key goes that once went to its home: half of the keys move when partitions are added.
pub(super) fn place_of(world: &World, home: &Partition, key: usize) -> Partition {
    match world.added() {
        added if added > 0 && *home.0 == *EVENTS && !key.is_multiple_of(2) => {
            (EVENTS.into(), (world.plan.partitions as i32) + added - 1)
        }
        _ => home.clone(),
    }
}

impl Director {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self {
            world,
            members: Vec::new(),
            started: 0,
        }
    }

    pub(super) async fn join(&mut self) {
        self.started += 1;
        self.members.push(Member::start(&self.world, self.started));
        self.rebalance(30).await;
    }

    /// One member at least that handles events.
    pub(super) async fn keep_going(&mut self) {
        let chance = self.world.chance.clone();
        for at in (0..self.members.len()).rev() {
            if self.members[at].exceeded.is_cancelled() {
                self.world.trace(|| "too many failed".to_owned());
                let stopped = self.members.swap_remove(at);
                self.free(stopped.id);
                stopped.stop().await;
            }
        }
        if self.members.is_empty() || (self.members.len() < MOST_MEMBERS && chance.percent(10)) {
            self.join().await;
        }
    }

    pub(super) async fn run(&mut self) {
        let world = Arc::clone(&self.world);
        self.join().await;
        for _ in 0..world.plan.incidents {
            tokio::time::sleep(world.chance.millis(1..=700)).await;
            self.incident().await;
            self.keep_going().await;
        }
    }

    async fn incident(&mut self) {
        let chance = self.world.chance.clone();
        let at = chance.up_to(self.members.len().max(1) - 1);
        match chance.up_to(27) {
            0..=3 if self.members.len() < MOST_MEMBERS => self.join().await,
            4..=5 => self.leave(at).await,
            6..=8 => self.crash(at).await,
            9..=11 => self.lose(at).await,
            12..=14 => self.rebalance(60).await,
            15..=16 => self.bounce().await,
            17..=18 => {
                let takes = chance.millis(1..=600);
                self.world
                    .trace(|| format!("the database is away for {takes:?}"));
                self.world.be_untidy();
                self.world.database.restart(takes);
            }
            19 => self.world.jump(chance.millis(100..=3_000)).await,
            20..=21 => self.begin_anew().await,
            22..=23 => {
                let takes = chance.millis(100..=4_000);
                self.world
                    .trace(|| format!("the database does not answer for {takes:?}"));
                self.world.database.fall_silent(takes);
            }
            24..=25 if self.world.plan.deploys => {
                self.world.release_build();
                self.join().await;
            }
            26..=27 if self.world.plan.forgets => self.forget(),
            _ => {}
        }
    }

    /// Every member becomes one of a new build, one after the other.
    pub(super) async fn deploy(&mut self) {
        self.world.release_build();
        for _ in 0..self.members.len() {
            self.join().await;
            self.leave(0).await;
        }
    }

    /// The inbox forgets, long after everything was consumed.
    fn forget(&self) {
        let state = self.world.kafka.state();
        if state.logs.values().all(Log::is_consumed) {
            self.world.trace(|| "the inbox forgets".to_owned());
            self.world.database.tables().forget_inbox();
        }
    }

    /// Its partitions have no owner any more.
    fn free(&self, member: u64) {
        let mut state = self.world.kafka.state();
        state.owners.retain(|_, owner| *owner != member);
    }

    pub(super) async fn leave(&mut self, at: usize) {
        let member = self.members.remove(at);
        let id = member.id;
        self.world.trace(|| format!("member {id} leaves"));
        member.stop().await;
        self.free(id);
        self.rebalance(30).await;
    }

    pub(super) async fn crash(&mut self, at: usize) {
        let member = self.members.remove(at);
        let id = member.id;
        self.world.trace(|| format!("member {id} dies"));
        self.world.count(|counts| counts.crashes += 1);
        self.world.be_untidy();
        member.crash();
        self.world.chance.pause(500).await;
        self.free(id);
        self.rebalance(30).await;
    }

    /// A member is slow to notice that the group has given its partitions to others.
    pub(super) async fn lose(&mut self, at: usize) {
        let id = self.members[at].id;
        self.world
            .trace(|| format!("member {id} is taken for dead"));
        self.world.be_untidy();
        let all = partitions(&self.world);
        let owners = self.world.kafka.state().owners.clone();
        let lost: Vec<_> = all
            .into_iter()
            .filter(|partition| owners.get(partition) == Some(&id))
            .collect();
        self.free(id);
        if self.members.len() < 2 {
            self.started += 1;
            self.members.push(Member::start(&self.world, self.started));
        }
        self.assign(&self.target(100, Some(id)));
        self.world.chance.pause(800).await;
        let (done, is_done) = oneshot::channel();
        if let Some(member) = self.members.iter().find(|member| member.id == id) {
            member.tell(Mail::Revoked(lost, true, done));
            is_done.await.ok();
        }
        self.rebalance(50).await;
    }

    /// The topic of events gets one more partition.
    pub(super) async fn grow(&mut self) {
        self.world.trace(|| "a partition is added".to_owned());
        self.world.add_partition();
        self.rebalance(30).await;
    }

    /// A partition is revoked and assigned to the same member again.
    pub(super) async fn bounce(&mut self) {
        let owners = self.world.kafka.state().owners.clone();
        let owned: Vec<_> = owners.into_iter().collect();
        let Some((partition, owner)) = self.world.chance.one_of(&owned).cloned() else {
            return;
        };
        self.revoke(BTreeMap::from([(owner, vec![partition.clone()])]))
            .await;
        self.assign(&BTreeMap::from([(partition, owner)]));
    }

    async fn begin_anew(&mut self) {
        self.world.be_untidy();
        for member in self.members.drain(..) {
            member.crash();
        }
        self.world.kafka.state().owners.clear();
        let all = partitions(&self.world);
        if let Some(partition) = self.world.chance.one_of(&all) {
            if self.world.chance.percent(50) {
                self.world.begin_anew(partition);
            } else {
                self.world.cut_off(partition);
            }
        }
        self.join().await;
    }

    /// Who should have what: mostly who has it, another in so many percent.
    fn target(&self, moved: u32, not: Option<u64>) -> BTreeMap<Partition, u64> {
        let alive: Vec<u64> = self.members.iter().map(|member| member.id).collect();
        let able: Vec<u64> = alive
            .iter()
            .copied()
            .filter(|id| Some(*id) != not)
            .collect();
        let owners = self.world.kafka.state().owners.clone();
        let mut target = BTreeMap::new();
        for partition in partitions(&self.world) {
            let owner = owners.get(&partition).copied();
            let stays = owner.filter(|id| able.contains(id) && !self.world.chance.percent(moved));
            let next = stays.or_else(|| self.world.chance.one_of(&able).copied());
            target.extend(next.map(|next| (partition, next)));
        }
        target
    }

    pub(super) async fn rebalance(&mut self, moved: u32) {
        self.world.count(|counts| counts.rebalances += 1);
        let target = self.target(moved, None);
        let owners = self.world.kafka.state().owners.clone();
        let mut revoked: BTreeMap<u64, Vec<Partition>> = BTreeMap::new();
        for (partition, owner) in owners {
            if target.get(&partition) != Some(&owner) {
                revoked.entry(owner).or_default().push(partition);
            }
        }
        self.revoke(revoked).await;
        self.assign(&target);
    }

    async fn revoke(&mut self, revoked: BTreeMap<u64, Vec<Partition>>) {
        let mut waits = Vec::new();
        for member in &self.members {
            let Some(partitions) = revoked.get(&member.id) else {
                continue;
            };
            let (done, is_done) = oneshot::channel();
            member.tell(Mail::Revoked(partitions.clone(), false, done));
            waits.push((partitions.clone(), is_done));
        }
        for (partitions, is_done) in waits {
            if tokio::time::timeout(FOR_EVER, is_done).await.is_err() {
                self.world
                    .cry("a member never gives up its partitions".to_owned());
            }
            let mut state = self.world.kafka.state();
            state.owners.retain(|owned, _| !partitions.contains(owned));
        }
    }

    fn assign(&self, target: &BTreeMap<Partition, u64>) {
        for member in &self.members {
            let mut state = self.world.kafka.state();
            let is_new = |(partition, owner): &(&Partition, &u64)| {
                **owner == member.id && !state.owners.contains_key(*partition)
            };
            let new: Vec<Partition> = target
                .iter()
                .filter(is_new)
                .map(|(partition, _)| partition.clone())
                .collect();
            for partition in &new {
                state.owners.insert(partition.clone(), member.id);
            }
            drop(state);
            member.tell(Mail::Assigned(new));
        }
    }

    pub(super) async fn stop(&mut self) {
        for member in std::mem::take(&mut self.members) {
            let id = member.id;
            member.stop().await;
            self.free(id);
        }
    }
}
