//! Parking, and parking behind.

use sqlx::Row;
use uuid::Uuid;

use super::*;
use crate::inbox;
use crate::store::Transaction;

#[tokio::test]
async fn parking_twice_leaves_one_letter_in_one_parked_sequence() {
    let Some(room) = Room::open().await else {
        return;
    };
    let failed = record(Some(b"a"), 1);
    room.park(&failed).await;
    room.park(&failed).await;
    let row = sqlx::query(
        "SELECT sequence, failed, code, reason, attempts, fingerprint FROM dead_letters",
    )
    .fetch_one(&room.store.tables.pool)
    .await
    .unwrap();
    assert_eq!(row.get::<Vec<u8>, _>("sequence"), b"a");
    assert!(row.get::<bool, _>("failed"));
    assert_eq!(row.get::<String, _>("code"), "invalid");
    assert_eq!(row.get::<String, _>("reason"), "bad: said \u{fffd}");
    assert_eq!(row.get::<i32, _>("attempts"), 2);
    assert_eq!(row.get::<String, _>("fingerprint"), "0123456789ab");
    assert_eq!(room.count("dead_letters").await, 1);
    assert_eq!(room.count("parked_sequences").await, 1);
    room.close().await;
}

#[tokio::test]
async fn only_events_of_parked_sequences_park_behind() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    let (behind, free, again) = (
        record(Some(b"a"), 2),
        record(Some(b"b"), 3),
        record(Some(b"a"), 4),
    );
    assert_eq!(
        room.park_behind(&[&behind, &free, &again]).await,
        [true, false, true]
    );
    // Delivered again after a crash: the same answer, and no second letter.
    assert_eq!(room.park_behind(&[&behind, &behind]).await, [true, true]);
    assert_eq!(room.count("dead_letters").await, 3);
    assert_eq!(
        room.count("dead_letters WHERE NOT failed AND attempts = 0")
            .await,
        2
    );
    assert_eq!(room.park_behind(&[]).await, [false; 0]);
    let other = room.store.park_behind("another", &[&behind]).await.unwrap();
    assert_eq!(other, [false]);
    room.close().await;
}

#[tokio::test]
async fn every_partition_knows_the_parked_sequences_of_its_topic() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    room.park(&record(None, 2)).await;
    let none = Types::default();
    // Partitions may have been added, and the key have moved.
    for partition in [3, 4] {
        let found = room.store.parked(CONSUMER, TOPIC, partition, &none);
        let mut found = found.await.unwrap();
        found.sort();
        assert_eq!(found, [b"\x003:2".to_vec(), b"a".to_vec()]);
    }
    let other = room.store.parked(CONSUMER, "other", 3, &none);
    assert_eq!(other.await.unwrap(), [b""; 0]);
    room.close().await;
}

#[tokio::test]
async fn letters_of_a_topic_that_was_made_anew_are_told_apart_by_what_is_in_them() {
    let Some(room) = Room::open().await else {
        return;
    };
    let plain = |payload: &'static [u8]| {
        Record::restore(Parts {
            topic: TOPIC.into(),
            partition: 3,
            offset: 1,
            key: Some(b"a"),
            headers: Some(Vec::new()),
            payload: Some(payload),
        })
    };
    let (old, new) = (plain(b"old"), plain(b"new"));
    room.park(&old).await;
    assert_eq!(room.park_behind(&[&new, &old]).await, [true, true]);
    assert_eq!(room.count("dead_letters").await, 2);
    room.close().await;
}

#[tokio::test]
async fn many_letters_keep_their_order() {
    let Some(room) = Room::open().await else {
        return;
    };
    let keys = [b"a", b"b", b"c"];
    for (key, offset) in keys.iter().zip(0..) {
        room.park(&record(Some(*key), offset)).await;
    }
    for batch in 0..4 {
        let records: Vec<Record> = (0..512)
            .map(|place| 10 + batch * 512 + place)
            .map(|offset| record(Some(keys[offset as usize % 3]), offset))
            .collect();
        let records: Vec<&Record> = records.iter().collect();
        assert_eq!(room.park_behind(&records).await, [true; 512]);
    }
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    for key in keys {
        let letters = room.letters(&mut replays, &parked(key), 10_000).await;
        let offsets = offsets(&letters);
        assert!(offsets.len() > 680 && offsets.is_sorted(), "{offsets:?}");
        assert!(
            letters
                .iter()
                .all(|letter| letter.record.header("ce_type") == Some("nova.Thing"))
        );
    }
    let first = room.letters(&mut replays, &parked(b"a"), 2).await;
    assert_eq!(offsets(&first), [0, 12]);
    room.close().await;
}

