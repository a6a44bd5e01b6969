//! Parking, and parking behind.

use sqlx::Row;
use uuid::Uuid;

use super::*;
use crate::store::{Replays, Transaction};

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
    .fetch_one(&room.store.pool)
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
async fn a_partition_knows_its_parked_sequences() {
    let Some(room) = Room::open().await else {
        return;
    };
    room.park(&record(Some(b"a"), 1)).await;
    room.park(&record(None, 2)).await;
    let of = async |partition| {
        let found = room.store.parked(CONSUMER, TOPIC, partition).await;
        let mut found = found.unwrap();
        found.sort();
        found
    };
    assert_eq!(of(3).await, [b"\x003:2".to_vec(), b"a".to_vec()]);
    assert_eq!(of(4).await, [b""; 0]);
    // A key that fails on two partitions is parked on both.
    let mut elsewhere = record(Some(b"a"), 1);
    elsewhere.partition = 4;
    room.park(&elsewhere).await;
    assert_eq!(of(3).await.len(), 2);
    assert_eq!(of(4).await, [b"a".to_vec()]);
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
        let letters = replays.letters(&parked(key), 10_000).await.unwrap();
        let offsets = offsets(&letters);
        assert!(offsets.len() > 680 && offsets.is_sorted(), "{offsets:?}");
        assert!(
            letters
                .iter()
                .all(|letter| letter.record.header("ce_type") == Some("nova.Thing"))
        );
    }
    let first = replays.letters(&parked(b"a"), 2).await.unwrap();
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
        let letters = replays.letters(&of, 10).await.unwrap();
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
        let releasing = half_way(&room.store.pool, release).await;
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
    let mut releasing = half_way(&room.store.pool, lock).await;
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
async fn what_is_claimed_is_new_once_it_is_committed() {
    let Some(room) = Room::open().await else {
        return;
    };
    let event = Uuid::now_v7();
    for (commit, new) in [(false, 1), (true, 1), (true, 0)] {
        let mut tx = room.store.begin().await.unwrap();
        assert_eq!(tx.claim(CONSUMER, &[event]).await.unwrap().len(), new);
        sqlx::query("SELECT 1")
            .execute(tx.connection())
            .await
            .unwrap();
        if commit {
            tx.commit().await.unwrap();
        }
    }
    room.close().await;
}
