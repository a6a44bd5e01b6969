//! What happens at the same time to the same two.

use std::collections::BTreeMap;

use futures::future::join_all;
use nova_identity::commands;
use nova_identity::config::Config;
use nova_identity::domain::{Followed, Pair};
use nova_identity::state::State;
use nova_proto::identity::v1::{UserBlocked, UserFollowed, UserUnblocked, UserUnfollowed};
use nova_testkit::{App, Stack, eventually};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use sqlx::PgPool;
use uuid::Uuid;

use crate::people::{answer, block, follow, lock, send, unblock, unfollow};
use crate::{Person, register, start};

/// A state of the service beside the one that runs, to hold a transaction open with.
async fn state(stack: &Stack) -> State {
    let mut env = stack.env();
    let config = Config::read(&mut env).expect("settings");
    State::connect(&config, &mut env).await.expect("a state")
}

async fn somebody_waits(pool: &PgPool) {
    const WAITING: &str = "
        SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
    eventually("somebody waits for the pair", async || {
        sqlx::query_scalar::<_, bool>(WAITING)
            .fetch_one(pool)
            .await
            .expect("an answer")
    })
    .await;
}

/// How follows stand: who, whom, whether and the revision.
async fn follows(pool: &PgPool) -> BTreeMap<(Uuid, Uuid), (bool, i64)> {
    read(
        pool,
        "SELECT follower_id, followee_id, active, revision FROM follows",
    )
    .await
}

async fn blocks(pool: &PgPool) -> BTreeMap<(Uuid, Uuid), (bool, i64)> {
    read(
        pool,
        "SELECT user_id, other_id, active, revision FROM blocks",
    )
    .await
}

async fn read(pool: &PgPool, sql: &'static str) -> BTreeMap<(Uuid, Uuid), (bool, i64)> {
    let rows: Vec<(Uuid, Uuid, bool, i64)> =
        sqlx::query_as(sql).fetch_all(pool).await.expect("rows");
    let rows = rows.into_iter();
    rows.map(|(one, other, active, revision)| ((one, other), (active, revision)))
        .collect()
}

#[tokio::test]
async fn a_follow_that_was_under_way_when_the_block_came_does_not_survive_it() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let (state, pool) = (state(&stack).await, stack.database("identity").await);
    let pair = Pair::new(ben.user_id(), ada.user_id()).unwrap();
    let mut tx = state.begin().await.unwrap();
    let followed = commands::follow(&mut tx, &state.outbox, 10, pair).await;
    assert_eq!(followed.unwrap(), Followed::Follows);
    let commit = async {
        somebody_waits(&pool).await;
        state.commit(tx).await.unwrap();
    };
    let (blocked, ()) = futures::join!(block(&app, &ada, &ben), commit);
    blocked.expect(204);
    let between = (ben.user_id().uuid(), ada.user_id().uuid());
    assert_eq!(follows(&pool).await, [(between, (false, 2))].into());
    let end = eventually("the end is published", async || {
        stack.published::<UserUnfollowed>().await.pop()
    })
    .await;
    assert_eq!((&end.key, end.revision), (&ben.id, 2));
    state.database.pool.close().await;
    stack.finish().await;
}

#[tokio::test]
async fn a_follow_that_comes_while_a_block_is_under_way_finds_nobody() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let (state, pool) = (state(&stack).await, stack.database("identity").await);
    let pair = Pair::new(ada.user_id(), ben.user_id()).unwrap();
    let mut tx = state.begin().await.unwrap();
    commands::block(&mut tx, &state.outbox, pair).await.unwrap();
    let commit = async {
        somebody_waits(&pool).await;
        state.commit(tx).await.unwrap();
    };
    let (followed, ()) = futures::join!(follow(&app, &ben, &ada), commit);
    followed.problem(404, "not_found");
    assert_eq!(follows(&pool).await, BTreeMap::new());
    state.database.pool.close().await;
    stack.finish().await;
}

/// What the two do to each other in one round.
#[derive(Debug, Clone, Copy)]
enum Act {
    Follow,
    Unfollow,
    Accept,
    Remove,
    Block,
    Unblock,
    Unlock,
    Lock,
}

impl Act {
    const ALL: [Self; 12] = [
        Self::Follow,
        Self::Follow,
        Self::Follow,
        Self::Unfollow,
        Self::Accept,
        Self::Accept,
        Self::Remove,
        Self::Block,
        Self::Block,
        Self::Unblock,
        Self::Unlock,
        Self::Lock,
    ];

    /// Its status; every one of them is something that somebody did at the same time can lead to.
    async fn of(self, app: &App, one: &Person, other: &Person) -> u16 {
        match self {
            Self::Follow => follow(app, one, other).await.status,
            Self::Unfollow => unfollow(app, one, other).await.status,
            Self::Accept => answer(app, one, "PUT", &other.id).await.status,
            Self::Remove => {
                let path = format!("/v1/users/me/followers/{}", other.id);
                send(app, one, "DELETE", &path).await.status
            }
            Self::Block => block(app, one, other).await.status,
            Self::Unblock => unblock(app, one, other).await.status,
            Self::Unlock => {
                lock(app, one, false).await;
                200
            }
            Self::Lock => {
                lock(app, one, true).await;
                200
            }
        }
    }
}

/// Takes a state of a pair from an event, and counts the event.
#[derive(Default)]
struct Told {
    states: BTreeMap<(Uuid, Uuid), (bool, i64)>,
    events: i64,
}

