//! Streams that come and go in whatever way: every event that is addressed to one is told once and in order, or lies in a gap
//! that was told.

use std::collections::HashSet;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;

/// What Redis and the node have of one channel.
#[derive(Default)]
struct Kept {
    window: Window,
    /// Published, and on their way to the stream.
    coming: Vec<Arc<Entry>>,
}

struct World {
    chance: StdRng,
    channels: Vec<Channel>,
    slow: Slow,
    kept: Vec<Kept>,
    log: Vec<Arc<Entry>>,
    next: [i64; 2],
    /// Since when the client listens: what came before is none of its business.
    since: usize,
    client: Vec<(Partition, i64)>,
    gaps: Vec<(String, OffsetDateTime, OffsetDateTime)>,
    last_id: Option<Vec<u8>>,
    stream: Option<Subscription>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let mut channels: Vec<Channel> = (0..chance.random_range(1..4))
            .map(|_| Channel::Post(PostId::new()))
            .collect();
        channels.sort();
        let slow = [Slow::Disconnect, Slow::Drop, Slow::Conflate][chance.random_range(0..3)];
        Self {
            kept: channels.iter().map(|_| Kept::default()).collect(),
            chance,
            channels,
            slow,
            log: Vec::new(),
            next: [0; 2],
            since: 0,
            client: Vec::new(),
            gaps: Vec::new(),
            last_id: None,
            stream: None,
        }
    }

    fn now(&self) -> OffsetDateTime {
        AT + std::time::Duration::from_millis(100 * self.log.len() as u64)
    }

    /// An event on some channels, which get it each at its own time but in order.
    fn publish(&mut self) {
        let on: Vec<usize> = (0..self.channels.len())
            .filter(|_| self.chance.random_bool(0.5))
            .collect();
        let place = self.chance.random_range(0..2);
        self.next[place] += self.chance.random_range(1..4);
        let offset = self.next[place];
        let names: Vec<Channel> = on.iter().map(|at| self.channels[*at].clone()).collect();
        let subject = format!("s{}", self.chance.random_range(0..5));
        let entry = Entry {
            time: self.now(),
            ..(*entry([ONE, TWO][place], offset, &subject, &names)).clone()
        };
        let entry = Arc::new(entry);
        for at in on {
            let kept = &mut self.kept[at];
            kept.window.entries.push(Arc::clone(&entry));
            kept.window.position.raise(entry.partition, offset);
            kept.coming.push(Arc::clone(&entry));
        }
        if !names.is_empty() {
            self.log.push(entry);
        }
    }

    fn trim(&mut self) {
        let at = self.chance.random_range(0..self.kept.len());
        let window = &mut self.kept[at].window;
        let gone = window.entries.len().min(self.chance.random_range(0..6));
        for entry in window.entries.drain(..gone) {
            window.whole_after.raise(entry.partition, entry.offset);
        }
    }

    fn connect(&mut self) {
        if self.stream.is_some() {
            return;
        }
        if self.last_id.is_none() {
            self.since = self.log.len();
        }
        let opening = Opening {
            now: self.now(),
            ..opening(&self.channels, self.slow)
        };
        // Whatever is still on its way is in the windows, and comes once more.
        let windows: Vec<Window> = self.kept.iter().map(|kept| kept.window.clone()).collect();
        let had = self.last_id.as_ref().map(|id| had(&self.channels, id));
        assert!(!matches!(had, Some(Had::Foreign | Had::Changed)));
        self.stream = Some(Subscription::open(opening, FEW, &windows, had.as_ref()));
    }

    fn deliver(&mut self) {
        let at = self.chance.random_range(0..self.kept.len());
        if self.kept[at].coming.is_empty() {
            return;
        }
        let entry = self.kept[at].coming.remove(0);
        if let Some(stream) = &mut self.stream
            && stream.take(at, &entry, None) == Taken::TooSlow
        {
            self.stream = None;
        }
    }

    fn write(&mut self) {
        let Some(frame) = self.stream.as_mut().and_then(|stream| stream.next(&Wax)) else {
            return;
        };
        let read = read(&frame);
        if let Some(text) = read.data.as_str() {
            let (partition, offset) = text.split_once(':').unwrap();
            let partition = Partition::from_number(partition.parse().unwrap());
            self.client.push((partition, offset.parse().unwrap()));
        } else if read.name == "gap" {
            let time = |name: &str| {
                let text = read.data[name].as_str().unwrap();
                OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap()
            };
            for channel in read.data["channels"].as_array().unwrap() {
                self.gaps.push((
                    channel.as_str().unwrap().to_owned(),
                    time("from"),
                    time("to"),
                ));
            }
        }
        self.last_id = read.id.or(self.last_id.take());
    }

    fn step(&mut self) {
        match self.chance.random_range(0..100) {
            0..30 => self.publish(),
            30..60 => self.deliver(),
            60..90 => self.write(),
            90..94 => self.connect(),
            94..96 => self.stream = None,
            96 => self.trim(),
            _ => {}
        }
    }

    fn settle(&mut self) {
        self.connect();
        while self.kept.iter().any(|kept| !kept.coming.is_empty())
            || self.stream.as_ref().is_some_and(Subscription::has_frame)
        {
            self.deliver();
            self.write();
            self.connect();
        }
    }

    fn check(&self, seed: u64) {
        let told: HashSet<_> = self.client.iter().copied().collect();
        assert_eq!(told.len(), self.client.len(), "seed {seed}: one came twice");
        let is_told = |entry: &Entry| {
            let is_in = |(channel, from, to): &(String, OffsetDateTime, OffsetDateTime)| {
                let on = entry.channels.iter().any(|one| one.name() == *channel);
                on && (*from..=*to).contains(&entry.time)
            };
            told.contains(&(entry.partition, entry.offset)) || self.gaps.iter().any(is_in)
        };
        for (place, entry) in self.log.iter().enumerate().skip(self.since) {
            // What was replaced is not missed, if what has replaced it is told.
            let mut later = self.log[place..].iter();
            let is_replaced = self.slow == Slow::Conflate
                && later.any(|other| other.is_like(entry) && is_told(other));
            assert!(
                is_told(entry) || is_replaced,
                "seed {seed}, {:?}: {entry:?} is missing",
                self.slow
            );
        }
        for channel in &self.channels {
            self.check_order(channel, seed);
        }
    }

    /// What is on one channel only comes in the order of its partition.
    fn check_order(&self, channel: &Channel, seed: u64) {
        for partition in [ONE, TWO] {
            let only = |offset: i64| {
                let mut log = self.log.iter();
                let entry = log.find(|one| (one.partition, one.offset) == (partition, offset));
                *entry.unwrap().channels == [channel.clone()]
            };
            let told = self
                .client
                .iter()
                .filter(|(of, offset)| *of == partition && only(*offset));
            assert!(
                told.map(|(_, offset)| offset).is_sorted(),
                "seed {seed}: out of order"
            );
        }
    }
}

#[test]
fn every_event_is_told_once_or_lies_in_a_gap() {
    let first: u64 = rand::random();
    println!("seeds from {first}");
    for seed in (0..300).map(|place| first.wrapping_add(place)) {
        let mut world = World::new(seed);
        for _ in 0..600 {
            world.step();
        }
        world.settle();
        world.check(seed);
    }
}
