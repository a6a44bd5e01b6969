//! What a stream begins with.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::Opening;
use super::backlog::{Gone, Item, Mark, Waiting};
use crate::domain::gap::{Gap, Reason};
use crate::domain::{Channel, Entry, Had, Partition, Position, StreamPosition, Window, frame};

/// Events come later than they happen, and not all as late: what a client misses may have happened this much before the last
/// that it was told.
pub const LATEST: Duration = Duration::from_secs(60);

/// How a stream begins.
pub(super) struct Plan {
    pub(super) items: VecDeque<Item>,
    /// How far each channel is when nothing of it is written yet.
    pub(super) told: Vec<Position>,
    pub(super) told_at: OffsetDateTime,
    pub(super) told_losses: u64,
    pub(super) gaps: Vec<Reason>,
    pub(super) resumed: bool,
}

/// Plans it.
pub(super) fn plan(opening: &Opening, windows: &[Window], had: Option<&Had>) -> Plan {
    let mut plan = begin(opening, windows, had);
    let (heartbeat, retry) = (opening.heartbeat_seconds, opening.retry_millis);
    let ready = frame::ready(plan.resumed, heartbeat, retry);
    plan.items.push_front(Item::Ready(ready));
    plan
}

fn begin(opening: &Opening, windows: &[Window], had: Option<&Had>) -> Plan {
    match had {
        Some(Had::Valid(had)) => resume(opening, windows, had),
        Some(Had::Foreign | Had::Changed) => {
            let gap = Gap {
                reason: Reason::UnknownId,
                channels: opening.channels.iter().map(Channel::name).collect(),
                from: OffsetDateTime::UNIX_EPOCH,
                to: opening.now,
                missed: None,
            };
            from_now(opening, windows, Some(gap))
        }
        None => from_now(opening, windows, None),
    }
}

fn from_now(opening: &Opening, windows: &[Window], gap: Option<Gap>) -> Plan {
    let mut items = VecDeque::with_capacity(2);
    let gaps = gap.iter().map(|gap| gap.reason).collect();
    let losses = opening.latest_loss();
    items.extend(gap.map(|gap| {
        Item::Gap(Box::new(Gone {
            gap,
            marks: Vec::new(),
            losses,
        }))
    }));
    Plan {
        items,
        told: windows.iter().map(|one| one.position.clone()).collect(),
        told_at: opening.now,
        told_losses: losses,
        gaps,
        resumed: false,
    }
}

fn resume(opening: &Opening, windows: &[Window], had: &StreamPosition) -> Plan {
    let mut items = VecDeque::new();
    let mut gaps = Vec::new();
    if let Some((gap, marks)) = expired(opening, windows, had) {
        gaps.push(gap.reason);
        if had.is_before(opening.known_since) {
            items.push_back(Item::Since(opening.known_since));
        }
        let losses = had.losses;
        items.push_back(Item::Gap(Box::new(Gone { gap, marks, losses })));
    }
    for loss in opening
        .losses
        .iter()
        .filter(|loss| loss.number > had.losses)
    {
        gaps.push(loss.reason);
        items.push_back(super::loss(&opening.channels, loss));
    }
    let resumed = gaps.is_empty();
    items.extend(missed(opening, windows, had));
    items.push_back(Item::Seen(ends(windows)));
    Plan {
        items,
        told: had.channels.clone(),
        told_at: had.at,
        told_losses: had.losses,
        gaps,
        resumed,
    }
}

/// The channels of what a client has missed that is no longer kept, in one gap.
fn expired(
    opening: &Opening,
    windows: &[Window],
    had: &StreamPosition,
) -> Option<(Gap, Vec<Mark>)> {
    let mut channels = Vec::new();
    let mut marks = Vec::new();
    let mut to = had.at;
    let is_forgotten = had.is_before(opening.known_since);
    if is_forgotten {
        channels.extend(opening.channels.iter().map(Channel::name));
        to = opening.known_since;
    }
    for (place, (window, had)) in windows.iter().zip(&had.channels).enumerate() {
        let lacking = window.lacks(had);
        if lacking.is_empty() {
            continue;
        }
        if !is_forgotten {
            channels.extend(opening.channels.get(place).map(Channel::name));
        }
        for (partition, offset, next) in lacking {
            to = to.max(next.unwrap_or(opening.now));
            let channel = super::number(place);
            marks.push(Mark {
                channel,
                partition,
                offset,
            });
        }
    }
    if channels.is_empty() {
        return None;
    }
    let gap = Gap {
        reason: Reason::Expired,
        channels,
        from: had.at - LATEST,
        to,
        missed: None,
    };
    Some((gap, marks))
}

/// How far the windows are.
fn ends(windows: &[Window]) -> Vec<Mark> {
    let of = |(place, window): (usize, &Window)| {
        let end = |(partition, offset)| Mark {
            channel: super::number(place),
            partition,
            offset,
        };
        window.position.iter().map(end).collect::<Vec<Mark>>()
    };
    windows.iter().enumerate().flat_map(of).collect()
}

/// What is kept and the client has not, each event once: in the order of its partition, and nearly in that of time.
fn missed(opening: &Opening, windows: &[Window], had: &StreamPosition) -> Vec<Item> {
    let mut found: BTreeMap<(Partition, i64), (Arc<Entry>, usize)> = BTreeMap::new();
    for (place, window) in windows.iter().enumerate() {
        for entry in &window.entries {
            if !super::is_seen(&opening.channels, &had.channels, place, entry)
                && opening.tells(entry)
            {
                let at = (entry.partition, entry.offset);
                found
                    .entry(at)
                    .or_insert_with(|| (Arc::clone(entry), place));
            }
        }
    }
    let mut latest: Option<(Partition, OffsetDateTime)> = None;
    let mut ordered: Vec<(OffsetDateTime, Arc<Entry>, usize)> = Vec::with_capacity(found.len());
    for ((partition, _), (entry, place)) in found {
        // Times of a partition may go back, but its events are not put in another order for that.
        let before = latest.filter(|(of, _)| *of == partition);
        let at = before.map_or(entry.time, |(_, at)| at.max(entry.time));
        latest = Some((partition, at));
        ordered.push((at, entry, place));
    }
    ordered.sort_by_key(|(at, ..)| *at);
    let item = |(_, entry, place): (OffsetDateTime, Arc<Entry>, usize)| {
        Item::Event(Waiting {
            entry,
            shared: None,
            replaces: None,
            channel: super::number(place),
        })
    };
    ordered.into_iter().map(item).collect()
}
