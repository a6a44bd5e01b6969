use nova_ids::PostId;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use time::macros::datetime;

use super::*;
use crate::domain::sealed::Wax;

const AT: OffsetDateTime = datetime!(2026-11-21 00:47:00 UTC);

fn channels(count: usize) -> Vec<Channel> {
    (0..count).map(|_| Channel::Post(PostId::new())).collect()
}

fn position(pairs: &[(u16, i64)]) -> Position {
    let pairs = pairs.iter();
    pairs
        .map(|(number, offset)| (Partition::from_number(*number), *offset))
        .collect()
}

fn id(tag: &StreamTag, positions: &[Position]) -> Vec<u8> {
    let positions: Vec<&Position> = positions.iter().collect();
    let rest = encode(&Wax, AT, 300, &positions).unwrap();
    [tag.as_bytes(), &rest].concat()
}

/// What twenty channels of one stream can have at most: `me` all topics, the others what posts are on. Offsets are as far apart
/// as `apart`.
fn widest(apart: i64) -> Vec<Position> {
    let topics = nova_proto::catalogue::TOPICS.iter();
    let all =
        topics.flat_map(|topic| (0..topic.partitions).map(|at| Partition::of(topic.name, at)));
    let all: Vec<Partition> = all.flatten().collect();
    let posts = all.iter().filter(|one| one.number() >> 8 == 1);
    let of = |channel: i64| {
        posts
            .clone()
            .map(move |one| (*one, (1 << 40) - channel * apart))
            .collect()
    };
    let me = all.iter().map(|one| (*one, 1 << 40)).collect();
    [me].into_iter().chain((1..20).map(of)).collect()
}

#[test]
fn an_id_is_read_as_it_was_written() {
    let tag = StreamTag::new(&Wax, None, &channels(1));
    for positions in [
        vec![Position::default()],
        vec![position(&[(0x101, 0), (0x402, i64::MAX)])],
        vec![position(&[(0x101, 7)]), Position::default()],
        vec![
            position(&[(0x101, 7), (0x105, 0)]),
            position(&[(0x101, 900), (0x801, 3)]),
        ],
        widest(100_000),
    ] {
        let text = id(&tag, &positions);
        assert!(text.len() <= LONGEST_ID && text.iter().all(u8::is_ascii_graphic));
        let expected = StreamPosition {
            at: AT,
            losses: 300,
            channels: positions.clone(),
        };
        assert_eq!(
            read(&Wax, &tag, positions.len(), &text),
            Had::Valid(expected)
        );
    }
}

#[test]
fn an_id_belongs_to_its_user_and_channels() {
    let (user, other) = (UserId::new(), UserId::new());
    let mine = channels(2);
    let swapped = [mine[1].clone(), mine[0].clone()];
    let tag = StreamTag::new(&Wax, Some(user), &mine);
    assert_eq!(tag, StreamTag::new(&Wax, Some(user), &swapped));
    let text = id(&tag, &[Position::default(), Position::default()]);
    for foreign in [
        StreamTag::new(&Wax, Some(other), &mine),
        StreamTag::new(&Wax, None, &mine),
        StreamTag::new(&Wax, Some(user), &mine[..1]),
    ] {
        assert_eq!(read(&Wax, &foreign, 2, &text), Had::Foreign);
    }
    assert_eq!(read(&Wax, &tag, 1, &text), Had::Foreign);
}

#[test]
fn every_changed_byte_is_noticed() {
    let tag = StreamTag::new(&Wax, None, &channels(1));
    let text = id(&tag, &[position(&[(0x101, 70_000), (0x402, 3)])]);
    for place in 0..text.len() {
        for other in [b'A', b'_', b'=', b'\n', 0, 0xff] {
            let mut changed = text.clone();
            changed[place] = other;
            let is_valid = matches!(read(&Wax, &tag, 1, &changed), Had::Valid(_));
            assert_eq!(is_valid, changed == text);
        }
    }
    assert_eq!(
        read(&Wax, &tag, 1, &[&text[..], b"A"].concat()),
        Had::Changed
    );
    assert_eq!(read(&Wax, &tag, 1, &text[..text.len() - 1]), Had::Changed);
}

#[test]
fn whatever_bytes_come_nothing_breaks() {
    let tag = StreamTag::new(&Wax, None, &channels(1));
    let seed = rand::random();
    println!("seed {seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let planted: [&[u8]; 7] = [
        b"",
        b".",
        b"..",
        b"\0",
        b"a\r\nb",
        &[b'A'; 10_000],
        &[b'.'; 10_000],
    ];
    for bytes in planted {
        assert_eq!(read(&Wax, &tag, 1, bytes), Had::Changed);
    }
    for _ in 0..2_000 {
        let mut bytes = vec![0; chance.random_range(0..200)];
        chance.fill_bytes(&mut bytes);
        assert_eq!(read(&Wax, &tag, 1, &bytes), Had::Changed);
        // What is sealed but is no position.
        bytes.insert(0, VERSION);
        bytes.extend(short(&Wax, &[b"position", &bytes]));
        let text = URL_SAFE_NO_PAD.encode(&bytes);
        let text = [tag.as_bytes(), b".", text.as_bytes()].concat();
        let _whatever = read(&Wax, &tag, 1, &text);
    }
}

#[test]
fn what_would_be_too_long_has_no_id() {
    let many: Position = (0..400)
        .map(|at| (Partition::from_number(at), i64::MAX))
        .collect();
    assert_eq!(encode(&Wax, AT, 0, &[&many]), None);
}

#[test]
fn channels_too_far_apart_are_where_the_last_of_them_is() {
    let tag = StreamTag::new(&Wax, None, &channels(20));
    let positions = widest(1 << 35);
    let text = id(&tag, &positions);
    assert!(text.len() <= LONGEST_ID);
    let Had::Valid(had) = read(&Wax, &tag, 20, &text) else {
        panic!()
    };
    for (had, position) in had.channels.iter().zip(&positions) {
        let pairs: Vec<_> = had.iter().zip(position.iter()).collect();
        assert_eq!(pairs.len(), position.iter().count());
        assert!(pairs.iter().all(|(had, is)| had.0 == is.0 && had.1 <= is.1));
    }
}
