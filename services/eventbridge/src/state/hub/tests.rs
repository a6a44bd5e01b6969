use std::net::Ipv4Addr;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, Wake, Waker};

use nova_ids::{PostId, UserId};
use nova_service::config::Env;
use time::macros::datetime;

use super::super::stream::Turn;
use super::*;
use crate::domain::event_id::StreamTag;
use crate::domain::{
    Blocked, Entry, Limits, Opening, Partition, Position, Reason, Slow, Subscription, frame,
};

const AT: OffsetDateTime = datetime!(2026-11-21 00:47 UTC);
const ONE: Partition = Partition::from_number(0x101);

fn key() -> Key {
    let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA==".to_owned();
    Key::read(&mut Env::of([("NOVA_SECRET".to_owned(), secret)])).unwrap()
}

fn hub() -> Hub {
    let hub = Hub::new(key(), Duration::from_secs(10));
    hub.know_losses(Vec::new());
    hub
}

fn enter(hub: &Hub, channels: &[Channel], slow: Slow, until: Option<u64>) -> Seat {
    let whose = Whose {
        user: None,
        address: Ipv4Addr::LOCALHOST.into(),
        until,
        channels: channels.into(),
        slow,
    };
    let seat = hub.enter(whose).unwrap();
    hub.follow(&seat.stream);
    seat
}

fn begin(hub: &Hub, seat: &Seat) {
    go_live(hub, seat, subscription(hub, seat));
}

fn go_live(hub: &Hub, seat: &Seat, subscription: Subscription) {
    let losses = || hub.losses().unwrap();
    let stream = &seat.stream;
    stream.go_live(subscription, losses, || hub.is_live());
}

fn subscription(hub: &Hub, seat: &Seat) -> Subscription {
    let stream = &seat.stream;
    let channels = Arc::clone(stream.channels());
    let windows = vec![Window::default(); channels.len()];
    let opening = Opening {
        tag: StreamTag::new(&hub.0.key, None, &channels),
        channels,
        types: Box::default(),
        slow: stream.whose().slow,
        losses: hub.losses().unwrap(),
        blocked: Blocked::default(),
        known_since: OffsetDateTime::UNIX_EPOCH,
        live: hub.is_live(),
        heartbeat_seconds: 15,
        retry_millis: 3_000,
        now: AT,
    };
    Subscription::open(opening, Limits::default(), &windows, None)
}

fn live(hub: &Hub, channel: &Channel, slow: Slow) -> Seat {
    let seat = enter(hub, std::slice::from_ref(channel), slow, None);
    begin(hub, &seat);
    assert_eq!(told(&seat), ["ready"]);
    seat
}

fn channel() -> Channel {
    Channel::Post(PostId::new())
}

fn event(channel: &Channel, offset: i64) -> Told {
    let entry = Entry {
        partition: ONE,
        offset,
        time: AT,
        event_type: "a.B".into(),
        subject: "".into(),
        channels: Arc::new([]),
        shows: Arc::new([]),
        post: None,
        head: frame::event(&format!("e{offset}"), "{}"),
    };
    Told {
        channel: channel.clone(),
        entry: Arc::new(entry),
        position: Position::from_iter([(ONE, offset)]),
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn poll(seat: &Seat, waker: &Waker, out: &mut Vec<u8>) -> Poll<Turn> {
    seat.stream
        .poll_fill(&Context::from_waker(waker), seat.key(), out)
}

/// All that is written next, and what becomes of the stream then.
fn written(seat: &Seat) -> (String, Option<Turn>) {
    let mut out = Vec::new();
    let end = loop {
        match poll(seat, Waker::noop(), &mut out) {
            Poll::Pending => break None,
            Poll::Ready(Turn::Write) => {}
            Poll::Ready(turn) => break Some(turn),
        }
    };
    (String::from_utf8(out).unwrap(), end)
}

fn told(seat: &Seat) -> Vec<String> {
    let (text, _) = written(seat);
    let names = text.lines().filter_map(|line| line.strip_prefix("event: "));
    names.map(str::to_owned).collect()
}

#[test]
fn an_event_goes_to_the_streams_of_its_channel_with_one_position() {
    let hub = hub();
    let (here, there) = (channel(), channel());
    let seats = [
        live(&hub, &here, Slow::Drop),
        live(&hub, &here, Slow::Drop),
        live(&hub, &there, Slow::Drop),
    ];
    hub.publish(event(&here, 1));
    hub.publish(event(&here, 1));
    hub.publish(event(&here, 2));
    let texts: Vec<String> = seats.iter().map(|seat| written(seat).0).collect();
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0].matches("event: ").count(), 2);
    assert_eq!(texts[2], "");
    let followed: Vec<Channel> = hub.followed();
    assert!(followed.len() == 2 && followed.contains(&here) && followed.contains(&there));
}

