//! Types that nobody here knows.

use super::*;
use crate::record::header;

fn of_type(event_type: &str, key: &[u8], offset: i64) -> Record {
    Record::restore(Parts {
        topic: TOPIC.into(),
        partition: 3,
        offset,
        key: Some(key),
        headers: Some(vec![(header::TYPE, Some(event_type.as_bytes()))]),
        payload: Some(b"payload"),
    })
}

#[tokio::test]
async fn what_is_set_aside_parks_nothing_until_its_type_is_known() {
    let Some(room) = Room::open().await else {
        return;
    };
    let (first, later, ignored) = (
        of_type("New", b"a", 1),
        of_type("New", b"a", 2),
        of_type("Ignored", b"b", 3),
    );
    let all = [&first, &later, &ignored];
    room.store.set_aside(CONSUMER, &all).await.unwrap();
    // Delivered again after a crash.
    room.store.set_aside(CONSUMER, &all).await.unwrap();
    assert_eq!(room.count("dead_letters WHERE aside").await, 3);
    let of = async |partition, types: &Types| {
        room.store
            .parked(CONSUMER, TOPIC, partition, types)
            .await
            .unwrap()
    };
    assert_eq!(of(3, &Types::default()).await, [b""; 0]);
    let known = Types {
        handled: vec!["New"],
        ignored: vec!["Ignored"],
    };
    // Another partition is another lane's.
    assert_eq!(of(4, &known).await, [b""; 0]);
    assert_eq!(of(3, &known).await, [b"a".to_vec()]);
    assert_eq!(room.count("dead_letters").await, 2);
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    assert_eq!(room.due(&mut replays).await, [parked(b"a")]);
    let letters = room.letters(&mut replays, &parked(b"a"), 10).await;
    assert_eq!(offsets(&letters), [1, 2]);
    // What comes now waits behind it.
    assert_eq!(room.park_behind(&[&record(Some(b"a"), 4)]).await, [true]);
    room.close().await;
}

#[tokio::test]
async fn a_letter_of_a_type_that_is_known_no_more_is_set_aside_again() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&of_type("Old", b"a", 1)).await;
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    let letters = room.letters(&mut replays, &parked(b"a"), 10).await;
    replays.set_aside(letters[0].id).await.unwrap();
    let released = replays.release(&[parked(b"a")]).await.unwrap();
    assert_eq!(released, [parked(b"a")]);
    assert_eq!(room.count("dead_letters WHERE aside").await, 1);
    room.close().await;
}
