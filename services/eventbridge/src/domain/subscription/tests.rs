use nova_ids::{PostId, UserId};
use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::domain::sealed::{self, Wax};
use crate::domain::{Had, Partition, StreamPosition};

mod random;

const AT: OffsetDateTime = datetime!(2026-11-21 00:47 UTC);
const ONE: Partition = Partition::from_number(0x101);
const TWO: Partition = Partition::from_number(0x102);

fn entry(partition: Partition, offset: i64, subject: &str, channels: &[Channel]) -> Arc<Entry> {
    Arc::new(Entry {
        partition,
        offset,
        time: AT + std::time::Duration::from_secs(offset.unsigned_abs()),
        event_type: "nova.x.v1.Y".into(),
        subject: subject.into(),
        channels: channels.into(),
        shows: Arc::new([]),
        post: None,
        head: frame::event(
            "nova.x.v1.Y",
            &format!("\"{}:{offset}\"", partition.number()),
        ),
    })
}

fn opening(channels: &[Channel], slow: Slow) -> Opening {
    Opening {
        channels: channels.into(),
        types: Box::default(),
        slow,
        tag: sealed::tag(),
        losses: Vec::new(),
        blocked: Blocked::default(),
        known_since: OffsetDateTime::UNIX_EPOCH,
        live: true,
        heartbeat_seconds: 15,
        retry_millis: 3_000,
        now: AT,
    }
}

const FEW: Limits = Limits {
    events: 3,
    bytes: 10_000,
};

/// Name and data of a frame, and its id.
struct Read {
    name: String,
    data: Value,
    id: Option<Vec<u8>>,
}