impl Told {
    fn hear(&mut self, one: &str, other: &str, active: bool, revision: i64) {
        let pair = (one.parse().expect("an id"), other.parse().expect("an id"));
        let state = self.states.entry(pair).or_default();
        if revision > state.1 {
            *state = (active, revision);
        }
        self.events += 1;
    }
}

async fn told_of_follows(stack: &Stack) -> Told {
    let mut told = Told::default();
    for event in stack.published::<UserFollowed>().await {
        told.hear(
            &event.user_id,
            &event.followed_user_id,
            true,
            event.revision,
        );
    }
    for event in stack.published::<UserUnfollowed>().await {
        told.hear(
            &event.user_id,
            &event.followed_user_id,
            false,
            event.revision,
        );
    }
    told
}

async fn told_of_blocks(stack: &Stack) -> Told {
    let mut told = Told::default();
    for event in stack.published::<UserBlocked>().await {
        told.hear(&event.user_id, &event.blocked_user_id, true, event.revision);
    }
    for event in stack.published::<UserUnblocked>().await {
        told.hear(
            &event.user_id,
            &event.blocked_user_id,
            false,
            event.revision,
        );
    }
    told
}

/// Whoever is blocked neither follows nor asks, whatever happened at the same time.
async fn blocks_hold(pool: &PgPool, round: &str) {
    const BETWEEN: &str = "
        SELECT count(*) FROM blocks WHERE active AND (
            EXISTS (SELECT FROM follows WHERE active
                AND (follower_id, followee_id) IN ((user_id, other_id), (other_id, user_id)))
            OR EXISTS (SELECT FROM follow_requests
                WHERE (requester_id, target_id) IN ((user_id, other_id), (other_id, user_id))))";
    let broken = sqlx::query_scalar::<_, i64>(BETWEEN).fetch_one(pool).await;
    let broken = broken.expect("a number");
    assert_eq!(broken, 0, "{round}");
}

#[tokio::test]
async fn whatever_two_do_to_each_other_at_once_tables_and_events_agree() {
    const ROUNDS: usize = 60;
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let stack = Stack::new().await;
    let apps = [start(&stack).await, start(&stack).await];
    let people = [
        register(&apps[0], "ada").await,
        register(&apps[0], "ben").await,
    ];
    let pool = stack.database("identity").await;
    for round in 0..ROUNDS {
        let mut acts = Act::ALL;
        acts.shuffle(&mut random);
        let acts: Vec<_> = acts
            .into_iter()
            .take(8)
            .map(|act| (act, random.random_range(0..2), random.random_range(0..2)))
            .collect();
        let all = acts
            .iter()
            .map(|&(act, app, person): &(Act, usize, usize)| {
                act.of(&apps[app], &people[person], &people[1 - person])
            });
        let statuses = join_all(all).await;
        let round = format!("seed {seed}, round {round}: {acts:?} {statuses:?}");
        assert!(
            statuses
                .iter()
                .all(|status| [200, 202, 204, 404].contains(status)),
            "{round}"
        );
        blocks_hold(&pool, &round).await;
        if random.random_bool(0.5) {
            unblock(&apps[0], &people[0], &people[1]).await.expect(204);
            unblock(&apps[1], &people[1], &people[0]).await.expect(204);
        }
    }
    let (follows, blocks) = (follows(&pool).await, blocks(&pool).await);
    let all = |states: &BTreeMap<_, (bool, i64)>| {
        states.values().map(|(_, revision)| revision).sum::<i64>()
    };
    // A job may go on accepting while the account is unlocked and somebody asks, but nobody asks any more.
    eventually("all is published", async || {
        let (of_follows, of_blocks) = (told_of_follows(&stack).await, told_of_blocks(&stack).await);
        let expected = (self::follows(&pool).await, blocks.clone());
        let events = (of_follows.events, of_blocks.events);
        if (of_follows.states, of_blocks.states) == expected
            && events == (all(&expected.0), all(&expected.1))
        {
            Ok(())
        } else {
            Err(format!("seed {seed}: {events:?} {follows:?} {blocks:?}"))
        }
    })
    .await;
    blocks_hold(&pool, &format!("seed {seed}")).await;
    stack.finish().await;
}

#[tokio::test]
async fn two_who_block_each_other_at_once_both_do() {
    let stack = Stack::new().await;
    let apps = [start(&stack).await, start(&stack).await];
    let (ada, ben) = (
        register(&apps[0], "ada").await,
        register(&apps[0], "ben").await,
    );
    follow(&apps[0], &ada, &ben).await.expect(204);
    follow(&apps[0], &ben, &ada).await.expect(204);
    let pool = stack.database("identity").await;
    for _ in 0..10 {
        let (one, other) = futures::join!(block(&apps[0], &ada, &ben), block(&apps[1], &ben, &ada));
        one.expect(204);
        other.expect(204);
        assert!(blocks(&pool).await.values().all(|(active, _)| *active));
        let (one, other) =
            futures::join!(unblock(&apps[1], &ada, &ben), unblock(&apps[0], &ben, &ada));
        one.expect(204);
        other.expect(204);
    }
    assert_eq!(blocks(&pool).await.len(), 2);
    assert!(
        follows(&pool)
            .await
            .values()
            .all(|state| *state == (false, 2))
    );
    stack.finish().await;
}
