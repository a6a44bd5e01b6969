//! What is kept in Redis, and what is told of it.

use std::slice::from_ref;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nova_eventbridge::domain::{Channel, Entry, Partition, Position};
use nova_eventbridge::store::windows::{Kept, Published, Since, Told, Windows};
use nova_ids::{PostId, UserId};
use nova_service::redis::Access;
use nova_testkit::{Proxy, within};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) const ONE: Partition = Partition::from_number(257);
const TWO: Partition = Partition::from_number(513);
pub(crate) const FEW: Kept = Kept {
    events: 100,
    age: Duration::from_secs(60),
};

fn url() -> String {
    std::env::var("NOVA_TEST_REDIS").expect("run by `nova servers`")
}

fn prefix() -> String {
    format!("test_{}:", Uuid::now_v7().simple())
}

fn windows(url: &str, prefix: &str, kept: Kept) -> Windows {
    let wait = Duration::from_secs(2);
    let server = Access::default().server("NOVA_REDIS", &url.parse().unwrap(), wait);
    Windows::new(server.unwrap(), prefix, wait, kept)
}

async fn begun(kept: Kept) -> Windows {
    let windows = windows(&url(), &prefix(), kept);
    windows.install(1).await.unwrap();
    windows.begin(1, OffsetDateTime::UNIX_EPOCH);
    windows
}

async fn connection() -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

pub(crate) fn event(
    channels: &[Channel],
    partition: Partition,
    offset: i64,
    bytes: usize,
) -> Published {
    let entry = Entry {
        partition,
        offset,
        time: OffsetDateTime::from_unix_timestamp(1_800_000_000 + offset).unwrap(),
        event_type: "nova.x.v1.Y".into(),
        subject: "s".into(),
        channels: Arc::new([]),
        shows: Arc::new([]),
        post: None,
        head: Bytes::from(vec![b'x'; bytes]),
    };
    Published {
        channels: channels.to_vec(),
        entry: Arc::new(entry),
    }
}

fn at(pairs: &[(Partition, i64)]) -> Position {
    pairs.iter().copied().collect()
}

#[tokio::test]
async fn what_is_published_is_kept_once_and_in_order() {
    let windows = begun(FEW).await;
    let me = Channel::Me(UserId::new());
    let post = Channel::Post(PostId::new());
    let tag = Channel::Tag("é".to_owned());
    let both = [me.clone(), post.clone()];
    let batch = [
        event(&both, ONE, 3, 100),
        event(from_ref(&me), ONE, 4, 100),
        event(&both, ONE, 9, 100),
    ];
    windows.publish(&batch).await.unwrap();
    // Again, and with what is new behind it.
    let again = [batch.as_slice(), &[event(&both, ONE, 10, 100)]].concat();
    windows.publish(&again).await.unwrap();
    windows
        .publish(&[event(from_ref(&me), TWO, 0, 100)])
        .await
        .unwrap();
    windows.publish(&[]).await.unwrap();
    let read = windows.read(&[me, post, tag], Since::Start).await.unwrap();
    let offsets = |number: usize| -> Vec<(Partition, i64)> {
        let entries = read[number].entries.iter();
        entries
            .map(|entry| (entry.partition, entry.offset))
            .collect()
    };
    assert_eq!(
        offsets(0),
        [(ONE, 3), (ONE, 4), (ONE, 9), (ONE, 10), (TWO, 0)]
    );
    assert_eq!(offsets(1), [(ONE, 3), (ONE, 9), (ONE, 10)]);
    assert_eq!(offsets(2), []);
    assert_eq!(read[0].position, at(&[(ONE, 10), (TWO, 0)]));
    assert_eq!(read[1].position, at(&[(ONE, 10)]));
    assert_eq!(read[0].whole_after, at(&[]));
    assert_eq!(*read[0].entries[0], *batch[0].entry);
}

