//! Whether a client was told what was addressed to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use time::OffsetDateTime;

use super::reader::{Seen, Told};
use super::run::Degrade;
use super::truth::Published;
use crate::flaws::Flaw;

fn is_addressed(event: &Published, seen: &Seen) -> bool {
    let is_mine = seen.is_mine && seen.user == Some(event.user);
    is_mine || event.tag.is_some_and(|tag| seen.tags.contains(&tag))
}

/// What is wrong with what one client was told.
pub(super) fn of(seen: &Seen, published: &[Published], degrade: Degrade) -> Vec<Flaw> {
    let name = &seen.name;
    let mut flaws: Vec<Flaw> = seen.wrong().into_iter().map(Flaw::Otherwise).collect();
    let by_id: HashMap<&str, &Published> = published
        .iter()
        .map(|event| (event.id.as_str(), event))
        .collect();
    let mut told = BTreeSet::new();
    let mut last: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut gaps: Vec<(OffsetDateTime, OffsetDateTime)> = Vec::new();
    for one in seen.told() {
        let id = match one {
            Told::Event(id) => id,
            Told::Gap { reason, from, to } => {
                let may_be = degrade == Degrade::Drop && reason == "dropped";
                if !may_be {
                    flaws.push(Flaw::Gap(format!("{name}: {reason} from {from} to {to}")));
                }
                gaps.push((from, to));
                continue;
            }
        };
        let Some(event) = by_id.get(id.as_str()) else {
            // It may have been taken by Kafka before that was known here.
            flaws.push(Flaw::Otherwise(format!("{name}: {id} was not published")));
            continue;
        };
        if !is_addressed(event, seen) {
            flaws.push(Flaw::Otherwise(format!("{name}: {event:?} is not theirs")));
        }
        if !told.insert(id) {
            flaws.push(Flaw::Doubled(format!("{name}: {event:?}")));
            continue;
        }
        let key = (event.user, event.event_type);
        let before = last.get(&key).copied();
        last.insert(key, event.number.max(before.unwrap_or(0)));
        // What was let go is told all the same if windows are filled again, to who follows several channels out of order.
        let was_missing = gaps
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&event.time));
        if before.is_some_and(|before| before > event.number) && !was_missing {
            flaws.push(Flaw::Disordered(format!(
                "{name}: {event:?} after {before:?}"
            )));
        }
    }
    let addressed = published.iter().filter(|event| is_addressed(event, seen));
    for event in addressed.filter(|event| !told.contains(&event.id)) {
        if !gaps
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&event.time))
        {
            flaws.push(Flaw::Lost(format!("{name}: {event:?} and gaps {gaps:?}")));
        }
    }
    flaws
}