#[tokio::test]
async fn a_record_comes_back_as_it_was() {
    let Some(room) = Room::open().await else {
        return;
    };
    let long = vec![b'k'; 100_000];
    // Random, so that it does not become short by compression: an index would refuse it.
    let long_id: String = (0..1_000).map(|_| Uuid::new_v4().to_string()).collect();
    let headers: Vec<(&str, Option<&[u8]>)> = vec![
        ("ce_id", Some(long_id.as_bytes())),
        ("ce_type", Some(b"nul\0nul")),
        ("nothing", None),
        ("empty", Some(b"")),
        ("empty", Some(b"\0\xff")),
    ];
    let whole = |key, headers, payload| {
        Record::restore(Parts {
            topic: TOPIC.into(),
            partition: 3,
            offset: 9,
            key,
            headers,
            payload,
        })
    };
    let records = [
        whole(Some(&long), Some(headers.clone()), Some(b"\0".as_slice())),
        whole(None, Some(headers), None),
        whole(
            Some(b"\0key\xff".as_slice()),
            Some(Vec::new()),
            Some(b"".as_slice()),
        ),
        whole(Some(b"".as_slice()), None, Some(b"unreadable".as_slice())),
    ];
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    for (mut record, place) in records.into_iter().zip([10, 20, 30, 40]) {
        record.offset = place;
        room.park(&record).await;
        let of = parked(&record.sequence());
        // One without a key has no other of its sequence behind it.
        let has_key = record.key().is_some();
        record.offset += 1;
        assert_eq!(room.park_behind(&[&record]).await, [has_key]);
        let letters = room.letters(&mut replays, &of, 10).await;
        assert_eq!(
            offsets(&letters),
            [place, place + 1][..1 + usize::from(has_key)]
        );
        for letter in &letters {
            let found = &letter.record;
            assert_eq!((found.topic(), found.partition()), (TOPIC, 3));
            assert_eq!(
                (found.key(), found.payload()),
                (record.key(), record.payload())
            );
            assert_eq!(found.is_readable(), record.is_readable());
            assert!(found.headers().eq(record.headers()));
        }
    }
    room.close().await;
}

#[tokio::test]
async fn who_parks_behind_waits_for_a_release_and_finds_the_sequence_flowing() {
    let Some(room) = Room::open().await else {
        return;
    };
    let behind = record(Some(b"a"), 2);
    for (how, expected) in [("ROLLBACK", true), ("COMMIT", false)] {
        room.park(&record(Some(b"a"), 1)).await;
        let release = "DELETE FROM dead_letters; DELETE FROM parked_sequences";
        let releasing = half_way(&room.store.tables.pool, release).await;
        let records = [&behind];
        let (answer, ()) = tokio::join!(room.park_behind(&records), async {
            room.someone_waits().await;
            end(releasing, how).await;
        });
        assert_eq!(answer, [expected], "{how}");
    }
    assert_eq!(room.count("dead_letters").await, 0);
    room.close().await;
}

#[tokio::test]
async fn who_parks_while_the_sequence_is_released_parks_it_again() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    let lock = "DELETE FROM dead_letters; SELECT FROM parked_sequences FOR UPDATE";
    let mut releasing = half_way(&room.store.tables.pool, lock).await;
    let failed = record(Some(b"a"), 2);
    tokio::join!(room.park(&failed), async {
        room.someone_waits().await;
        let delete = sqlx::raw_sql("DELETE FROM parked_sequences");
        delete.execute(&mut releasing).await.unwrap();
        end(releasing, "COMMIT").await;
    });
    assert_eq!(room.count("dead_letters").await, 1);
    assert_eq!(room.count("parked_sequences").await, 1);
    room.close().await;
}