#[tokio::test]
async fn a_window_says_what_it_has_no_more() {
    let windows = begun(FEW).await;
    let me = [Channel::Me(UserId::new())];
    windows.publish(&[event(&me, TWO, 7, 10)]).await.unwrap();
    let many: Vec<Published> = (0..400)
        .map(|number| event(&me, ONE, 2 * number, 1_000))
        .collect();
    windows.publish(&many).await.unwrap();
    let read = windows.read(&me, Since::Start).await.unwrap().remove(0);
    let kept = read.entries.len();
    assert!((100..120).contains(&kept), "{kept}");
    assert_eq!(read.position, at(&[(ONE, 798), (TWO, 7)]));
    let first = read.entries[0].offset;
    assert_eq!(read.whole_after, at(&[(ONE, first - 2), (TWO, 7)]));
    // What was put there after now is nothing yet.
    let later = OffsetDateTime::now_utc() + Duration::from_secs(60);
    let rest = windows
        .read(&me, Since::Time(later))
        .await
        .unwrap()
        .remove(0);
    assert!(rest.entries.is_empty());
    assert_eq!(rest.whole_after, read.position);
}

#[tokio::test]
async fn what_is_too_old_goes() {
    let windows = begun(Kept {
        events: 1_000,
        age: Duration::from_millis(500),
    })
    .await;
    let me = [Channel::Me(UserId::new())];
    // Larger than a node of a stream, so that each goes by itself.
    windows.publish(&[event(&me, ONE, 1, 5_000)]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    let read = windows.read(&me, Since::Start).await.unwrap().remove(0);
    assert!(read.entries.is_empty());
    assert_eq!(read.position, at(&[(ONE, 1)]));
    assert_eq!(read.whole_after, at(&[(ONE, 1)]));
    windows.publish(&[event(&me, ONE, 2, 5_000)]).await.unwrap();
    let read = windows.read(&me, Since::Start).await.unwrap().remove(0);
    assert_eq!(read.entries.len(), 1);
    assert_eq!(read.whole_after, at(&[(ONE, 1)]));
}

#[tokio::test]
async fn followers_are_told_with_the_position() {
    let windows = begun(FEW).await;
    let me = Channel::Me(UserId::new());
    let tag = Channel::Tag("rust".to_owned());
    let mut pushes = windows.listen().await.unwrap();
    assert!(windows.is_up());
    windows.follow(&[me.clone(), tag.clone()]).await.unwrap();
    // Once more is no harm.
    windows.follow(from_ref(&me)).await.unwrap();
    let other = Channel::Me(UserId::new());
    let batch = [
        event(&[me.clone(), other], ONE, 1, 10),
        event(&[me.clone(), tag.clone()], TWO, 5, 10),
    ];
    windows.publish(&batch).await.unwrap();
    windows.publish(&batch).await.unwrap();
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(next(&mut pushes).await);
    }
    let expected = |channel: &Channel, number: usize, position: &[(Partition, i64)]| Told {
        channel: channel.clone(),
        entry: Arc::clone(&batch[number].entry),
        position: at(position),
    };
    assert_eq!(told[0], expected(&me, 0, &[(ONE, 1)]));
    assert_eq!(told[1], expected(&me, 1, &[(ONE, 1), (TWO, 5)]));
    assert_eq!(told[2], expected(&tag, 1, &[(TWO, 5)]));
    windows.leave(from_ref(&me)).await;
    let after = [event(&[me, tag.clone()], ONE, 2, 10)];
    windows.publish(&after).await.unwrap();
    assert_eq!(next(&mut pushes).await.channel, tag);
    // Left as asked, so that the connection is not taken for lost.
    pushes.ping().await.unwrap();
}

#[tokio::test]
async fn an_event_of_very_many_channels_is_on_each() {
    let windows = begun(FEW).await;
    let many: Vec<Channel> = (0..1_100).map(|_| Channel::Me(UserId::new())).collect();
    let batch = [event(&many, ONE, 1, 10), event(&many[..1], ONE, 2, 10)];
    windows.publish(&batch).await.unwrap();
    windows.publish(&batch).await.unwrap();
    let read = windows.read(&many, Since::Start).await.unwrap();
    let counts: Vec<usize> = read.iter().map(|window| window.entries.len()).collect();
    assert_eq!((counts[0], counts.len()), (2, many.len()));
    assert!(counts[1..].iter().all(|count| *count == 1), "{counts:?}");
}

