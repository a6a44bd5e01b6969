//! What fails for good is parked whole, and the partition flows on.

use nova_event_bus::{DeadLetter, Event, header, list_dead_letters};
use nova_ids::EventId;
use nova_proto::content::v1::PostCreated;
use nova_testkit::{Stack, eventually, within};
use sqlx::PgPool;

use crate::counters;
use crate::door::Door;
use crate::recorder::{Member, Recorder, Trouble, database, effects_of, post};

/// Headers, payload, and the reason that is expected.
type Poison<'a> = (&'a [(&'a str, &'a [u8])], Option<&'a [u8]>, &'a str);

const TOPIC: &str = "content-events";

async fn parked(pool: &PgPool, count: usize) -> Vec<DeadLetter> {
    let limit = std::time::Duration::from_secs(60);
    within(limit, &format!("{count} events are parked"), async || {
        let letters = list_dead_letters(pool, 100).await.unwrap();
        if letters.len() >= count {
            Ok(letters)
        } else {
            Err(letters)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_parks_later_events_of_its_key_and_no_others() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let recorder = Recorder::default();
    let troubles = [
        ("permanent", Trouble::Permanent, "conflict", 1),
        ("panic", Trouble::Panic, "internal", 1),
        ("lasting", Trouble::Lasting, "unavailable", 2),
    ];
    for (content, trouble, _, _) in troubles {
        recorder.trouble(content, trouble);
        for text in ["before", content, "behind", "last"] {
            stack.publish(&post(content, text)).await;
        }
    }
    stack.publish(&post("well", "well")).await;
    let member = recorder.consume(&stack.kafka, &pool);
    let letters = parked(&pool, 9).await;
    eventually("the key without trouble flows", async || {
        effects_of(&pool, "well").await == ["well"]
    })
    .await;
    for (content, _, code, attempts) in troubles {
        assert_eq!(effects_of(&pool, content).await, ["before"], "{content}");
        let found = letters.iter().find(|letter| letter.code == code);
        let letter = found.unwrap_or_else(|| panic!("{content} is not among {letters:?}"));
        assert!(letter.attempts >= attempts, "{letter:?}");
        assert_eq!(letter.consumer, "recorder");
        assert_eq!(
            letter.event_type.as_deref(),
            Some(PostCreated::INFO.event_type)
        );
        assert!(
            letter.topic.ends_with(TOPIC) && letter.event_id.is_some(),
            "{letter:?}"
        );
    }
    let waiting = letters.iter().filter(|letter| letter.attempts == 0);
    assert_eq!(waiting.count(), 6, "{letters:?}");
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_parked_with_its_reason() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let id = EventId::new().to_string();
    let created = (header::TYPE, PostCreated::INFO.event_type.as_bytes());
    let with_id = [created, (header::ID, id.as_bytes())];
    let poisons: [Poison<'_>; 7] = [
        (&with_id, Some(b"\xff\xff\xff"), "undecodable"),
        (&with_id, None, "no_payload"),
        (&[created], Some(b""), "no_id"),
        (&[created, (header::ID, b"seven")], Some(b""), "bad_id"),
        (&[], Some(b"{}"), "no_type"),
        (
            &[(header::ID, b"nul\0nul"), created, ("\u{1}", b"\0\xff")],
            Some(b"\0"),
            "bad_id",
        ),
        (&[(header::TYPE, b"\xff\xfe")], Some(b""), "no_type"),
    ];
    for (number, (headers, payload, _)) in (b'0'..).zip(poisons) {
        // Each has a key of its own: what has the key of a parked one is not looked at.
        let key = [b'\0', number, 0xff];
        stack.produce(TOPIC, Some(&key), payload, headers).await;
        stack.produce(TOPIC, None, payload, headers).await;
    }
    stack.publish(&post("a", "well")).await;
    let recorder = Recorder::default();
    let member = recorder.consume(&stack.kafka, &pool);
    let letters = parked(&pool, 2 * poisons.len()).await;
    eventually("the good one is handled", async || {
        effects_of(&pool, "a").await == ["well"]
    })
    .await;
    for (_, _, reason) in poisons {
        let expected = poisons
            .iter()
            .filter(|(_, _, other)| *other == reason)
            .count()
            * 2;
        let found = letters
            .iter()
            .filter(|letter| letter.reason.starts_with(reason))
            .count();
        assert_eq!(found, expected, "{reason}: {letters:?}");
    }
    // Nothing of the message is lost: it can be handled once its handler is mended.
    let (key, names, values, payload): (Vec<u8>, Vec<String>, Vec<Vec<u8>>, Vec<u8>) =
        sqlx::query_as(
            "SELECT key, header_names, header_values, payload FROM dead_letters
             WHERE header_names[1] = 'ce_id' AND header_names[3] IS NOT NULL AND key IS NOT NULL",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(
        (key.as_slice(), payload.as_slice()),
        (&b"\x005\xff"[..], &b"\0"[..])
    );
    assert_eq!(names, [header::ID, header::TYPE, "\u{1}"]);
    let event_type = PostCreated::INFO.event_type.as_bytes().to_vec();
    assert_eq!(
        values,
        [b"nul\0nul".to_vec(), event_type, b"\0\xff".to_vec()]
    );
    member.leave().await;
    stack.finish().await;
}

/// One that failed, two behind it, three of an unknown type, and one that could not be published.
const STOCK: &str = "
    INSERT INTO parked_sequences (consumer, topic, sequence, partition) VALUES ('stocked', 'posts', 'a', 0);
    INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence, header_names, header_values,
        failed, aside, code, reason, attempts)
    SELECT gen_random_uuid(), consumer, 'posts', 0, position, sequence, '{}', '{}', failed, aside, 'conflict', 'gone', 1
    FROM (VALUES
        ('stocked', 1, 'a'::bytea, true, false),
        ('stocked', 2, 'a', false, false),
        ('stocked', 3, 'a', false, false),
        ('stocked', 4, 'b', true, true),
        ('stocked', 5, 'c', true, true),
        ('stocked', 6, 'd', true, true),
        ('outbox', 7, 'e', true, false)
    ) AS letter(consumer, position, sequence, failed, aside)";

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_how_many_letters_there_are() {
    counters::record();
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    sqlx::raw_sql(STOCK).execute(&pool).await.unwrap();
    let member = Member::start(Door::default().once("stocked", &stack.kafka, &pool));
    eventually("letters are counted", async || {
        let told = counters::values("nova_dead_letters", "stocked");
        if told.starts_with(&[1.0, 2.0, 3.0]) {
            Ok(())
        } else {
            Err(told)
        }
    })
    .await;
    // What begins with 1 is not seen to grow.
    for counter in ["nova_events_dropped_total", "nova_events_set_aside_total"] {
        assert_eq!(counters::values(counter, "stocked"), [0.0], "{counter}");
    }
    member.leave().await;
    stack.finish().await;
}
