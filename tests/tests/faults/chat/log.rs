//! What a device has been told, and what it shows of that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::flaws::Flaw;

/// Everything that a device knows, by conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    pub(super) rooms: BTreeMap<String, Replayed>,
}

/// A conversation as a device shows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Replayed {
    /// The greatest position that was told.
    pub(super) at: i64,
    /// Those before it that were not.
    pub(super) missing: BTreeSet<i64>,
    /// By their sequence.
    pub(super) messages: BTreeMap<i64, Value>,
    /// The conversation itself.
    pub(super) shown: Value,
    /// How far others have read, and received.
    pub(super) marks: BTreeMap<String, (i64, i64)>,
}

impl Log {
    /// Where the device is, for a resume.
    pub(super) fn positions(&self) -> Value {
        let each = self.rooms.iter();
        each.map(|(id, room)| (id.clone(), room.at.into()))
            .collect::<serde_json::Map<String, Value>>()
            .into()
    }

    /// Takes a change in.
    ///
    /// # Errors
    /// When it is not the next of its conversation. Then it is taken in as far as it can be.
    pub(super) fn change(&mut self, frame: &Value) -> Result<(), Flaw> {
        let (id, position) = place(frame)?;
        let room = self.rooms.entry(id.to_owned()).or_default();
        let in_order = room.come_to(position, frame);
        if let Some(sequence) = frame["message"]["sequence"].as_i64() {
            let message = &frame["message"];
            let known = room.messages.get(&sequence);
            if known.is_none_or(|known| known["position"].as_i64() <= message["position"].as_i64())
            {
                room.messages.insert(sequence, message.clone());
            }
        } else if frame["conversation"].is_object() {
            room.shown = frame["conversation"].clone();
        } else {
            return Err(Flaw::Otherwise(format!("nothing is shown by {frame}")));
        }
        in_order
    }

    /// Takes in that a message of this device has come to be: that is the change itself if it is the next one, and
    /// otherwise one that was told before.
    ///
    /// # Errors
    /// When it is neither.
    pub(super) fn ack(&mut self, frame: &Value, message: Value) -> Result<bool, Flaw> {
        let (id, position) = place(frame)?;
        let room = self.rooms.entry(id.to_owned()).or_default();
        let sequence = frame["sequence"].as_i64().unwrap_or_default();
        if position <= room.at {
            let known = room.messages.get(&sequence);
            return match known {
                Some(known) if known["id"] == frame["message_id"] => Ok(false),
                _ => Err(Flaw::Disordered(format!("{frame} at {}", room.at))),
            };
        }
        let in_order = room.come_to(position, frame);
        room.messages.entry(sequence).or_insert(message);
        in_order.map(|()| true)
    }

    /// Takes in how far somebody else has come.
    pub(super) fn mark(&mut self, frame: &Value) {
        let id = frame["conversation_id"].as_str().unwrap_or_default();
        let user = frame["user_id"].as_str().unwrap_or_default();
        let room = self.rooms.entry(id.to_owned()).or_default();
        let known = room.marks.entry(user.to_owned()).or_default();
        known.0 = known.0.max(frame["read"].as_i64().unwrap_or_default());
        known.1 = known.1.max(frame["delivered"].as_i64().unwrap_or_default());
    }

    /// What is wrong with where the device is, which was told that it is there.
    pub(super) fn resumed(&self, frame: &Value) -> Vec<Flaw> {
        let gaps = frame["gaps"].as_array().into_iter().flatten();
        let gaps = gaps.map(|gap| Flaw::Gap(format!("resumed names {gap}")));
        let here = frame["conversations"].as_array().into_iter().flatten();
        let elsewhere = here.filter_map(|here| {
            let at = self.rooms.get(here["id"].as_str()?).map_or(0, |one| one.at);
            (here["position"] != at).then(|| Flaw::Lost(format!("at {at} resumed says {here}")))
        });
        gaps.chain(elsewhere).collect()
    }
}

impl Replayed {
    fn come_to(&mut self, position: i64, frame: &Value) -> Result<(), Flaw> {
        if position > self.at {
            let before = std::mem::replace(&mut self.at, position);
            self.missing.extend(before + 1..position);
            return Ok(());
        }
        if self.missing.remove(&position) {
            return Err(Flaw::Disordered(format!("at {}: {frame}", self.at)));
        }
        Err(Flaw::Doubled(format!("at {}: {frame}", self.at)))
    }
}

fn place(frame: &Value) -> Result<(&str, i64), Flaw> {
    let place = frame["conversation_id"]
        .as_str()
        .zip(frame["position"].as_i64());
    place.ok_or_else(|| Flaw::Otherwise(format!("no place: {frame}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(position: i64, sequence: i64) -> Value {
        json!({
            "type": "message", "conversation_id": "c", "position": position,
            "message": { "id": "m", "sequence": sequence, "position": position },
        })
    }

    #[test]
    fn each_position_is_told_once_and_in_order() {
        let mut log = Log::default();
        log.change(&message(1, 1)).unwrap();
        log.change(&message(2, 1)).unwrap();
        assert!(matches!(log.change(&message(2, 1)), Err(Flaw::Doubled(_))));
        log.change(&message(5, 2)).unwrap();
        let missing = &log.rooms["c"].missing;
        assert!(missing.iter().eq(&[3, 4]), "{missing:?}");
        assert!(matches!(
            log.change(&message(4, 3)),
            Err(Flaw::Disordered(_))
        ));
        assert_eq!(log.positions(), json!({ "c": 5 }));
        assert_eq!(log.rooms["c"].messages.len(), 3);
    }

    #[test]
    fn an_ack_is_the_next_change_or_of_one_that_was_told() {
        let mut log = Log::default();
        let ack = |position: i64, sequence: i64| {
            json!({
                "conversation_id": "c", "message_id": "m", "position": position,
                "sequence": sequence,
            })
        };
        assert_eq!(log.ack(&ack(1, 1), json!({ "id": "m" })), Ok(true));
        assert_eq!(log.ack(&ack(1, 1), json!({ "id": "m" })), Ok(false));
        assert!(log.ack(&ack(1, 2), json!({ "id": "m" })).is_err());
        // Beyond what was told it takes the place of what is told then.
        assert_eq!(log.ack(&ack(2, 1), json!({ "id": "m" })), Ok(true));
        assert!(matches!(log.change(&message(2, 1)), Err(Flaw::Doubled(_))));
    }

    #[test]
    fn gaps_and_places_that_were_not_come_to_are_flaws() {
        let mut log = Log::default();
        log.change(&message(1, 1)).unwrap();
        let resumed = |gaps: Value, position: i64| json!({ "gaps": gaps, "conversations": [{ "id": "c", "position": position }] });
        assert_eq!(log.resumed(&resumed(json!([]), 1)), []);
        assert_eq!(log.resumed(&resumed(json!([]), 2)).len(), 1);
        assert_eq!(log.resumed(&resumed(json!([{ "from": 1 }]), 1)).len(), 1);
    }
}
