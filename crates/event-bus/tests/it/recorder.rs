//! A small service that writes down what it handles, in its own database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nova_event_bus::{Consumer, ConsumerOptions, Delivery, KafkaConfig, Router};
use nova_proto::catalogue::EVENTS;
use nova_proto::content::v1::PostCreated;
use nova_resilience::{Code, Fault};
use nova_testkit::Stack;
use sqlx::{PgConnection, PgPool};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const TABLES: &str = concat!(
    include_str!("../../schema/0001.sql"),
    include_str!("../../schema/0002.sql"),
    "CREATE TABLE effects (
         id bigint GENERATED ALWAYS AS IDENTITY, key text NOT NULL, value text NOT NULL,
         partition integer NOT NULL, position bigint NOT NULL
     );"
);

pub(crate) async fn database(stack: &Stack) -> PgPool {
    stack.create_database("bus", TABLES).await
}

/// What the handler is to do instead of writing down what it got.
#[derive(Clone, Copy)]
pub(crate) enum Trouble {
    /// Fail so often with a transient error, then work.
    Passing(u32),
    /// Fail always with a transient error.
    Lasting,
    /// Fail with an error that trying again does not mend.
    Permanent,
    Panic,
}

#[derive(Debug, thiserror::Error)]
#[error("told to fail")]
pub(crate) struct Told(pub(crate) Code);

impl Fault for Told {
    fn code(&self) -> Code {
        self.0
    }
}

#[derive(Clone, Default)]
pub(crate) struct Recorder {
    trouble: Arc<Mutex<HashMap<String, Trouble>>>,
    /// How often the handler ran.
    pub(crate) runs: Arc<AtomicU32>,
    /// How often what comes after the commit ran.
    pub(crate) afters: Arc<AtomicU32>,
}

impl Recorder {
    /// Makes trouble on the event whose content is this.
    pub(crate) fn trouble(&self, content: &str, trouble: Trouble) {
        self.trouble
            .lock()
            .unwrap()
            .insert(content.to_owned(), trouble);
    }

    fn next_trouble(&self, content: &str) -> Option<Trouble> {
        let mut troubles = self.trouble.lock().unwrap();
        let trouble = troubles.get_mut(content)?;
        let now = *trouble;
        match trouble {
            Trouble::Passing(0) => return None,
            Trouble::Passing(left) => *left -= 1,
            _ => {}
        }
        Some(now)
    }

    pub(crate) fn consume(&self, kafka: &KafkaConfig, pool: &PgPool) -> Member {
        let router = Router::new("recorder", self.clone())
            .knows(EVENTS)
            .once_then::<PostCreated>(record, after);
        let options = ConsumerOptions {
            patience: Duration::from_millis(500),
            ..ConsumerOptions::default()
        };
        Member::start(Consumer::new(kafka, pool.clone(), router).options(options))
    }
}

/// A running consumer.
pub(crate) struct Member {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Member {
    pub(crate) fn start(consumer: Consumer) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(consumer.run(stop.clone()));
        Self { stop, task }
    }

    pub(crate) async fn leave(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

async fn record(
    recorder: &Recorder,
    tx: &mut PgConnection,
    post: &Delivery<PostCreated>,
) -> Result<(), Told> {
    recorder.runs.fetch_add(1, Ordering::SeqCst);
    sqlx::query("INSERT INTO effects (key, value, partition, position) VALUES ($1, $2, $3, $4)")
        .bind(&post.user_id)
        .bind(&post.content)
        .bind(post.record.partition())
        .bind(post.record.offset())
        .execute(tx)
        .await
        .map_err(|_| Told(Code::Unavailable))?;
    match recorder.next_trouble(&post.content) {
        None => Ok(()),
        Some(Trouble::Passing(_) | Trouble::Lasting) => Err(Told(Code::Unavailable)),
        Some(Trouble::Permanent) => Err(Told(Code::Conflict)),
        Some(Trouble::Panic) => panic!("told to panic"),
    }
}

async fn after(recorder: &Recorder, _: &Delivery<PostCreated>) -> Result<(), Told> {
    recorder.afters.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

pub(crate) fn post(key: &str, content: &str) -> PostCreated {
    PostCreated {
        user_id: key.to_owned(),
        content: content.to_owned(),
        ..Default::default()
    }
}

/// What was written down, in the order of writing: key and value.
pub(crate) async fn effects(pool: &PgPool) -> Vec<(String, String)> {
    sqlx::query_as("SELECT key, value FROM effects ORDER BY id")
        .fetch_all(pool)
        .await
        .unwrap()
}

/// What was written down of one key.
pub(crate) async fn effects_of(pool: &PgPool, key: &str) -> Vec<String> {
    sqlx::query_scalar("SELECT value FROM effects WHERE key = $1 ORDER BY id")
        .bind(key)
        .fetch_all(pool)
        .await
        .unwrap()
}
