//! Whoever keeps what the events say ends like REST, in whatever order they come.

use std::collections::BTreeMap;

use nova_proto::messaging::v1::{
    Message, MessageDeleted, MessageEdited, MessageReacted, MessageSent,
};
use nova_testkit::seed;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::messaging::{Messaging, message_path};

/// What is kept of a message: its position, its words, and how many have reacted with what.
type Kept = (i64, Option<String>, Vec<(String, i32)>);

fn kept(message: &Message) -> (i64, Kept) {
    let reactions = message.reactions.iter();
    let reactions = reactions
        .map(|one| (one.emoji.clone(), one.count))
        .collect();
    let content = message.content.clone();
    (message.sequence, (message.position, content, reactions))
}

fn of_rest(message: &Value) -> (i64, Kept) {
    let reactions = message["reactions"].as_array().unwrap().iter();
    let reactions = reactions
        .map(|one| {
            let count = i32::try_from(one["count"].as_i64().unwrap()).unwrap();
            (one["emoji"].as_str().unwrap().to_owned(), count)
        })
        .collect();
    let content = message["content"].as_str().map(str::to_owned);
    let number = |field: &str| message[field].as_i64().unwrap();
    (number("sequence"), (number("position"), content, reactions))
}

/// Does things to a conversation by chance.
async fn live(
    nova: &Messaging,
    random: &mut StdRng,
    path: &str,
    users: [&crate::messaging::User; 3],
) {
    let mut said = Vec::new();
    for number in 0..60 {
        let user = users[random.random_range(0..3)];
        if said.len() < 3 || random.random_bool(0.3) {
            said.push((nova.say(user, path, &format!("text {number}")).await, user));
            continue;
        }
        let (message, sender) = &said[random.random_range(0..said.len())];
        let place = message_path(message);
        let emoji = ["👍", "🎉", "❤️"][random.random_range(0..3)];
        let react = format!("{place}/reactions/{emoji}");
        // Those of deleted messages are refused.
        let status = match random.random_range(0..10) {
            0..4 => nova.put(user, &react, json!({})).await.status,
            4..6 => nova.delete(user, &react).await.status,
            6..9 => {
                let edit = json!({ "content": format!("edit {number}") });
                nova.patch(sender, &place, edit).await.status
            }
            _ => nova.delete(sender, &place).await.status,
        };
        assert!([200, 204, 404].contains(&status), "{status}");
    }
}

#[tokio::test]
async fn every_order_of_events_ends_like_rest() {
    let mut random = StdRng::seed_from_u64(seed());
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben, &third]).await;
    live(&nova, &mut random, &group, [&ada, &ben, &third]).await;
    let truth: BTreeMap<i64, Kept> = nova
        .messages(&ada, &group)
        .await
        .iter()
        .map(of_rest)
        .collect();

    let mut told: Vec<(i64, Kept)> = Vec::new();
    for sent in nova.published::<MessageSent>().await {
        let sent = sent.event;
        told.push((
            sent.sequence,
            (sent.position, Some(sent.content), Vec::new()),
        ));
    }
    let edited = nova.published::<MessageEdited>().await;
    told.extend(
        edited
            .iter()
            .map(|told| kept(told.event.message.as_ref().unwrap())),
    );
    let deleted = nova.published::<MessageDeleted>().await;
    told.extend(
        deleted
            .iter()
            .map(|told| kept(told.event.message.as_ref().unwrap())),
    );
    let reacted = nova.published::<MessageReacted>().await;
    told.extend(
        reacted
            .iter()
            .map(|told| kept(told.event.message.as_ref().unwrap())),
    );
    let mut positions: Vec<i64> = told.iter().map(|(_, (position, ..))| *position).collect();
    positions.sort_unstable();
    let last = i64::try_from(told.len()).unwrap() + 1;
    assert_eq!(positions, (2..=last).collect::<Vec<_>>());
    assert_eq!(nova.get(&ada, &group).await.expect(200)["position"], last);

    for _ in 0..200 {
        told.shuffle(&mut random);
        let mut state: BTreeMap<i64, Kept> = BTreeMap::new();
        for (sequence, kept) in &told {
            let before = state.get(sequence).map_or(0, |(position, ..)| *position);
            if before < kept.0 {
                state.insert(*sequence, kept.clone());
            }
        }
        assert_eq!(state, truth);
    }
    nova.finish().await;
}