#[test]
fn what_comes_while_windows_are_read_is_not_lost() {
    let hub = hub();
    let here = channel();
    let seat = enter(&hub, std::slice::from_ref(&here), Slow::Drop, None);
    hub.publish(event(&here, 1));
    let kept = Window {
        entries: vec![event(&here, 2).entry],
        position: Position::from_iter([(ONE, 2)]),
        whole_after: Position::default(),
    };
    hub.catch_up(&here, &kept);
    hub.caught_up();
    let loss = Loss {
        number: 3,
        reason: Reason::Dropped,
        from: AT,
        to: AT,
    };
    assert_eq!(told(&seat).len(), 0);
    let opened = subscription(&hub, &seat);
    hub.tell_loss(&loss);
    hub.tell_loss(&loss);
    go_live(&hub, &seat, opened);
    // Before what came meanwhile, whose ids may say that it was told.
    assert_eq!(told(&seat), ["ready", "gap", "e1", "e2"]);
    hub.tell_loss(&Loss { number: 4, ..loss });
    assert_eq!(told(&seat), ["gap"]);
    hub.set_live(false);
    hub.set_live(false);
    assert_eq!(told(&seat), ["live"]);
    let late = enter(&hub, &[here], Slow::Drop, None);
    begin(&hub, &late);
    assert_eq!(told(&late), ["ready", "live"]);
}

#[test]
fn nobody_is_slow_for_what_came_before_they_could_be_told() {
    let hub = hub();
    let here = channel();
    let seat = enter(&hub, std::slice::from_ref(&here), Slow::Disconnect, None);
    let many = 2 * i64::try_from(Limits::default().events).unwrap();
    (0..many).for_each(|offset| hub.publish(event(&here, offset)));
    begin(&hub, &seat);
    assert_eq!(told(&seat).len(), 1 + usize::try_from(many).unwrap());
    // But so many do not wait for anybody.
    let late = enter(&hub, std::slice::from_ref(&here), Slow::Disconnect, None);
    (0..5_000).for_each(|offset| hub.publish(event(&here, offset)));
    begin(&hub, &late);
    assert_eq!(written(&late).1, Some(Turn::Cut));
}

#[test]
fn losses_of_old_are_forgotten_but_not_their_number() {
    let hub = hub();
    let loss = |number| Loss {
        number,
        reason: Reason::Dropped,
        from: AT,
        to: AT,
    };
    hub.know_losses(vec![loss(1), loss(2)]);
    hub.forget_losses(AT + Duration::from_secs(1));
    assert_eq!(hub.losses().unwrap(), [loss(2)]);
    hub.tell_loss(&loss(2));
    assert_eq!(hub.losses().unwrap(), [loss(2)]);
}

#[tokio::test]
async fn what_follows_a_write_at_once_waits_for_the_next() {
    let hub = hub();
    let here = channel();
    let seat = live(&hub, &here, Slow::Drop);
    let woken = Arc::new(Counting::default());
    let waker = Waker::from(Arc::clone(&woken));
    let count = || woken.0.load(Ordering::SeqCst);
    let mut out = Vec::new();
    // Long after what it was told last.
    tokio::time::sleep(2 * HOLD).await;
    assert!(poll(&seat, &waker, &mut out).is_pending());
    hub.publish(event(&here, 1));
    assert_eq!(count(), 1);
    assert!(poll(&seat, &waker, &mut out).is_ready());
    assert!(poll(&seat, &waker, &mut out).is_pending());
    for offset in 2..6 {
        hub.publish(event(&here, offset));
    }
    assert_eq!(count(), 1);
    let goes = hub.clone();
    let going = tokio::spawn(async move { goes.let_go().await });
    while count() == 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(count(), 2);
    assert_eq!(told(&seat).len(), 4);
    going.abort();
}

#[test]
fn a_stream_that_takes_no_heartbeat_for_twice_the_interval_is_cut() {
    let hub = hub();
    let here = channel();
    let (idle, stuck) = (live(&hub, &here, Slow::Drop), live(&hub, &here, Slow::Drop));
    let interval = || (0..Hub::BEATS).for_each(|round| hub.beat(round, 0));
    interval();
    assert_eq!(written(&idle), (":\n\n".to_owned(), None));
    assert_eq!(written(&idle), (String::new(), None));
    for _ in 0..2 {
        assert!(!stuck.stream.poll_over(&Context::from_waker(Waker::noop())));
        interval();
    }
    assert!(stuck.stream.poll_over(&Context::from_waker(Waker::noop())));
    assert_eq!(written(&stuck).1, Some(Turn::Cut));
    assert_eq!(written(&idle).0, ":\n\n");
    // A part was written.
    interval();
    idle.stream.progressed();
    interval();
    idle.stream.progressed();
    interval();
    assert_eq!(written(&idle), (":\n\n".to_owned(), None));
}

