//! What a user does by REST.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use super::device::Orders;
use super::ledger::{Counts, Ledger, Room};
use crate::client::Request;
use crate::ways::Ways;

/// Milliseconds between two things that a user does.
const BETWEEN: std::ops::Range<u64> = 1_000..7_000;
/// Percent-encoded.
const REACTIONS: [&str; 3] = ["%F0%9F%91%8D", "%E2%9D%A4", "%F0%9F%8E%89"];
/// How many of the latest messages something is done to: deletions, edits and reactions are to meet.
const LATEST: usize = 12;

/// A user with a browser.
pub(super) struct Hand {
    pub(super) ledger: Arc<Ledger>,
    pub(super) ways: Arc<Ways>,
    pub(super) orders: watch::Receiver<Orders>,
    pub(super) random: StdRng,
    pub(super) user: usize,
}

impl Hand {
    /// Does one thing after the other, each until it is answered.
    pub(super) async fn work(mut self) -> anyhow::Result<()> {
        loop {
            let pause = Duration::from_millis(self.random.random_range(BETWEEN));
            tokio::select! {
                () = sleep(pause) => {}
                ended = self.orders.wait_for(|orders| !orders.talk) => {
                    // An error means that the play is over as well.
                    drop(ended);
                    return Ok(());
                }
            }
            self.act().await?;
        }
    }

    async fn act(&mut self) -> anyhow::Result<()> {
        let ledger = Arc::clone(&self.ledger);
        let rooms = ledger.rooms_of(self.user);
        let number = rooms[self.random.random_range(0..rooms.len())];
        let room = &ledger.rooms[number];
        match self.random.random_range(0..20) {
            0..9 => return self.send(number).await,
            9..12 => self.edit(room).await?,
            12..14 => self.delete(room).await?,
            14..18 => self.react(room).await?,
            18 if room.is_group && room.members[0] == self.user => self.rename(room).await?,
            _ => self.read(number).await?,
        }
        Counts::add(&ledger.counts.changes);
        Ok(())
    }

    async fn send(&mut self, number: usize) -> anyhow::Result<()> {
        let id = Uuid::now_v7().to_string();
        let content = format!("user {} writes {}", self.user, self.random.random::<u32>());
        let path = format!(
            "/v1/conversations/{}/messages",
            self.ledger.rooms[number].id
        );
        let body = json!({ "content": content, "client_message_id": id });
        Counts::add(&self.ledger.counts.sends);
        let request = Request::new("POST", &path).json(body);
        let message = self.ask(request, &[201]).await?;
        let message: serde_json::Value = serde_json::from_slice(&message)?;
        self.ledger.acknowledge(self.user, number, &id, &message);
        Ok(())
    }

    async fn edit(&mut self, room: &Room) -> anyhow::Result<()> {
        let Some(path) = self.some_message(room, true) else {
            return Ok(());
        };
        let content = format!(
            "user {} corrects {}",
            self.user,
            self.random.random::<u32>()
        );
        let request = Request::new("PATCH", &path).json(json!({ "content": content }));
        self.ask(request, &[200]).await?;
        Ok(())
    }

    /// It is forgotten first: nobody edits it then.
    async fn delete(&mut self, room: &Room) -> anyhow::Result<()> {
        let Some(path) = self.some_message(room, true) else {
            return Ok(());
        };
        let id = path.rsplit('/').next().unwrap_or_default().to_owned();
        room.known().retain(|(known, _)| *known != id);
        self.ask(Request::new("DELETE", &path), &[204]).await?;
        Ok(())
    }

    async fn react(&mut self, room: &Room) -> anyhow::Result<()> {
        let Some(path) = self.some_message(room, false) else {
            return Ok(());
        };
        let emoji = REACTIONS[self.random.random_range(0..REACTIONS.len())];
        let method = if self.random.random_bool(0.7) {
            "PUT"
        } else {
            "DELETE"
        };
        let request = Request::new(method, &format!("{path}/reactions/{emoji}"));
        // Its sender may have deleted it.
        self.ask(request, &[204, 404]).await?;
        Ok(())
    }

    async fn rename(&mut self, room: &Room) -> anyhow::Result<()> {
        let title = format!("title {}", self.random.random::<u32>());
        let path = format!("/v1/conversations/{}", room.id);
        let request = Request::new("PATCH", &path).json(json!({ "title": title }));
        self.ask(request, &[200]).await?;
        Ok(())
    }

    async fn read(&mut self, number: usize) -> anyhow::Result<()> {
        let last = {
            let acknowledged = self.ledger.acknowledged();
            let here = acknowledged.values().filter(|one| one.room == number);
            here.map(|one| one.sequence).max()
        };
        let Some(sequence) = last else {
            return Ok(());
        };
        let path = format!("/v1/conversations/{}/read", self.ledger.rooms[number].id);
        let request = Request::new("PUT", &path).json(json!({ "sequence": sequence }));
        self.ask(request, &[204]).await?;
        Ok(())
    }

    /// Where one of the latest messages is, of one's own or of anybody.
    fn some_message(&mut self, room: &Room, own: bool) -> Option<String> {
        let known = room.known();
        let mine = known
            .iter()
            .rev()
            .filter(|(_, user)| !own || *user == self.user);
        let some: Vec<String> = mine.take(LATEST).map(|(id, _)| id.clone()).collect();
        drop(known);
        if some.is_empty() {
            return None;
        }
        let id = &some[self.random.random_range(0..some.len())];
        Some(format!("/v1/conversations/{}/messages/{id}", room.id))
    }

    async fn ask(&mut self, request: Request, accepted: &[u16]) -> anyhow::Result<Vec<u8>> {
        let token = &self.ledger.users[self.user].token;
        let node = self.random.random_range(0..2);
        let answer = self.ways.ask(node, &request.by(token), accepted).await?;
        Ok(answer.body)
    }
}
