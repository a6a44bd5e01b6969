//! What operators do with dead letters.

use nova_event_bus::dead_letter::{
    Changed, Selection, audit, discard, groups, letters, request_replay, show,
};
use nova_testkit::{Stack, eventually};
use sqlx::PgPool;
use sqlx::postgres::PgListener;

use crate::recorder::database;

/// Two keys of one topic with failures of two groups and letters behind them, one letter that could not be
/// published, and one without a key.
const LETTERS: &str = "
    INSERT INTO parked_sequences (consumer, topic, sequence, partition)
    VALUES ('feed', 'posts', 'a', 0), ('feed', 'posts', 'b', 1), ('feed', 'posts', '\\x00303a37', 0);
    INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence, key, event_id,
        event_type, header_names, header_values, payload, failed, fingerprint, code, reason, attempts)
    SELECT id::uuid, consumer, topic, 0, position, sequence, key, event_id, 'nova.Thing',
        '{ce_id,empty}', '{\"\\\\x31\",NULL}', 'payload', print IS NOT NULL OR consumer = 'outbox', print,
        'conflict', 'gone', 1
    FROM (VALUES
        ('00000000-0000-0000-0000-000000000001', 'feed', 'posts', 1, 'a'::bytea, 'a'::bytea, 'e1', 'one'),
        ('00000000-0000-0000-0000-000000000002', 'feed', 'posts', 2, 'a', 'a', 'e2', NULL),
        ('00000000-0000-0000-0000-000000000003', 'feed', 'posts', 3, 'a', 'a', 'e3', 'two'),
        ('00000000-0000-0000-0000-000000000004', 'feed', 'posts', 4, 'a', 'a', 'e4', NULL),
        ('00000000-0000-0000-0000-000000000005', 'feed', 'posts', 5, 'b', 'b', 'e5', 'one'),
        ('00000000-0000-0000-0000-000000000006', 'outbox', 'posts', 6, '', 'a', 'e6', NULL),
        ('00000000-0000-0000-0000-000000000007', 'feed', 'posts', 7, '\\x00303a37', NULL, 'e7', 'two')
    ) AS letter(id, consumer, topic, position, sequence, key, event_id, print)";

async fn with_letters(stack: &Stack) -> PgPool {
    let pool = database(stack).await;
    sqlx::raw_sql(LETTERS).execute(&pool).await.unwrap();
    pool
}

fn group(fingerprint: &str) -> Selection {
    Selection::Group(fingerprint.to_owned())
}

fn key(topic: Option<&str>, key: &[u8]) -> Selection {
    Selection::Key {
        topic: topic.map(str::to_owned),
        key: key.to_vec(),
    }
}

fn event(id: &str) -> Selection {
    Selection::Event(id.to_owned())
}