#[test]
fn a_slow_client_is_cut_or_misses_something() {
    let hub = hub();
    let here = channel();
    let (cut, dropped) = (
        live(&hub, &here, Slow::Disconnect),
        live(&hub, &here, Slow::Drop),
    );
    let most = i64::try_from(Limits::default().events).unwrap();
    for offset in 0..=most {
        hub.publish(event(&here, offset));
    }
    assert_eq!(written(&cut), (String::new(), Some(Turn::Cut)));
    assert_eq!(told(&dropped), ["gap".to_owned(), format!("e{most}")]);
}

#[test]
fn a_stream_ends_not_because_it_is_old() {
    let hub = hub();
    let seat = live(&hub, &channel(), Slow::Drop);
    // Three days of heartbeats.
    for beat in 0..3 * 24 * 240 {
        (0..Hub::BEATS).for_each(|round| hub.beat(round, beat * 15));
        assert_eq!(written(&seat), (":\n\n".to_owned(), None));
    }
}

#[test]
fn a_stream_ends_with_its_token_and_is_told() {
    let hub = hub();
    let here = channel();
    let seat = enter(&hub, std::slice::from_ref(&here), Slow::Drop, Some(100));
    begin(&hub, &seat);
    assert_eq!(told(&seat), ["ready"]);
    hub.beat(0, 99);
    hub.publish(event(&here, 1));
    assert_eq!(told(&seat), ["e1"]);
    hub.beat(1, 100);
    hub.publish(event(&here, 2));
    let (text, end) = written(&seat);
    assert!(text.starts_with("retry: ") && text.ends_with("\n\nevent: expired\ndata: {}\n\n"));
    assert_eq!(end, Some(Turn::Last));
    assert_eq!(written(&seat).1, Some(Turn::Cut));

    let early = enter(&hub, &[here], Slow::Drop, Some(101));
    hub.beat(2, 200);
    assert_eq!(written(&early).1, Some(Turn::Last));
}

#[test]
fn those_who_are_drained_come_back_one_behind_the_other() {
    let hub = hub();
    let here = channel();
    let seats: Vec<Seat> = (0..10).map(|_| live(&hub, &here, Slow::Drop)).collect();
    hub.drain();
    let ended = |seat: &Seat| {
        let (text, end) = written(seat);
        assert_eq!(end, Some(Turn::Last), "{text}");
        let millis = text.strip_prefix("retry: ").unwrap().trim_end();
        millis.parse::<u32>().unwrap()
    };
    let mut retries: Vec<u32> = seats.iter().map(ended).collect();
    retries.sort_unstable();
    assert_eq!(retries[..3], [1, 1_000, 2_000]);
    assert_eq!(retries[9], 9_000);
    let late = enter(&hub, &[here], Slow::Drop, None);
    assert!(ended(&late) < 10_000);
}

#[tokio::test]
async fn channels_without_streams_are_left() {
    let hub = hub();
    let (here, there) = (channel(), Channel::User(UserId::new()));
    let first = live(&hub, &here, Slow::Drop);
    let second = live(&hub, &here, Slow::Drop);
    drop(live(&hub, &there, Slow::Drop));
    drop(first);
    let left = |hub: &Hub| {
        let hub = hub.clone();
        async move {
            let mut left = Vec::new();
            hub.leave_channels(async |channels| left.extend_from_slice(channels))
                .await;
            left
        }
    };
    assert_eq!(left(&hub).await, [there]);
    drop(second);
    let again = live(&hub, &here, Slow::Drop);
    assert_eq!(left(&hub).await, []);
    drop(again);
    assert_eq!(left(&hub).await, [here]);
    assert_eq!(hub.count(), 0);
    assert_eq!(hub.followed(), []);
}

#[test]
fn an_outage_is_told_once_and_ended_when_it_is_over() {
    let hub = hub();
    let seat = enter(&hub, &[channel()], Slow::Drop, None);
    seat.stream.tell_outage();
    seat.stream.tell_outage();
    assert_eq!(written(&seat).0, "event: live\ndata: {\"live\":false}\n\n");
    assert!(seat.stream.is_outage_told());
    begin(&hub, &seat);
    assert_eq!(told(&seat), ["ready"]);
}

#[test]
fn a_stream_is_small() {
    assert!(size_of::<Stream>() <= 256, "{}", size_of::<Stream>());
    assert!(
        size_of::<Subscription>() <= 400,
        "{}",
        size_of::<Subscription>()
    );
}
