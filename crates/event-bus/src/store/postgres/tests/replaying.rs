//! The one who replays.

use nova_testkit::eventually;

use super::*;

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

fn failed(letter: uuid::Uuid, again: Option<Duration>) -> FailedAgain {
    FailedAgain {
        letter,
        failure: Failure::timed_out("test", Duration::from_secs(30)),
        fingerprint: "another".to_owned(),
        attempts: 8,
        tries: 1,
        again,
        is_another: false,
    }
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
    assert_eq!(room.due(&mut replays).await, []);
    room.run("UPDATE parked_sequences SET replay_requested_at = now() WHERE sequence = 'b'")
        .await;
    room.run("UPDATE parked_sequences SET replay_requested_at = now() WHERE sequence = 'a'")
        .await;
    room.run("UPDATE parked_sequences SET next_at = now() WHERE sequence = 'c'")
        .await;
    let all = [parked(b"b"), parked(b"a"), parked(b"c")];
    assert_eq!(room.due(&mut replays).await, all);
    // What is in hand is left alone.
    let most = Most {
        sequences: 10,
        letters: 10,
    };
    let due = replays.due(&all[1..], most).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(offsets(&due[0].letters), [1]);
    assert_eq!(replays.release(&all[..1]).await.unwrap(), []);
    replays.handled(&[due[0].letters[0].id]).await.unwrap();
    assert_eq!(replays.release(&all).await.unwrap(), all[..1]);
    assert_eq!(room.due(&mut replays).await, all[1..]);
    assert_eq!(room.park_behind(&[&record(Some(b"b"), 4)]).await, [false]);
    room.close().await;
}

#[tokio::test]
async fn what_may_pass_goes_again_when_its_time_has_come() {
    let Some(room) = Room::open().await else {
        return;
    };
    let hour = Duration::from_secs(3_600);
    room.park_until(&record(Some(b"a"), 1), Some(hour)).await;
    room.park_until(&record(Some(b"b"), 2), Some(Duration::ZERO))
        .await;
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    assert_eq!(room.due(&mut replays).await, [parked(b"b")]);
    let letters = room.letters(&mut replays, &parked(b"b"), 10).await;
    let again = failed(letters[0].id, Some(hour));
    replays.failed(&parked(b"b"), &again, "1").await.unwrap();
    assert_eq!(room.due(&mut replays).await, []);
    room.run("UPDATE parked_sequences SET next_at = next_at - interval '1 hour'")
        .await;
    assert_eq!(room.due(&mut replays).await.len(), 2);
    // A group that is held goes when somebody asks for it, and not before.
    let pool = &room.store.tables.pool;
    assert!(
        crate::dead_letter::hold(pool, "another", "ada")
            .await
            .unwrap()
    );
    assert!(
        !crate::dead_letter::hold(pool, "another", "ada")
            .await
            .unwrap()
    );
    assert_eq!(room.due(&mut replays).await, [parked(b"a")]);
    room.run(REQUEST).await;
    assert_eq!(room.due(&mut replays).await.len(), 2);
    assert!(
        crate::dead_letter::release(pool, "another", "ada")
            .await
            .unwrap()
    );
    room.close().await;
}

#[tokio::test]
async fn what_failed_for_good_goes_once_with_each_build() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    let mut due_for = async |build: &str| {
        replays.renew(build).await.unwrap();
        let due = room.due(&mut replays).await.len();
        if due > 0 {
            let letters = room.letters(&mut replays, &parked(b"a"), 10).await;
            let again = failed(letters[0].id, None);
            replays.failed(&parked(b"a"), &again, build).await.unwrap();
        }
        due
    };
    // Build 1 has parked it.
    for (build, due) in [("1", 0), ("2", 1), ("2", 0), ("1", 0), ("3", 1), ("2", 0)] {
        assert_eq!(due_for(build).await, due, "{build}");
    }
    room.close().await;
}

#[tokio::test]
async fn a_letter_that_fails_again_says_why() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    assert_eq!(room.park_behind(&[&record(Some(b"a"), 2)]).await, [true]);
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    let letters = room.letters(&mut replays, &parked(b"a"), 10).await;
    replays.handled(&[letters[0].id]).await.unwrap();
    room.run(REQUEST).await;
    let again = failed(letters[1].id, None);
    replays.failed(&parked(b"a"), &again, "1").await.unwrap();
    assert_eq!(room.due(&mut replays).await, []);
    assert_eq!(replays.release(&[parked(b"a")]).await.unwrap(), []);
    let found: (bool, i32, i32, String, String, String, bool) = sqlx::query_as(
        "SELECT failed, attempts, replays, code, reason, fingerprint, replayed_at IS NOT NULL
         FROM dead_letters",
    )
    .fetch_one(&room.store.tables.pool)
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
    // Of a letter that was discarded meanwhile there is nothing to note.
    room.run("DELETE FROM dead_letters WHERE failed; UPDATE parked_sequences SET next_at = now()")
        .await;
    replays.failed(&parked(b"a"), &again, "1").await.unwrap();
    assert_eq!(room.due(&mut replays).await, [parked(b"a")]);
    room.close().await;
}

#[tokio::test]
async fn a_release_waits_for_who_parks_behind_and_finds_the_letter() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    let first = room.letters(&mut replays, &parked(b"a"), 1).await;
    // Half way through parking behind: the lock is there, the letter not yet for others.
    let parking = half_way(
        &room.store.tables.pool,
        "SELECT FROM parked_sequences FOR KEY SHARE;
         INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence,
             header_names, header_values, code, reason, attempts)
         VALUES (gen_random_uuid(), 'tester', 'topic', 3, 2, 'a', '{}', '{}', '', '', 0)",
    )
    .await;
    replays.handled(&[first[0].id]).await.unwrap();
    let sequence = [parked(b"a")];
    let (released, ()) = tokio::join!(replays.release(&sequence), async {
        room.someone_waits().await;
        end(parking, "COMMIT").await;
    });
    assert_eq!(released.unwrap(), []);
    let rest = room.letters(&mut replays, &parked(b"a"), 10).await;
    assert_eq!(offsets(&rest), [2]);
    room.close().await;
}
