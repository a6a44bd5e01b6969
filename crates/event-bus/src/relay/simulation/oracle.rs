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
    let mut by_key: BTreeMap<u8, Vec<Row>> = BTreeMap::new();
    for (event, commit) in committed {
        // What is refused has no place.
        let Some(place) = first.get(&event.id) else {
            continue;
        };
        let rows = by_key.entry(event.key).or_default();
        rows.push((event, *commit, *place));
    }
    by_key.into_values().try_for_each(rows_in_order)
}

/// A row, the number of its commit, and its place among what was published.
type Row<'a> = (&'a Event, usize, usize);

/// Of one key. Whoever appends first has no smaller id than who saw it committed, and commits are numbered, so
/// that the last published of all up to a commit stands for them all.
fn rows_in_order(mut rows: Vec<Row<'_>>) -> Result<(), String> {
    rows.sort_by_key(|(event, commit, _)| (*commit, event.id));
    let mut last: Vec<Row<'_>> = Vec::with_capacity(rows.len());
    for row in &rows {
        let before = last.last().filter(|before| before.2 > row.2);
        last.push(*before.unwrap_or(row));
    }
    let mut of_transaction: BTreeMap<i64, Row<'_>> = BTreeMap::new();
    for row in &rows {
        let seen = rows.partition_point(|(_, commit, _)| *commit <= row.0.saw);
        let known = seen.checked_sub(1).and_then(|at| last.get(at));
        let own = of_transaction.insert(row.0.transaction, *row);
        let earlier = known.into_iter().chain(&own).find(|other| other.2 > row.2);
        if let Some((earlier, ..)) = earlier {
            return Err(format!("{:?} was published before {earlier:?}", row.0));
        }
    }
    Ok(())
}
