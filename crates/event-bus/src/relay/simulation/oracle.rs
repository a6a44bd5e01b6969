//! What must be true in the end, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use super::broker::Broker;
use super::database::{Database, Event};

pub(super) fn check(database: &Database, broker: &Broker) -> Result<(), String> {
    let left = database.waiting();
    if left > 0 {
        return Err(format!("{left} rows are still in the outbox"));
    }
    let (tables, topic) = (database.tables(), broker.topic());
    let mut first = BTreeMap::new();
    for (place, id) in topic.log.iter().enumerate() {
        first.entry(*id).or_insert(place);
    }
    let committed: BTreeSet<i64> = tables.committed.iter().map(|(event, _)| event.id).collect();
    if let Some(id) = first.keys().find(|id| !committed.contains(id)) {
        return Err(format!("row {id} was published and never committed"));
    }
    if let Some(id) = tables.deleted.difference(&topic.acknowledged).next() {
        return Err(format!("row {id} was deleted and never acknowledged"));
    }
    for (event, _) in &tables.committed {
        let is_done = match event.is_too_large {
            true => tables.parked.contains(&event.id),
            false => first.contains_key(&event.id),
        };
        if !is_done {
            return Err(format!("{event:?} was not published"));
        }
    }
    in_order(&tables.committed, &first)
}

/// Per key: what a transaction appended comes after what it may have known of, and after what it appended
/// before.
fn in_order(committed: &[(Event, usize)], first: &BTreeMap<i64, usize>) -> Result<(), String> {
    for (earlier, commit) in committed {
        for (later, _) in committed {
            let follows = *commit <= later.saw
                || (earlier.transaction == later.transaction && earlier.id < later.id);
            let places = first.get(&earlier.id).zip(first.get(&later.id));
            if follows && earlier.key == later.key && places.is_some_and(|(one, two)| one > two) {
                return Err(format!("{later:?} was published before {earlier:?}"));
            }
        }
    }
    Ok(())
}