#[tokio::test]
async fn who_follows_several_is_told_all_in_order() {
    let windows = begun(FEW).await;
    let [ant, bee] = ["ant", "bee"].map(|tag| Channel::Tag(tag.to_owned()));
    let mut pushes = windows.listen().await.unwrap();
    windows.follow(&[ant.clone(), bee.clone()]).await.unwrap();
    let both = [ant.clone(), bee.clone()];
    let batch = [
        event(&both[..1], ONE, 1, 10),
        event(&both[..1], ONE, 2, 10),
        event(&both[1..], ONE, 3, 10),
        event(&both[..1], ONE, 4, 10),
        event(&both, TWO, 9, 10),
    ];
    windows.publish(&batch).await.unwrap();
    let mut told = Vec::new();
    for _ in 0..6 {
        let next = next(&mut pushes).await;
        told.push((next.channel, next.entry.offset));
    }
    let expected = [
        (ant.clone(), 1),
        (ant.clone(), 2),
        (bee.clone(), 3),
        (ant.clone(), 4),
        (ant, 9),
        (bee, 9),
    ];
    assert_eq!(told, expected);
}

/// For how many milliseconds a window and its positions are kept from now on; below 0 if without end, or not.
async fn left(prefix: &str, channel: &Channel) -> [i64; 2] {
    let mut connection = connection().await;
    let mut left = [0; 2];
    for (left, end) in left.iter_mut().zip(["w", "p"]) {
        let mut ask = redis::cmd("PTTL");
        ask.arg(format!("{prefix}bridge2:{{1:{channel}}}{end}"));
        *left = ask.query_async(&mut connection).await.unwrap();
    }
    left
}

#[tokio::test]
async fn what_is_kept_is_kept_for_its_time_and_not_for_ever() {
    let prefix = prefix();
    let windows = windows(&url(), &prefix, FEW);
    windows.install(1).await.unwrap();
    windows.begin(1, OffsetDateTime::UNIX_EPOCH);
    let me = Channel::Me(UserId::new());
    let own = std::slice::from_ref(&me);
    windows.publish(&[event(own, ONE, 1, 10)]).await.unwrap();
    let age = i64::try_from(FEW.age.as_millis()).unwrap();
    let week = 7 * 86_400_000;
    let [window, positions] = left(&prefix, &me).await;
    assert!((age..=age * 17 / 16).contains(&window), "{window}");
    assert!((week..=week * 17 / 16).contains(&positions), "{positions}");
    // Much later: both are given their time anew.
    let mut connection = connection().await;
    let script = "local at = redis.call('TIME')[1] * 1000 - ARGV[1]
        redis.call('SET', KEYS[1], ' 257:1/' .. string.format('%.0f', at), 'PX', 5000)
        return redis.call('PEXPIRE', KEYS[2], 5000)";
    let base = format!("{prefix}bridge2:{{1:{me}}}");
    let mut late = redis::cmd("EVAL");
    late.arg(script)
        .arg(2)
        .arg(format!("{base}p"))
        .arg(format!("{base}w"))
        .arg(age / 8);
    late.exec_async(&mut connection).await.unwrap();
    windows.publish(&[event(own, ONE, 2, 10)]).await.unwrap();
    let [window, positions] = left(&prefix, &me).await;
    assert!(window >= age && positions >= week, "{window} {positions}");
    // Whose user is gone has an end, too, and so has what stays to say that there was something.
    let read = windows.read(own, Since::Start).await.unwrap().remove(0);
    assert_eq!(read.entries.len(), 2);
    assert_eq!(read.position, at(&[(ONE, 2)]));
    let tag = [Channel::Tag("ant".to_owned())];
    let mut theirs = event(&tag, TWO, 1, 10);
    let gone = UserId::new();
    let shown = [Channel::User(gone), tag[0].clone()];
    theirs.channels = shown.to_vec();
    theirs.entry = Arc::new(Entry {
        channels: shown.to_vec().into(),
        shows: Arc::new([gone]),
        ..(*theirs.entry).clone()
    });
    let batch = [event(&tag, TWO, 0, 10), theirs];
    windows.publish(&batch).await.unwrap();
    windows.erase(gone).await.unwrap();
    let [window, positions] = left(&prefix, &tag[0]).await;
    assert!(window > 0 && positions > 0, "{window} {positions}");
    let read = windows.read(&tag, Since::Start).await.unwrap().remove(0);
    assert!(read.entries.is_empty());
    windows.publish(&[event(&tag, TWO, 2, 10)]).await.unwrap();
    assert!(left(&prefix, &tag[0]).await[0] > 0);
}

pub(crate) async fn next(pushes: &mut nova_eventbridge::store::windows::Pushes) -> Told {
    let next = tokio::time::timeout(Duration::from_secs(10), pushes.next());
    next.await.expect("in time").expect("connected")
}