fn read(frame: &Frame) -> Read {
    let mut bytes = Vec::new();
    frame.write(&sealed::tag(), &mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    assert!(
        text.ends_with("\n\n") && text.matches("\n\n").count() == 1,
        "{text:?}"
    );
    Read {
        name: field("event").unwrap().to_owned(),
        data: serde_json::from_str(field("data").unwrap()).unwrap(),
        id: field("id").map(|id| id.as_bytes().to_vec()),
    }
}

fn all(stream: &mut Subscription) -> Vec<Read> {
    std::iter::from_fn(|| stream.next(&Wax))
        .map(|frame| read(&frame))
        .collect()
}

/// What the frames say, in short.
fn told(stream: &mut Subscription) -> Vec<String> {
    let short = |read: &Read| match read.name.as_str() {
        "gap" => format!(
            "gap {} {}",
            read.data["reason"].as_str().unwrap(),
            read.data["missed"]
        ),
        "nova.x.v1.Y" => read.data.as_str().unwrap().to_owned(),
        "ready" => format!("ready {}", read.data["resumed"]),
        other => format!("{other} {}", read.data),
    };
    all(stream).iter().map(short).collect()
}

fn had(channels: &[Channel], id: &[u8]) -> Had {
    event_id::read(&Wax, &sealed::tag(), channels.len(), id)
}

fn window(entries: &[Arc<Entry>], whole_after: &[(Partition, i64)]) -> Window {
    Window {
        entries: entries.to_vec(),
        position: entries
            .iter()
            .map(|one| (one.partition, one.offset))
            .chain(whole_after.iter().copied())
            .collect(),
        whole_after: whole_after.iter().copied().collect(),
    }
}

fn me() -> Channel {
    Channel::Me(UserId::new())
}

#[test]
fn a_fresh_stream_begins_now() {
    let me = [me()];
    let old = window(&[entry(ONE, 5, "", &[])], &[]);
    let mut stream = Subscription::open(opening(&me, Slow::Drop), FEW, &[old], None);
    assert!(!stream.is_resumed() && stream.gaps().is_empty());
    // It was among what was read.
    assert_eq!(stream.take(0, &entry(ONE, 5, "", &[]), None), Taken::Passed);
    assert_eq!(stream.take(0, &entry(ONE, 6, "", &[]), None), Taken::Queued);
    assert_eq!(stream.take(0, &entry(ONE, 6, "", &[]), None), Taken::Passed);
    assert_eq!(told(&mut stream), ["ready false", "257:6"]);
    assert!(!stream.has_frame());
}

#[test]
fn whoever_comes_back_goes_on() {
    let me = [me()];
    let entries: Vec<_> = (1..=4).map(|offset| entry(ONE, offset, "", &[])).collect();
    let mut first = Subscription::open(opening(&me, Slow::Drop), FEW, &[Window::default()], None);
    first.take(0, &entries[0], None);
    let id = all(&mut first).pop().unwrap().id.unwrap();
    let had = had(&me, &id);
    let kept = window(&entries, &[]);
    let mut again = Subscription::open(opening(&me, Slow::Drop), FEW, &[kept], Some(&had));
    assert!(again.is_resumed());
    assert_eq!(told(&mut again), ["ready true", "257:2", "257:3", "257:4"]);
    // The window has let go of the second.
    let kept = window(&entries[2..], &[(ONE, 2)]);
    let mut late = Subscription::open(opening(&me, Slow::Drop), FEW, &[kept], Some(&had));
    assert_eq!(late.gaps(), [Reason::Expired]);
    assert_eq!(
        told(&mut late),
        ["ready false", "gap expired null", "257:3", "257:4"]
    );
}

#[test]
fn an_id_that_says_nothing_is_a_gap() {
    let me = [me()];
    for had in [Had::Foreign, Had::Changed] {
        let mut stream = Subscription::open(
            opening(&me, Slow::Drop),
            FEW,
            &[Window::default()],
            Some(&had),
        );
        let frames = all(&mut stream);
        assert_eq!(frames[0].data["resumed"], false);
        assert_eq!(
            frames[1].data,
            json!({ "reason": "unknown_id", "channels": ["me"], "from": "1970-01-01T00:00:00.000Z",
            "to": "2026-11-21T00:47:00.000Z", "missed": null })
        );
        assert!(frames[1].id.is_some());
    }
}

#[test]
fn what_is_on_several_channels_comes_once() {
    let mut both = [Channel::Post(PostId::new()), Channel::User(UserId::new())];
    both.sort();
    let windows = [Window::default(), Window::default()];
    let mut stream = Subscription::open(opening(&both, Slow::Drop), FEW, &windows, None);
    let shared = entry(ONE, 5, "", &both);
    let other = entry(ONE, 4, "", &both[1..]);
    assert_eq!(stream.take(0, &shared, None), Taken::Queued);
    // What came earlier there reaches the stream later, and is not lost.
    assert_eq!(stream.take(1, &other, None), Taken::Queued);
    assert_eq!(stream.take(1, &shared, None), Taken::Passed);
    let frames = all(&mut stream);
    assert_eq!(frames.len(), 3);
    // Whoever comes back between the two gets the other one, and not the first again.
    let had = had(&both, frames[1].id.as_ref().unwrap());
    let windows = [
        window(&[Arc::clone(&shared)], &[]),
        window(&[other, shared], &[]),
    ];
    let mut again = Subscription::open(opening(&both, Slow::Drop), FEW, &windows, Some(&had));
    assert_eq!(told(&mut again), ["ready true", "257:4"]);
}

#[test]
fn only_wanted_types_come_and_the_others_are_not_missed() {
    let me = [me()];
    let wants = Opening {
        types: Box::new([Pattern::read("nova.y.*").unwrap()]),
        ..opening(&me, Slow::Drop)
    };
    let mut stream = Subscription::open(wants.clone(), FEW, &[Window::default()], None);
    assert_eq!(stream.take(0, &entry(ONE, 5, "", &[]), None), Taken::Passed);
    assert_eq!(stream.take(0, &entry(ONE, 6, "", &[]), None), Taken::Passed);
    stream.set_live(false);
    assert_eq!(told(&mut stream).len(), 2);
    assert_eq!(*stream.told, [Position::from_iter([(ONE, 6)])]);
}

#[test]
fn a_slow_client_is_ended_or_misses_something() {
    let me = [me()];
    let fill = |slow: Slow, subjects: &[&str]| {
        let mut stream = Subscription::open(opening(&me, slow), FEW, &[Window::default()], None);
        stream.next(&Wax);
        let subjects = subjects.iter().zip(1..);
        let taken: Vec<Taken> = subjects
            .map(|(subject, offset)| stream.take(0, &entry(ONE, offset, subject, &[]), None))
            .collect();
        (taken.last().copied().unwrap(), stream)
    };
    let (taken, mut stream) = fill(Slow::Disconnect, &["a"; 4]);
    assert_eq!((taken, stream.end()), (Taken::TooSlow, Some(End::TooSlow)));
    assert!(stream.next(&Wax).is_none());

    let (taken, mut stream) = fill(Slow::Drop, &["a"; 4]);
    assert_eq!((taken, stream.end()), (Taken::QueuedOthersDropped, None));
    let frames = all(&mut stream);
    assert_eq!(
        frames[0].data,
        json!({ "reason": "slow", "channels": ["me"], "from": "2026-11-21T00:47:01.000Z",
        "to": "2026-11-21T00:47:03.000Z", "missed": 3 })
    );
    assert_eq!(frames[1].data, "257:4");
    // The gap's id goes on from there.
    let Had::Valid(position) = had(&me, frames[0].id.as_ref().unwrap()) else {
        panic!()
    };
    assert_eq!(position.channels, [Position::from_iter([(ONE, 3)])]);

    let (taken, mut stream) = fill(Slow::Drop, &["a"; 8]);
    assert_eq!(taken, Taken::Queued);
    assert_eq!(told(&mut stream), ["gap slow 6", "257:7", "257:8"]);

    let (taken, mut stream) = fill(Slow::Conflate, &["a", "b", "a", "a", "c"]);
    assert_eq!(taken, Taken::Queued);
    assert_eq!(told(&mut stream), ["257:2", "257:4", "257:5"]);
    let (taken, mut stream) = fill(Slow::Conflate, &["a", "b", "c", "d"]);
    assert_eq!(taken, Taken::QueuedOthersDropped);
    assert_eq!(told(&mut stream), ["gap slow 3", "257:4"]);
}

#[test]
fn what_comes_late_does_not_replace_what_is_later() {
    let me = [me()];
    let mut stream = Subscription::open(
        opening(&me, Slow::Conflate),
        FEW,
        &[Window::default()],
        None,
    );
    stream.next(&Wax);
    assert_eq!(
        stream.take(0, &entry(TWO, 9, "a", &[]), None),
        Taken::Queued
    );
    assert_eq!(
        stream.take(0, &entry(ONE, 5, "a", &[]), None),
        Taken::Passed
    );
    assert_eq!(told(&mut stream), ["258:9"]);
    assert_eq!(*stream.told, [Position::from_iter([(ONE, 5), (TWO, 9)])]);
}

#[test]
fn one_event_always_has_room() {
    let me = [me()];
    let narrow = Limits {
        events: 1,
        bytes: 1,
    };
    let mut stream = Subscription::open(
        opening(&me, Slow::Disconnect),
        narrow,
        &[Window::default()],
        None,
    );
    assert_eq!(stream.take(0, &entry(ONE, 1, "", &[]), None), Taken::Queued);
    assert_eq!(
        stream.take(0, &entry(ONE, 2, "", &[]), None),
        Taken::TooSlow
    );
}

#[test]
fn a_loss_is_told_once_also_to_those_who_come_back() {
    let me = [me()];
    let loss = |number| Loss {
        number,
        reason: Reason::Dropped,
        from: AT,
        to: AT,
    };
    let mut stream = Subscription::open(opening(&me, Slow::Drop), FEW, &[Window::default()], None);
    let ready = all(&mut stream).pop().unwrap().id.unwrap();
    stream.tell_loss(&loss(1));
    stream.tell_loss(&loss(1));
    stream.take(0, &entry(TWO, 1, "", &[]), None);
    let frames = all(&mut stream);
    assert_eq!(frames.len(), 2);
    let knows = Opening {
        losses: vec![loss(1)],
        ..opening(&me, Slow::Drop)
    };
    let again = |id: &[u8]| {
        let kept = window(&[entry(TWO, 1, "", &[])], &[]);
        Subscription::open(knows.clone(), FEW, &[kept], Some(&had(&me, id)))
    };
    assert_eq!(told(&mut again(&ready))[1..], ["gap dropped null", "258:1"]);
    for frame in frames {
        assert!(again(&frame.id.unwrap()).is_resumed());
    }
    let mut fresh = Subscription::open(knows, FEW, &[Window::default()], None);
    assert_eq!(told(&mut fresh).len(), 1);
}

#[test]
fn what_came_while_nothing_was_brought_is_caught_up_with() {
    let me = [me()];
    let mut stream = Subscription::open(opening(&me, Slow::Drop), FEW, &[Window::default()], None);
    stream.take(0, &entry(ONE, 1, "", &[]), None);
    let kept = window(&[entry(ONE, 1, "", &[]), entry(ONE, 2, "", &[])], &[]);
    stream.catch_up(0, &kept, AT);
    stream.catch_up(0, &kept, AT);
    stream.caught_up();
    assert_eq!(told(&mut stream), ["ready false", "257:1", "257:2"]);
    let kept = window(&[entry(ONE, 9, "", &[])], &[(ONE, 5)]);
    stream.catch_up(0, &kept, AT);
    stream.catch_up(0, &kept, AT);
    stream.caught_up();
    assert_eq!(told(&mut stream), ["gap expired null", "257:9"]);
    // Nobody is slow who is handed more at once than may wait.
    let many: Vec<Arc<Entry>> = (10..20).map(|offset| entry(ONE, offset, "", &[])).collect();
    stream.catch_up(0, &window(&many, &[(ONE, 9)]), AT);
    stream.caught_up();
    assert_eq!(stream.take(0, &entry(TWO, 1, "", &[]), None), Taken::Queued);
    assert_eq!(told(&mut stream).len(), 11);
    assert_eq!(*stream.told, [Position::from_iter([(ONE, 19), (TWO, 1)])]);
}

#[test]
fn what_is_caught_up_with_is_in_order_over_all_channels() {
    let post = Channel::Post(PostId::new());
    let tag = Channel::Tag("a".to_owned());
    let channels = [post, tag];
    let empty = [Window::default(), Window::default()];
    let mut stream = Subscription::open(opening(&channels, Slow::Disconnect), FEW, &empty, None);
    stream.take(0, &entry(ONE, 1, "", &[]), None);
    let both = entry(ONE, 3, "", &channels);
    let of_post = [entry(ONE, 1, "", &[]), both.clone(), entry(ONE, 4, "", &[])];
    let of_tag = [entry(ONE, 2, "", &[]), both, entry(TWO, 1, "", &[])];
    stream.catch_up(0, &window(&of_post, &[]), AT);
    stream.catch_up(1, &window(&of_tag, &[]), AT);
    assert_eq!(told(&mut stream), ["ready false", "257:1"]);
    stream.caught_up();
    stream.caught_up();
    assert_eq!(told(&mut stream), ["257:2", "257:3", "257:4", "258:1"]);
}

#[test]
fn whether_anything_can_arrive_is_told_when_it_changes() {
    let me = [me()];
    let away = Opening {
        live: false,
        ..opening(&me, Slow::Drop)
    };
    let mut stream = Subscription::open(away, FEW, &[Window::default()], None);
    assert_eq!(told(&mut stream)[1..], [r#"live {"live":false}"#]);
    stream.set_live(false);
    assert!(!stream.has_frame());
    stream.set_live(true);
    stream.set_live(false);
    stream.set_live(true);
    assert_eq!(told(&mut stream), [r#"live {"live":true}"#]);
}

#[test]
fn an_expired_stream_is_written_to_its_end() {
    let me = [me()];
    let mut stream = Subscription::open(opening(&me, Slow::Drop), FEW, &[Window::default()], None);
    stream.take(0, &entry(ONE, 1, "", &[]), None);
    stream.expire();
    assert_eq!(stream.take(0, &entry(ONE, 2, "", &[]), None), Taken::Passed);
    assert_eq!(stream.end(), Some(End::Expired));
    assert_eq!(told(&mut stream)[1..], ["257:1", "expired {}"]);
    assert!(stream.next(&Wax).is_none());
}

#[test]
fn streams_of_one_channel_share_the_position() {
    let me = [me()];
    let mut stream = Subscription::open(opening(&me, Slow::Drop), FEW, &[Window::default()], None);
    let shared = Arc::new(Bytes::from_static(b".shared"));
    stream.take(0, &entry(ONE, 1, "", &[]), Some(&shared));
    let frame = std::iter::from_fn(|| stream.next(&Wax)).last().unwrap();
    assert_eq!(frame.position.as_ref(), Some(&*shared));
    let position = StreamPosition {
        at: AT,
        losses: 0,
        channels: Vec::new(),
    };
    assert_eq!(
        had(
            &[],
            &[
                sealed::tag().as_bytes(),
                &event_id::encode(&Wax, AT, 0, &[]).unwrap()
            ]
            .concat()
        ),
        Had::Valid(position)
    );
}
