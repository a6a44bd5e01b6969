//! Those who publish, and those who mend what fails and ask for replays.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::chance::Chance;
use super::director::{Director, partitions, place_of};
use super::events::{Fate, Kind, Told, number_of};
use super::oracle;
use super::world::World;
use crate::consumer::assignment::Partition;

/// So long everything may take at the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// Publishes events, some of them twice.
pub(super) async fn publish(world: Arc<World>, count: usize, failing: u32) {
    let chance = world.chance.clone();
    for _ in 0..count {
        let number = world.events.publish(draw(&world, &chance, failing));
        world.append(number);
        if world.happens(world.plan.duplicated) {
            let earlier = number - chance.up_to(number.min(10));
            if !world.events.told(earlier).excused {
                world.append(earlier);
            }
        }
        if chance.percent(40) {
            tokio::time::sleep(chance.millis(1..=world.plan.pace)).await;
        }
    }
}

fn draw(world: &World, chance: &Chance, failing: u32) -> Told {
    let all = partitions(world);
    let home = all[chance.up_to(world.plan.partitions - 1)].clone();
    let key = chance.up_to(world.plan.keys - 1);
    let partition = place_of(world, &home, key);
    let has_key = !chance.percent(5);
    let key = has_key.then(|| format!("{}-{key}", home.1));
    let mut told = draw_of(chance, failing, partition, key);
    if world.plan.deploys && Kind::of(&told.partition.0).is_none() && chance.percent(6) {
        told.kind = Kind::Invented;
    }
    told
}

/// An event of a key; the rest is up to chance.
pub(super) fn draw_of(
    chance: &Chance,
    failing: u32,
    partition: Partition,
    key: Option<String>,
) -> Told {
    let fate = Fate::draw(chance, failing);
    let kind = Kind::of(&partition.0).unwrap_or_else(|| Kind::draw(chance));
    Told::new(partition, key, kind, fate.of(kind))
}

/// Now and then mends something, and asks for a replay whether or not it can succeed.
pub(super) async fn operate(world: Arc<World>) {
    while !world.is_calm() {
        tokio::time::sleep(world.chance.millis(100..=1_500)).await;
        if world.events.len() > 0 && world.chance.percent(50) {
            let number = world.chance.up_to(world.events.len() - 1);
            let first = number.saturating_sub(10);
            (first..=number).for_each(|number| world.events.mend(number));
        }
        let mut tables = world.database.tables();
        let all: Vec<_> = tables.sequences.keys().cloned().collect();
        if let Some(sequence) = world.chance.one_of(&all) {
            tables.request(sequence);
        }
    }
}

/// Waits until everything is consumed, and looks at what is parked. What events depend on is there: while it is
/// not, a breaker holds them for as long as that takes.
pub(super) async fn consume(world: &Arc<World>, director: &mut Director) -> bool {
    world.events.heal();
    let consumed = || {
        let state = world.kafka.state();
        state.logs.values().all(super::kafka::Log::is_consumed)
    };
    if !until(director, consumed).await {
        let state = world.kafka.state();
        let left = state.logs.iter().filter(|(_, log)| !log.is_consumed());
        let left: Vec<_> = left
            .map(|(partition, log)| (partition, log.start(), log.end()))
            .collect();
        let left = format!("not consumed: {left:?}");
        drop(state);
        world.cry(left);
        return false;
    }
    oracle::check_parked(world);
    true
}

/// Waits until everything is consumed, looks at what is parked, mends it all and has it replayed.
pub(super) async fn settle(world: &Arc<World>, director: &mut Director) {
    if !consume(world, director).await {
        return;
    }
    (0..world.events.len()).for_each(|number| world.events.mend(number));
    if world.plan.deploys {
        director.deploy().await;
    }
    let replayed = || {
        let mut tables = world.database.tables();
        tables.discard(|record| {
            let number = number_of(record);
            let is_hopeless = world.events.told(number).fate == Fate::Unreadable;
            if is_hopeless {
                world.events.excuse(number);
            }
            is_hopeless
        });
        if !world.plan.deploys {
            // What may pass by itself needs nobody.
            tables.request_all_that_wait();
        }
        tables.sequences.is_empty() && tables.letters.is_empty()
    };
    if !until(director, replayed).await {
        let tables = world.database.tables();
        let (sequences, letters) = (tables.sequences.len(), tables.letters.len());
        let left = format!("{sequences} sequences stay parked, and {letters} letters");
        world.trace(|| format!("{:#?}", tables.sequences));
        drop(tables);
        world.cry(left);
    }
}

async fn until(director: &mut Director, is_so: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !is_so() {
        if began.elapsed() > PATIENCE {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        director.keep_going().await;
    }
    true
}