#[tokio::test]
async fn a_lost_connection_is_told_and_another_is_made() {
    let address = url();
    let server = address.trim_start_matches("redis://");
    let server = server.split('/').next().unwrap().to_owned();
    let proxy = Proxy::to(server).await;
    let prefix = prefix();
    let windows = windows(&format!("redis://{}", proxy.address()), &prefix, FEW);
    windows.install(1).await.unwrap();
    windows.begin(1, OffsetDateTime::UNIX_EPOCH);
    let me = [Channel::Me(UserId::new())];
    let mut pushes = windows.listen().await.unwrap();
    windows.follow(&me).await.unwrap();
    windows.publish(&[event(&me, ONE, 1, 10)]).await.unwrap();
    assert_eq!(next(&mut pushes).await.entry.offset, 1);
    proxy.cut();
    let lost = tokio::time::timeout(Duration::from_secs(10), pushes.next());
    assert_eq!(lost.await.expect("in time"), None);
    drop(pushes);
    assert!(!windows.is_up());
    windows.follow(&me).await.unwrap_err();
    let publish = async || windows.publish(&[event(&me, ONE, 2, 10)]).await.is_ok();
    within(Duration::from_secs(10), "redis is found again", publish).await;
    let mut pushes = windows.listen().await.unwrap();
    windows.follow(&me).await.unwrap();
    windows.publish(&[event(&me, ONE, 3, 10)]).await.unwrap();
    assert_eq!(next(&mut pushes).await.entry.offset, 3);
    let kept = async || {
        let read = windows.read(&me, Since::Start).await;
        read.is_ok_and(|read| read[0].entries.len() == 3)
    };
    within(Duration::from_secs(10), "windows are read again", kept).await;
    // A server that says nothing is found by asking.
    proxy.swallow();
    pushes.ping().await.unwrap_err();
    assert_eq!(pushes.next().await, None);
}

#[tokio::test]
async fn whoever_believes_in_another_generation_is_stopped() {
    let prefix = prefix();
    let (one, two) = (windows(&url(), &prefix, FEW), windows(&url(), &prefix, FEW));
    let me = [Channel::Me(UserId::new())];
    one.install(1).await.unwrap();
    one.begin(1, OffsetDateTime::UNIX_EPOCH);
    let mut pushes = one.listen().await.unwrap();
    one.publish(&[event(&me, ONE, 1, 10)]).await.unwrap();
    two.install(2).await.unwrap();
    two.begin(2, OffsetDateTime::UNIX_EPOCH);
    one.publish(&[event(&me, ONE, 2, 10)]).await.unwrap_err();
    assert_eq!(one.generation(), None);
    assert_eq!(pushes.next().await, None);
    one.read(&me, Since::Start).await.unwrap_err();
    one.begin(2, OffsetDateTime::UNIX_EPOCH);
    assert!(
        one.read(&me, Since::Start).await.unwrap()[0]
            .entries
            .is_empty()
    );
    two.publish(&[event(&me, ONE, 2, 10)]).await.unwrap();
    assert_eq!(
        one.read(&me, Since::Start).await.unwrap()[0].entries.len(),
        1
    );
    let (ids, known) = one.servers().await.unwrap();
    assert_eq!((ids.len(), known), (40, Some(2)));
    // Emptied while it runs: nothing says which generation counts.
    let key = format!("{prefix}bridge2:generation");
    let mut connection = connection().await;
    let mut forget = redis::cmd("DEL");
    forget.arg(key);
    forget.exec_async(&mut connection).await.unwrap();
    two.read(&me, Since::Start).await.unwrap_err();
    assert_eq!(two.generation(), None);
}

#[tokio::test]
async fn a_server_that_knows_no_script_is_not_trusted() {
    let windows = windows(&url(), &prefix(), FEW);
    let me = [Channel::Me(UserId::new())];
    // As if it had restarted.
    windows.begin(1, OffsetDateTime::UNIX_EPOCH);
    windows
        .publish(&[event(&me, ONE, 1, 10)])
        .await
        .unwrap_err();
    assert_eq!(windows.generation(), None);
    windows.begin(1, OffsetDateTime::UNIX_EPOCH);
    windows.read(&me, Since::Start).await.unwrap_err();
    assert_eq!(windows.generation(), None);
}