/// Offsets of the letters that are left, and the keys that are parked.
async fn state(pool: &PgPool) -> (Vec<i64>, i64, i64) {
    sqlx::query_as(
        "SELECT (SELECT array_agg(position ORDER BY position) FROM dead_letters),
                (SELECT count(*) FROM parked_sequences),
                (SELECT count(replay_requested_at) FROM parked_sequences)",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_list_shows_groups_and_letters() {
    let stack = Stack::new().await;
    let pool = with_letters(&stack).await;
    let found = groups(&pool, &Selection::All, 10).await.unwrap();
    let mut found: Vec<_> = found
        .iter()
        .map(|group| {
            let name = group.fingerprint.as_deref().unwrap_or("-");
            (
                name,
                &*group.consumer,
                group.failed,
                group.waiting,
                group.keys,
            )
        })
        .collect();
    found.sort_unstable();
    let expected = [
        ("-", "outbox", 1, 0, 1),
        ("one", "feed", 2, 2, 2),
        ("two", "feed", 2, 2, 2),
    ];
    assert_eq!(found, expected);
    let of = async |selection: Selection| {
        let found = letters(&pool, &selection, 10).await.unwrap();
        let mut offsets: Vec<i64> = found.iter().map(|letter| letter.position).collect();
        offsets.sort_unstable();
        offsets
    };
    assert_eq!(of(Selection::All).await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(of(group("one")).await, [1, 5]);
    // What could not be published is of its key, too.
    assert_eq!(of(key(None, b"a")).await, [1, 2, 3, 4, 6]);
    assert_eq!(of(key(Some("posts"), b"b")).await, [5]);
    assert_eq!(of(key(Some("others"), b"b")).await, [0; 0]);
    assert_eq!(of(event("e4")).await, [4]);
    assert_eq!(of(event("00000000-0000-0000-0000-000000000006")).await, [6]);
    assert_eq!(of(Selection::Consumer("outbox".to_owned())).await, [6]);
    assert_eq!(letters(&pool, &Selection::All, 2).await.unwrap().len(), 2);
    assert_eq!(groups(&pool, &group("one"), 10).await.unwrap().len(), 1);
    stack.finish().await;
}

#[tokio::test]
async fn a_letter_is_shown_whole() {
    let stack = Stack::new().await;
    let pool = with_letters(&stack).await;
    let found = show(&pool, &event("e2"), 10).await.unwrap();
    let whole = found.first().unwrap();
    assert_eq!((whole.before, whole.behind), (1, 2));
    assert_eq!(whole.payload.as_deref(), Some(b"payload".as_slice()));
    let headers = [
        ("ce_id".to_owned(), Some(b"1".to_vec())),
        ("empty".to_owned(), None),
    ];
    assert_eq!(whole.headers.as_deref(), Some(headers.as_slice()));
    assert!(!whole.letter.failed && whole.replay_requested_at.is_none());
    assert!(show(&pool, &event("e99"), 10).await.unwrap().is_empty());
    stack.finish().await;
}

#[tokio::test]
async fn a_replay_is_asked_for_by_key_and_consumers_hear_of_it() {
    let stack = Stack::new().await;
    let pool = with_letters(&stack).await;
    let mut listener = PgListener::connect_with(&pool).await.unwrap();
    listener.listen("nova_replay").await.unwrap();

    let dry = request_replay(&pool, &group("one"), "me", true)
        .await
        .unwrap();
    assert_eq!((dry.keys, dry.letters), (2, 5));
    assert_eq!(state(&pool).await, (vec![1, 2, 3, 4, 5, 6, 7], 3, 0));
    assert!(audit(&pool, 10).await.unwrap().is_empty());

    let done = request_replay(&pool, &group("one"), "me\0", false)
        .await
        .unwrap();
    assert_eq!(done, dry);
    assert_eq!(state(&pool).await, (vec![1, 2, 3, 4, 5, 6, 7], 3, 2));
    assert_eq!(listener.recv().await.unwrap().payload(), "feed");
    // Asking again does not put it behind what was asked for meanwhile.
    let before: time::OffsetDateTime = first_request(&pool).await;
    let all = request_replay(&pool, &Selection::All, "you", false)
        .await
        .unwrap();
    assert_eq!((all.keys, all.letters, all.not_replayable), (3, 6, 1));
    assert_eq!(first_request(&pool).await, before);

    let nothing = request_replay(&pool, &event("e99"), "you", false)
        .await
        .unwrap();
    assert_eq!(nothing, Changed::default());
    let entries = audit(&pool, 10).await.unwrap();
    let entries: Vec<_> = entries
        .iter()
        .map(|entry| {
            (
                &*entry.actor,
                &*entry.action,
                &*entry.selected,
                entry.letters,
            )
        })
        .collect();
    let expected = [
        ("you", "replay", "all", 6),
        ("me\u{fffd}", "replay", "group one", 5),
    ];
    assert_eq!(entries, expected);
    drop(listener);
    stack.finish().await;
}

async fn first_request(pool: &PgPool) -> time::OffsetDateTime {
    sqlx::query_scalar("SELECT min(replay_requested_at) FROM parked_sequences")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_discarded_is_gone_and_its_key_flows_if_nothing_is_left() {
    let stack = Stack::new().await;
    let pool = with_letters(&stack).await;
    let dry = discard(&pool, &group("one"), "me", true).await.unwrap();
    assert_eq!(state(&pool).await, (vec![1, 2, 3, 4, 5, 6, 7], 3, 0));
    let done = discard(&pool, &group("one"), "me", false).await.unwrap();
    let expected = Changed {
        letters: 2,
        keys: 1,
        still_parked: 1,
        left: 3,
        not_replayable: 0,
    };
    assert_eq!((dry, done), (expected, expected));
    assert_eq!(state(&pool).await, (vec![2, 3, 4, 6, 7], 2, 0));

    let outbox = Selection::Consumer("outbox".to_owned());
    let outbox = discard(&pool, &outbox, "me", false).await.unwrap();
    assert_eq!(
        (outbox.letters, outbox.keys, outbox.still_parked),
        (1, 0, 0)
    );
    let of_key = discard(&pool, &key(Some("posts"), b"a"), "me", false)
        .await
        .unwrap();
    assert_eq!((of_key.letters, of_key.keys, of_key.left), (3, 1, 0));
    let keyless = discard(&pool, &event("e7"), "me", false).await.unwrap();
    assert_eq!((keyless.letters, keyless.keys), (1, 1));
    let nothing = discard(&pool, &Selection::All, "me", false).await.unwrap();
    assert_eq!(nothing, Changed::default());
    let counts: Vec<i64> = audit(&pool, 10)
        .await
        .unwrap()
        .iter()
        .map(|entry| entry.letters)
        .collect();
    assert_eq!(counts, [1, 3, 1, 2]);
    stack.finish().await;
}

#[tokio::test]
async fn a_discard_of_very_many_keys_is_one_entry() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    sqlx::raw_sql(
        "INSERT INTO parked_sequences (consumer, topic, sequence, partition)
         SELECT 'feed', 'posts', n::text::bytea, 0 FROM generate_series(1, 1200) AS n;
         INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence,
             header_names, header_values, fingerprint, code, reason, attempts)
         SELECT gen_random_uuid(), 'feed', 'posts', 0, n, (n % 1200 + 1)::text::bytea, '{}', '{}',
             'one', 'conflict', 'gone', 1 FROM generate_series(1, 2400) AS n",
    )
    .execute(&pool)
    .await
    .unwrap();
    let dry = discard(&pool, &Selection::All, "me", true).await.unwrap();
    let done = discard(&pool, &Selection::All, "me", false).await.unwrap();
    assert_eq!(
        (done.letters, done.keys, done.still_parked),
        (2_400, 1_200, 0)
    );
    assert_eq!(dry, done);
    let entries = audit(&pool, 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].letters, 2_400);
    stack.finish().await;
}

