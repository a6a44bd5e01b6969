//! Headers that do not begin as CloudEvents has them.

use nova_event_bus::{
    CancellationToken, Event, KafkaConfig, Outbox, Relay, header, list_dead_letters,
};
use nova_proto::content::v1::PostCreated;
use nova_resilience::Code;
use nova_testkit::Stack;

use crate::door::Door;
use crate::recorder::{Member, database, post};
use crate::replays::{ask, letters, written_down};

#[tokio::test(flavor = "multi_thread")]
async fn headers_begin_with_what_was_said_also_when_they_come_back_from_the_dead_letters() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let kafka = KafkaConfig {
        header_prefix: "shop-".to_owned(),
        ..stack.kafka.clone()
    };
    let door = Door::default();
    door.refuse("2", Code::Invalid);
    let (stop, outbox) = (CancellationToken::new(), Outbox::new("prefixed"));
    let relay = tokio::spawn(Relay::new("prefixed", &pool, &kafka).run(stop.clone()));
    for number in ["1", "2", "3"] {
        let mut tx = pool.begin().await.unwrap();
        outbox.append(&mut tx, &post("a", number)).await.unwrap();
        tx.commit().await.unwrap();
    }
    let member = Member::start(door.once("prefixed", &kafka, &pool));
    letters(&pool, 2).await;
    for letter in list_dead_letters(&pool, 10).await.unwrap() {
        let event_type = letter.event_type.as_deref();
        assert_eq!(event_type, Some(PostCreated::INFO.event_type));
        assert!(letter.event_id.is_some());
    }
    let names: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT unnest(header_names) FROM dead_letters ORDER BY 1")
            .fetch_all(&pool)
            .await
            .unwrap();
    for name in ["shop-id", "shop-type", "shop-time", header::CONTENT_TYPE] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    assert!(
        !names.iter().any(|name| name.starts_with("ce_")),
        "{names:?}"
    );

    door.mend();
    ask(&pool).await;
    written_down(&pool, 3).await;
    letters(&pool, 0).await;
    member.leave().await;
    stop.cancel();
    relay.await.unwrap();
    stack.finish().await;
}
