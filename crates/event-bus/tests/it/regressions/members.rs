//! Offsets, commits and rebalances.

use std::collections::HashSet;
use std::time::Duration;

use nova_event_bus::{ConsumerOptions, GroupProtocol};
use nova_resilience::{Backoff, Code};
use nova_testkit::eventually;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use super::Scene;
use crate::counters;
use crate::door::Door;
use crate::recorder::{Member, effects_of, post};

const KEYS: usize = 24;

fn hasty() -> ConsumerOptions {
    ConsumerOptions {
        drain: Duration::from_millis(200),
        ..ConsumerOptions::default()
    }
}

/// PostHog/posthog PR #43945: the offset was committed on receive, and a crash lost the work.
#[tokio::test(flavor = "multi_thread")]
async fn an_offset_committed_on_receive_lost_the_work_when_its_process_ended() {
    let scene = Scene::new(GroupProtocol::Classic).await;
    let (group, door) = ("on-receive", &scene.door);
    door.hold("2");
    let consumer = || {
        let consumer = door.at_least_once(group, &scene.kafka, &scene.pool);
        Member::start(consumer.options(hasty()))
    };
    let member = consumer();
    scene.stack.publish(&post("a", "1")).await;
    eventually("what is done is committed", async || {
        scene.committed(group).await == [1]
    })
    .await;
    for content in ["2", "3"] {
        scene.stack.publish(&post("a", content)).await;
    }
    door.entered("2").await;
    // The handler is cut off in the middle.
    member.leave().await;
    assert_eq!(scene.committed(group).await, [1]);
    door.release("2");
    let member = consumer();
    door.entered("3").await;
    assert_eq!(door.runs(), ["1", "2", "2", "3"]);
    member.leave().await;
    scene.stack.finish().await;
}

/// PostHog/posthog #80897: work finished during a rebalance was thrown away, so its effect happened twice.
#[tokio::test(flavor = "multi_thread")]
async fn work_finished_during_a_rebalance_was_thrown_away_and_happened_twice() {
    let scene = Scene::new(GroupProtocol::Classic).await;
    let (group, door) = ("finished-late", &scene.door);
    for key in 0..KEYS {
        let name = key.to_string();
        door.hold(&name);
        scene.stack.publish(&post(&name, &name)).await;
    }
    let options = ConsumerOptions {
        drain: Duration::from_secs(30),
        ..ConsumerOptions::default()
    };
    let consumer = || {
        let consumer = door.at_least_once(group, &scene.kafka, &scene.pool);
        Member::start(consumer.options(options.clone()))
    };
    let first = consumer();
    scene.runs(KEYS).await;
    let second = consumer();
    // From here on the first is to give partitions up, and waits for their handlers.
    two_members(&scene, group).await;
    for key in 0..KEYS {
        door.release(&key.to_string());
    }
    scene.all_is_committed(group).await;
    for key in 0..KEYS {
        scene.stack.publish(&post(&key.to_string(), "later")).await;
    }
    scene.runs(2 * KEYS).await;
    for key in 0..KEYS {
        assert_eq!(door.runs_of(&key.to_string()), 1, "{key}");
    }
    first.leave().await;
    second.leave().await;
    scene.stack.finish().await;
}

async fn two_members(scene: &Scene, group: &str) {
    let mut client = rdkafka::ClientConfig::new();
    client.set("bootstrap.servers", &scene.kafka.brokers);
    let client: BaseConsumer = client.create().unwrap();
    let name = format!("{}{group}", scene.kafka.topic_prefix);
    eventually("the group has two members", async || {
        let groups = client.fetch_group_list(Some(&name), Duration::from_secs(5));
        let groups = groups.map_err(|error| error.to_string())?;
        let members = groups.groups().first().map(|group| group.members().len());
        if members == Some(2) {
            Ok(())
        } else {
            Err(format!("{members:?}"))
        }
    })
    .await;
}

/// Members come and go while events of every key are handled; gives how many events there were.
async fn come_and_go(scene: &Scene, group: &'static str) -> usize {
    let member = || Member::start(scene.door.at_least_once(group, &scene.kafka, &scene.pool));
    let mut members = vec![member()];
    let mut events = 0;
    for round in 0..6 {
        for _ in 0..10 {
            for key in 0..KEYS {
                let content = events.to_string();
                scene.stack.publish(&post(&key.to_string(), &content)).await;
                events += 1;
            }
        }
        // Only when something of this round is done does the next change come.
        scene.runs(events - 5 * KEYS).await;
        match round {
            0 | 1 | 3 => members.push(member()),
            _ => members.remove(0).leave().await,
        }
    }
    scene.runs(events).await;
    scene.all_is_committed(group).await;
    for member in members {
        member.leave().await;
    }
    events
}

async fn never_twice_at_once(group: &'static str, protocol: GroupProtocol) {
    let scene = Scene::new(protocol).await;
    let events = come_and_go(&scene, group).await;
    assert_eq!(scene.door.overlaps(), 0);
    let different: HashSet<String> = scene.door.runs().into_iter().collect();
    assert_eq!(different.len(), events);
    assert_eq!(counters::count("nova_consumer_violations_total", group), 0);
    scene.stack.finish().await;
}

/// PostHog/posthog #95009.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_offset_was_processed_twice_at_once() {
    never_twice_at_once("twice-classic", GroupProtocol::Classic).await;
}