#[tokio::test]
async fn a_discard_waits_for_who_parks_behind_and_leaves_the_key_parked() {
    let stack = Stack::new().await;
    let pool = with_letters(&stack).await;
    let mut parking = pool.begin().await.unwrap();
    // Half way through parking behind: the lock is there, the letter not yet for others.
    sqlx::raw_sql(
        "SELECT FROM parked_sequences WHERE sequence = 'b' FOR KEY SHARE;
         INSERT INTO dead_letters (id, consumer, topic, partition, position, sequence,
             header_names, header_values, failed, code, reason, attempts)
         VALUES (gen_random_uuid(), 'feed', 'posts', 1, 8, 'b', '{}', '{}', false, '', '', 0)",
    )
    .execute(&mut *parking)
    .await
    .unwrap();
    let e5 = event("e5");
    let (done, ()) = tokio::join!(discard(&pool, &e5, "me", false), async {
        eventually("the discard waits for the lock", async || {
            let waiting = sqlx::query_scalar(
                "SELECT count(*) = 1 FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'",
            );
            waiting.fetch_one(&pool).await.unwrap_or(false)
        })
        .await;
        parking.commit().await.unwrap();
    });
    let done = done.unwrap();
    assert_eq!((done.letters, done.keys), (1, 0));
    assert_eq!((done.still_parked, done.left), (1, 1));
    assert_eq!(state(&pool).await, (vec![1, 2, 3, 4, 6, 7, 8], 3, 0));
    stack.finish().await;
}
