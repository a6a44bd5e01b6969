//! What must be true, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use super::events::{Half, Kind, Told, number_of};
use super::world::World;
use crate::record::Record;
use crate::store::Letter;

/// Whether a message needs nothing more than what the database holds.
pub(super) fn is_settled(world: &World, record: &Record) -> bool {
    let number = number_of(record);
    world.events.look(number, |told| {
        told.kind == Kind::Ignored || told.excused || told.noted || told.happened()
    }) || letters(world).contains(&number)
}

fn letters(world: &World) -> BTreeSet<usize> {
    let tables = world.database.tables();
    let rows = tables.letters.values();
    rows.map(|row| number_of(&row.record)).collect()
}

/// When an event is about to be parked: it is so for a fault of its own.
pub(super) fn check_parking(world: &World, letter: &Letter<'_>) {
    let Letter {
        record, failure, ..
    } = letter;
    if failure.hold || failure.place == "database" {
        let number = number_of(record);
        let why = &failure.detail;
        world.cry(format!(
            "event {number} is parked for what is no fault of its own: {why}"
        ));
    }
}

/// When everything is consumed: what has not happened waits where a person finds it.
pub(super) fn check_parked(world: &World) {
    let letters = letters(world);
    let tables = world.database.tables();
    let is_parked = |row: &super::database::Row| {
        let of = (row.record.topic.clone(), row.record.sequence().into_owned());
        tables.sequences.contains_key(&of)
    };
    let parked = tables.letters.values().filter(|row| !row.is_aside);
    let unfound = parked.filter(|row| !is_parked(row));
    let unfound: Vec<usize> = unfound.map(|row| number_of(&row.record)).collect();
    drop(tables);
    for number in unfound {
        world.cry(format!(
            "the letter of event {number} is of no parked sequence"
        ));
    }
    for (number, told) in world.events.all().iter().enumerate() {
        if is_owed(told) && !told.happened() && !told.noted && !letters.contains(&number) {
            world.cry(format!("event {number} has neither happened nor is parked"));
        }
    }
}

fn is_owed(told: &Told) -> bool {
    told.kind != Kind::Ignored && !told.excused
}

/// When everything was mended and replayed.
pub(super) fn check_end(world: &World, dropped: usize) {
    let mut lost = Vec::new();
    let mut doubled = Vec::new();
    let all = world.events.all();
    for (number, told) in all.iter().enumerate() {
        // What a breaker lets fall as it was told to is not lost, if that was told on.
        if is_owed(told) && !told.happened() && !told.noted {
            lost.push(number);
        }
        if told.within > 1 {
            doubled.push(number);
        }
    }
    // What was dropped and is not committed, given again to another owner, it may be handled after all, and late.
    let misordered = if world.plan.drops() {
        BTreeSet::new()
    } else {
        misordered(&all, &world.events.effects())
    };
    if !lost.is_empty() {
        world.cry(format!("lost: {lost:?}"));
        world.count(|counts| counts.lost += lost.len());
    }
    if !doubled.is_empty() {
        world.cry(format!("doubled: {doubled:?}"));
    }
    if !misordered.is_empty() {
        world.cry(format!("misordered: {misordered:?}"));
    }
    world.count(|counts| {
        counts.events += all.len();
        counts.handled += all.iter().filter(|told| told.happened()).count();
        counts.doubled += doubled.len();
        counts.misordered += misordered.len();
        counts.dropped += dropped;
    });
}

/// First effects that came after the first effect of a later event of their key. What [`Router::once_then`]
/// runs after a transaction is in order among what runs after; the next event of the key may have shared the
/// transaction.
///
/// [`Router::once_then`]: crate::Router::once_then
fn misordered(all: &[Told], effects: &[(usize, Half)]) -> BTreeSet<usize> {
    let is_then = |(number, half): &(usize, Half)| {
        *half == Half::After && all[*number].kind == Kind::OnceThen
    };
    let after = effects.iter().filter(|(_, half)| *half == Half::After);
    let but_then = effects.iter().filter(|effect| !is_then(effect));
    let mut misordered = late(all, but_then);
    misordered.extend(late(all, after));
    misordered
}

fn late<'a>(all: &[Told], effects: impl Iterator<Item = &'a (usize, Half)>) -> BTreeSet<usize> {
    let mut last = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut late = BTreeSet::new();
    for effect @ (number, _) in effects {
        let told = &all[*number];
        let whole = (told.kind == Kind::InOrder).then(String::new);
        let Some(key) = whole.or_else(|| told.key.clone()) else {
            continue;
        };
        // What is set aside holds nothing up.
        if told.excused || told.kind == Kind::Invented || !seen.insert(effect) {
            continue;
        }
        let last = last.entry((&told.partition.0, key)).or_insert(*number);
        if number < last {
            late.insert(*number);
        } else {
            *last = *number;
        }
    }
    late
}