/// PostHog/posthog #95009, under KIP-848.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_offset_was_processed_twice_at_once_in_a_consumer_group() {
    never_twice_at_once("twice-consumer", GroupProtocol::Consumer).await;
}

/// PostHog/posthog PR #68804.
#[tokio::test(flavor = "multi_thread")]
async fn an_offset_was_dropped_when_its_partition_was_revoked_and_assigned_again() {
    let scene = Scene::new(GroupProtocol::Classic).await;
    let (group, door) = ("back-and-forth", &scene.door);
    let member = || Member::start(door.at_least_once(group, &scene.kafka, &scene.pool));
    let keeper = member();
    let mut events = 0;
    for _ in 0..3 {
        let other = member();
        two_members(&scene, group).await;
        for key in 0..KEYS {
            scene
                .stack
                .publish(&post(&key.to_string(), &events.to_string()))
                .await;
            events += 1;
        }
        // Its partitions go back with whatever of them is in hand.
        other.leave().await;
    }
    eventually("every event was handled", async || {
        let runs: HashSet<String> = door.runs().into_iter().collect();
        if runs.len() == events {
            Ok(())
        } else {
            Err(runs.len())
        }
    })
    .await;
    scene.all_is_committed(group).await;
    keeper.leave().await;
    scene.stack.finish().await;
}

async fn what_was_committed_stays_so(group: &'static str, protocol: GroupProtocol) {
    let scene = Scene::new(protocol).await;
    come_and_go(&scene, group).await;
    // All of it is committed: a new member has nothing to do but what is new.
    let runs = scene.door.runs().len();
    let door = Door::default();
    let member = Member::start(door.at_least_once(group, &scene.kafka, &scene.pool));
    for key in 0..KEYS {
        scene.stack.publish(&post(&key.to_string(), "new")).await;
    }
    eventually("what is new is handled", async || {
        door.runs_of("new") == KEYS
    })
    .await;
    assert_eq!(door.runs().len(), KEYS, "{:?}", door.runs());
    assert_eq!(scene.door.runs().len(), runs);
    member.leave().await;
    scene.stack.finish().await;
}

/// confluentinc/librdkafka #4059, #2933.
#[tokio::test(flavor = "multi_thread")]
async fn manual_commits_during_a_cooperative_rebalance_went_wrong() {
    what_was_committed_stays_so("commits-classic", GroupProtocol::Classic).await;
}

/// confluentinc/librdkafka #4059, #2933, under KIP-848.
#[tokio::test(flavor = "multi_thread")]
async fn manual_commits_during_a_rebalance_of_a_consumer_group_went_wrong() {
    what_was_committed_stays_so("commits-consumer", GroupProtocol::Consumer).await;
}

/// confluentinc/parallel-consumer #826.
#[tokio::test(flavor = "multi_thread")]
async fn messages_that_waited_for_their_next_try_were_lost_on_revoke() {
    let scene = Scene::new(GroupProtocol::Classic).await;
    let (group, door) = ("waiting", &scene.door);
    door.refuse("2", Code::Unavailable);
    let hour = Duration::from_secs(3_600);
    let options = ConsumerOptions {
        backoff: Backoff::new(hour, hour).unwrap(),
        ..ConsumerOptions::default()
    };
    for content in ["1", "2", "3"] {
        scene.stack.publish(&post("a", content)).await;
    }
    let consumer = || {
        let consumer = door.once(group, &scene.kafka, &scene.pool);
        Member::start(consumer.options(options.clone()))
    };
    let member = consumer();
    door.entered("2").await;
    member.leave().await;
    door.mend();
    let member = consumer();
    door.entered("3").await;
    eventually("all have taken effect in order", async || {
        let seen = effects_of(&scene.pool, "a").await;
        if seen == ["1", "2", "3"] {
            Ok(())
        } else {
            Err(seen)
        }
    })
    .await;
    member.leave().await;
    scene.stack.finish().await;
}

/// confluentinc/parallel-consumer #834.
#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_messages_to_be_tried_again_had_no_bound() {
    const IN_FLIGHT: usize = 60;
    let scene = Scene::new(GroupProtocol::Classic).await;
    let (group, door) = ("retrying", &scene.door);
    for number in 0..20 * IN_FLIGHT {
        let name = number.to_string();
        door.refuse(&name, Code::Unavailable);
        scene.stack.publish(&post(&name, &name)).await;
    }
    let wait = Duration::from_millis(20);
    let options = ConsumerOptions {
        in_flight: IN_FLIGHT,
        patience: Duration::MAX,
        backoff: Backoff::new(wait, wait).unwrap(),
        breaker: None,
        ..ConsumerOptions::default()
    };
    let consumer = door.at_least_once(group, &scene.kafka, &scene.pool);
    let member = Member::start(consumer.options(options));
    // Each was tried often: there was time to take more.
    scene.runs(20 * IN_FLIGHT).await;
    let different: HashSet<String> = door.runs().into_iter().collect();
    // Partitions are opened one after the other, and the first has had the whole of it for a moment.
    assert!(different.len() <= 2 * IN_FLIGHT, "{}", different.len());
    door.mend();
    eventually("all are handled", async || {
        let different: HashSet<String> = door.runs().into_iter().collect();
        if different.len() == 20 * IN_FLIGHT {
            Ok(())
        } else {
            Err(different.len())
        }
    })
    .await;
    member.leave().await;
    scene.stack.finish().await;
}
