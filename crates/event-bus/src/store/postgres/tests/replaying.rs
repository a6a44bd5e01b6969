//! The one who replays.

use nova_testkit::eventually;

use super::*;
use crate::store::Replays;

const REQUEST: &str = "UPDATE parked_sequences SET replay_requested_at = clock_timestamp()";

#[tokio::test]
async fn only_one_replays_a_consumers_letters_until_its_connection_ends() {
    let Some(room) = Room::open().await else {
        return;
    };
    let replays = room.store.replays(CONSUMER).await.unwrap();
    assert!(replays.is_some());
    assert!(room.store.replays(CONSUMER).await.unwrap().is_none());
    assert!(room.store.replays("another").await.unwrap().is_some());
    drop(replays);
    eventually("another has the right", async || {
        room.store.replays(CONSUMER).await.unwrap().is_some()
    })
    .await;
    room.close().await;
}

#[tokio::test]
async fn the_sequence_that_was_asked_for_first_is_replayed_first() {
    let Some(room) = Room::open().await else {
        return;
    };
    for (key, offset) in [(b"b", 1), (b"a", 2), (b"c", 3)] {
        room.park(&record(Some(key), offset)).await;
    }
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    assert_eq!(replays.requested().await.unwrap(), None);
    room.run("UPDATE parked_sequences SET replay_requested_at = now() WHERE sequence = 'b'")
        .await;
    room.run("UPDATE parked_sequences SET replay_requested_at = now() WHERE sequence = 'a'")
        .await;
    assert_eq!(replays.requested().await.unwrap(), Some(parked(b"b")));
    assert!(!replays.release(&parked(b"b")).await.unwrap());
    let letters = replays.letters(&parked(b"b"), 10).await.unwrap();
    assert_eq!(offsets(&letters), [1]);
    replays.handled(&[letters[0].id]).await.unwrap();
    assert!(replays.release(&parked(b"b")).await.unwrap());
    assert_eq!(replays.requested().await.unwrap(), Some(parked(b"a")));
    // Released twice is released.
    assert!(replays.release(&parked(b"b")).await.unwrap());
    assert_eq!(room.park_behind(&[&record(Some(b"b"), 4)]).await, [false]);
    room.close().await;
}

#[tokio::test]
async fn a_letter_that_fails_again_says_why_and_waits_for_the_next_request() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    assert_eq!(room.park_behind(&[&record(Some(b"a"), 2)]).await, [true]);
    room.run(REQUEST).await;
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    let letters = replays.letters(&parked(b"a"), 10).await.unwrap();
    replays.handled(&[letters[0].id]).await.unwrap();
    let failure = Failure::timed_out("test", std::time::Duration::from_secs(30));
    let print = "another".to_owned();
    replays
        .failed(&parked(b"a"), letters[1].id, &failure, print, 8)
        .await
        .unwrap();
    assert_eq!(replays.requested().await.unwrap(), None);
    assert!(!replays.release(&parked(b"a")).await.unwrap());
    let found: (bool, i32, i32, String, String, String, bool) = sqlx::query_as(
        "SELECT failed, attempts, replays, code, reason, fingerprint, replayed_at IS NOT NULL
         FROM dead_letters",
    )
    .fetch_one(&room.store.pool)
    .await
    .unwrap();
    let reason = "timeout: not handled within 30 s".to_owned();
    let expected = (
        true,
        8,
        1,
        "timeout".to_owned(),
        reason,
        "another".to_owned(),
        true,
    );
    assert_eq!(found, expected);
    // The next one still parks behind it.
    assert_eq!(room.park_behind(&[&record(Some(b"a"), 3)]).await, [true]);
    room.close().await;
}

#[tokio::test]
async fn a_release_waits_for_who_parks_behind_and_finds_the_letter() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    let first = replays.letters(&parked(b"a"), 1).await.unwrap();
    // Half way through parking behind: the lock is there, the letter not yet for others.
    let parking = half_way(
        &room.store.pool,
        "SELECT FROM parked_sequences FOR KEY SHARE;
         INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence,
             header_names, header_values, code, reason, attempts)
         VALUES (gen_random_uuid(), 'tester', 'topic', 3, 2, 'a', '{}', '{}', '', '', 0)",
    )
    .await;
    replays.handled(&[first[0].id]).await.unwrap();
    let sequence = parked(b"a");
    let (released, ()) = tokio::join!(replays.release(&sequence), async {
        room.someone_waits().await;
        end(parking, "COMMIT").await;
    });
    assert!(!released.unwrap());
    let rest = replays.letters(&sequence, 10).await.unwrap();
    assert_eq!(offsets(&rest), [2]);
    room.close().await;
}
