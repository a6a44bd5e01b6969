//! Whether devices show what REST shows, and all that was acknowledged is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use futures::future::try_join_all;
use serde_json::Value;

use super::device::Seen;
use super::ledger::{Ledger, Room};
use super::log::{Log, Replayed};
use crate::client::Request;
use crate::flaws::Flaw;
use crate::ways::Ways;

/// Messages that are read at a time.
const PAGE: usize = 100;

/// A conversation as REST has it.
pub(super) struct Truth {
    conversation: Value,
    messages: BTreeMap<i64, Value>,
}

impl Truth {
    /// Of all conversations, each as its first member reads it.
    pub(super) async fn read(ledger: &Ledger, ways: &Ways) -> anyhow::Result<Vec<Self>> {
        let rooms = ledger.rooms.iter();
        try_join_all(rooms.map(|room| Self::of(room, ledger, ways))).await
    }

    async fn of(room: &Room, ledger: &Ledger, ways: &Ways) -> anyhow::Result<Self> {
        let token = &ledger.users[room.members[0]].token;
        let path = format!("/v1/conversations/{}", room.id);
        Ok(Self {
            messages: read_messages(ways, token, &path).await?,
            conversation: get(ways, token, &path).await?,
        })
    }

    fn position(&self) -> i64 {
        self.conversation["position"].as_i64().unwrap_or_default()
    }
}

async fn get(ways: &Ways, token: &str, path: &str) -> anyhow::Result<Value> {
    let request = Request::new("GET", path).by(token);
    ways.ask(0, &request, &[200]).await?.json()
}

async fn read_messages(
    ways: &Ways,
    token: &str,
    path: &str,
) -> anyhow::Result<BTreeMap<i64, Value>> {
    let mut messages = BTreeMap::new();
    loop {
        let after = messages.last_key_value().map_or(0, |(last, _)| *last);
        let page = format!("{path}/messages?after={after}&limit={PAGE}");
        let page = get(ways, token, &page).await?;
        let items = page["items"].as_array().context("a page without items")?;
        for item in items {
            let sequence = item["sequence"].as_i64().context("no sequence")?;
            messages.insert(sequence, without_mine(item.clone()));
        }
        if items.len() < PAGE {
            return Ok(messages);
        }
    }
}

/// As all see it alike.
fn without_mine(mut message: Value) -> Value {
    for reaction in message["reactions"].as_array_mut().into_iter().flatten() {
        if let Some(fields) = reaction.as_object_mut() {
            fields.remove("mine");
        }
    }
    message
}

/// What is wrong with what is there, whoever was told of it.
pub(super) fn of_truth(ledger: &Ledger, truth: &[Truth]) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let mut made: BTreeMap<&str, usize> = BTreeMap::new();
    for (room, there) in ledger.rooms.iter().zip(truth) {
        let sequences = there.messages.keys().copied();
        if !sequences.eq(1..=there.messages.len() as i64) {
            flaws.push(Flaw::Gap(format!("of sequences in {}", room.id)));
        }
        let names = there.messages.values();
        for name in names.filter_map(|message| message["client_message_id"].as_str()) {
            *made.entry(name).or_default() += 1;
        }
    }
    let doubled = made.iter().filter(|(_, times)| **times > 1);
    flaws.extend(doubled.map(|(name, times)| Flaw::Doubled(format!("{name} is there {times} x"))));
    for (name, one) in ledger.acknowledged().iter() {
        let message = truth[one.room].messages.get(&one.sequence);
        if message.is_none_or(|message| message["id"] != one.id.as_str()) {
            flaws.push(Flaw::Lost(format!("{name}, {one:?}: {message:?}")));
        }
    }
    flaws
}

/// How what devices show differs from what is there.
pub(super) fn of_devices(ledger: &Ledger, truth: &[Truth], devices: &[Arc<Seen>]) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    for device in devices {
        let log = device.log();
        let own = &ledger.users[device.user].id;
        for number in ledger.rooms_of(device.user) {
            let (room, there) = (&ledger.rooms[number], &truth[number]);
            let name = format!("{} in {}", device.name, room.id);
            let of_room = of_room(&log, &room.id, there, own);
            flaws.extend(of_room.into_iter().map(|flaw| flaw(&name)));
        }
    }
    flaws
}

/// A flaw that is still to be told where it is.
type Found = Box<dyn FnOnce(&str) -> Flaw>;

fn of_room(log: &Log, id: &str, there: &Truth, own: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let nothing = Replayed::default();
    let shown = log.rooms.get(id).unwrap_or(&nothing);
    let (at, head) = (shown.at, there.position());
    if at < head {
        let lost = Flaw::Lost;
        found.push(Box::new(move |name| {
            lost(format!("{name}: at {at} of {head}"))
        }));
    } else if at > head {
        found.push(Box::new(move |name| {
            Flaw::Otherwise(format!("{name}: at {at} of {head}"))
        }));
    }
    if !shown.missing.is_empty() {
        let missing = shown.missing.clone();
        found.push(Box::new(move |name| {
            Flaw::Gap(format!("{name}: {missing:?}"))
        }));
    }
    let mut differs = |what: &str, shown: &Value, there: &Value| {
        if shown != there {
            let text = format!("{what} is shown as {shown}, and is {there}");
            found.push(Box::new(move |name| {
                Flaw::Otherwise(format!("{name}: {text}"))
            }));
        }
    };
    for sequence in shown.messages.keys().chain(there.messages.keys()) {
        let (one, other) = (shown.messages.get(sequence), there.messages.get(sequence));
        let (one, other) = (one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null));
        differs(&format!("message {sequence}"), one, other);
    }
    differs("title", &shown.shown["title"], &there.conversation["title"]);
    let members = there.conversation["members"].as_array();
    for member in members.into_iter().flatten() {
        let user = member["user_id"].as_str().unwrap_or_default();
        let (read, delivered) = shown.marks.get(user).copied().unwrap_or_default();
        if user != own {
            let read_there = &member["read_sequence"];
            differs(&format!("what {user} has read"), &read.into(), read_there);
            let delivered_there = &member["delivered_sequence"];
            differs(
                &format!("what {user} has"),
                &delivered.into(),
                delivered_there,
            );
        }
    }
    found
}