#[tokio::test]
async fn a_commit_of_an_aborted_transaction_fails() {
    let Some(room) = Room::open().await else {
        return;
    };
    let event = Uuid::now_v7();
    let mut tx = room.store.begin().await.unwrap();
    tx.claim(CONSUMER, &[event]).await.unwrap();
    let swallowed = sqlx::query("SELECT 1 / 0").execute(tx.connection().unwrap());
    assert!(swallowed.await.is_err());
    let failure = tx.commit().await.unwrap_err();
    assert_eq!(failure.reason, "aborted_transaction");
    assert!(!failure.hold && !failure.code.is_transient());
    // Its connection is as good as any.
    let mut tx = room.store.begin().await.unwrap();
    assert_eq!(tx.claim(CONSUMER, &[event]).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    room.close().await;
}

#[tokio::test]
async fn an_event_is_known_whatever_the_day_it_was_claimed_and_whatever_its_id_is() {
    let Some(room) = Room::open().await else {
        return;
    };
    let old = Uuid::new_v7(uuid::Timestamp::from_unix(
        uuid::NoContext,
        1_600_000_000,
        0,
    ));
    let events = [old, Uuid::new_v4(), Uuid::now_v7()];
    let mut tx = room.store.begin().await.unwrap();
    assert_eq!(tx.claim(CONSUMER, &events).await.unwrap().len(), 3);
    tx.commit().await.unwrap();
    // They were claimed some days ago; the last of them, made today, cannot have been.
    room.run(
        "CREATE TABLE inbox_before PARTITION OF inbox
             FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-01-02 00:00+00')",
    )
    .await;
    let moved = "UPDATE inbox SET claimed_at = '2026-01-01 12:00+00' WHERE event_id = ANY($1)";
    sqlx::query(moved)
        .bind(&events[..2])
        .execute(&room.store.tables.pool)
        .await
        .unwrap();
    let mut tx = room.store.begin().await.unwrap();
    assert!(tx.claim(CONSUMER, &events).await.unwrap().is_empty());
    drop(tx);
    room.close().await;
}

#[tokio::test]
async fn the_inbox_has_days_to_come_and_forgets_those_long_past() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.run(
        "CREATE TABLE inbox_20260101 PARTITION OF inbox
             FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-01-02 00:00+00');
         INSERT INTO inbox VALUES ('tester', gen_random_uuid(), '2026-01-01 12:00+00')",
    )
    .await;
    // Of an event that has a letter nothing is forgotten.
    let lettered = Uuid::now_v7();
    let claimed = "INSERT INTO inbox VALUES ('tester', $1, '2026-01-01 12:00+00')";
    let pool = &room.store.tables.pool;
    sqlx::query(claimed)
        .bind(lettered)
        .execute(pool)
        .await
        .unwrap();
    room.park(&record(Some(b"a"), 1)).await;
    let letter = "UPDATE dead_letters SET event_id = $1";
    sqlx::query(letter)
        .bind(lettered.to_string())
        .execute(pool)
        .await
        .unwrap();
    let tables = &room.store.tables;
    let day = Duration::from_secs(24 * 3_600);
    // Nobody knows yet for how long topics are kept.
    assert_eq!(inbox::upkeep(tables, None).await.unwrap(), 0);
    assert_eq!(room.count("inbox").await, 2);
    // Yesterday, today, and three days to come.
    let days = room
        .count("pg_inherits WHERE inhparent = 'inbox'::regclass")
        .await;
    assert_eq!(days, 1 + 5);
    assert_eq!(inbox::upkeep(tables, Some(Duration::MAX)).await.unwrap(), 0);
    assert_eq!(inbox::upkeep(tables, Some(7 * day)).await.unwrap(), 1);
    assert_eq!(room.count("inbox").await, 1);
    assert_eq!(inbox::upkeep(tables, Some(7 * day)).await.unwrap(), 0);
    let mut tx = room.store.begin().await.unwrap();
    assert!(tx.claim(CONSUMER, &[lettered]).await.unwrap().is_empty());
    drop(tx);
    room.close().await;
}

#[tokio::test]
async fn a_letter_is_taken_out_with_its_effects_and_only_once() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    let mut replays = room.store.replays(CONSUMER).await.unwrap().unwrap();
    let letters = room.letters(&mut replays, &parked(b"a"), 10).await;
    let ids = [letters[0].id];
    let mut tx = room.store.begin().await.unwrap();
    assert!(tx.take_out(&ids).await.unwrap());
    drop(tx);
    // Rolled back: it is still there.
    eventually("it is there again", async || {
        room.count("dead_letters").await == 1
    })
    .await;
    let mut tx = room.store.begin().await.unwrap();
    assert!(tx.take_out(&ids).await.unwrap());
    tx.commit().await.unwrap();
    // Whoever comes later finds that somebody else has seen to it.
    let mut tx = room.store.begin().await.unwrap();
    assert!(!tx.take_out(&ids).await.unwrap());
    drop(tx);
    room.close().await;
}

#[tokio::test]
async fn what_is_claimed_is_new_once_it_is_committed() {
    let Some(room) = Room::open().await else {
        return;
    };
    let event = Uuid::now_v7();
    for (commit, new) in [(false, 1), (true, 1), (true, 0)] {
        let mut tx = room.store.begin().await.unwrap();
        assert_eq!(tx.claim(CONSUMER, &[event]).await.unwrap().len(), new);
        sqlx::query("SELECT 1")
            .execute(tx.connection().unwrap())
            .await
            .unwrap();
        if commit {
            tx.commit().await.unwrap();
        }
    }
    room.close().await;
}
