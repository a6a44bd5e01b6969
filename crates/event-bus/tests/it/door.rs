//! Handlers that tell of every run, and hold or refuse whom they are told to.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use nova_event_bus::{Consumer, Delivery, KafkaConfig, Record, Router};
use nova_proto::content::v1::PostCreated;
use nova_resilience::Code;
use nova_testkit::eventually;
use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;

use crate::recorder::Told;

/// What all handlers of a test go through; clones are the same door. An event is called by its content.
#[derive(Clone, Default)]
pub(crate) struct Door(Arc<Inner>);

#[derive(Default)]
struct Inner {
    runs: Mutex<Vec<String>>,
    inside: Mutex<HashSet<String>>,
    /// How often an event came in that was inside already.
    overlaps: AtomicUsize,
    held: watch::Sender<HashSet<String>>,
    refused: Mutex<HashMap<String, Code>>,
}

/// Takes an event out again, also when its handler is dropped.
struct Inside<'a>(&'a Inner, &'a str);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.lock().unwrap().remove(self.1);
    }
}

impl Door {
    /// From now on this event waits inside.
    pub(crate) fn hold(&self, content: &str) {
        self.0.held.send_modify(|held| {
            held.insert(content.to_owned());
        });
    }

    pub(crate) fn release(&self, content: &str) {
        self.0.held.send_modify(|held| {
            held.remove(content);
        });
    }

    /// From now on this event fails.
    pub(crate) fn refuse(&self, content: &str, code: Code) {
        let mut refused = self.0.refused.lock().unwrap();
        refused.insert(content.to_owned(), code);
    }

    /// From now on no event fails.
    pub(crate) fn mend(&self) {
        self.0.refused.lock().unwrap().clear();
    }

    /// Every run so far, in order.
    pub(crate) fn runs(&self) -> Vec<String> {
        self.0.runs.lock().unwrap().clone()
    }

    pub(crate) fn runs_of(&self, content: &str) -> usize {
        let runs = self.0.runs.lock().unwrap();
        runs.iter().filter(|run| *run == content).count()
    }

    pub(crate) fn overlaps(&self) -> usize {
        self.0.overlaps.load(Ordering::SeqCst)
    }

    /// Waits until the event has come in.
    pub(crate) async fn entered(&self, content: &str) {
        eventually(&format!("{content} comes in"), async || {
            self.runs_of(content) > 0
        })
        .await;
    }

    /// One run.
    pub(crate) async fn pass(&self, content: &str) -> Result<(), Told> {
        self.0.runs.lock().unwrap().push(content.to_owned());
        if !self.0.inside.lock().unwrap().insert(content.to_owned()) {
            self.0.overlaps.fetch_add(1, Ordering::SeqCst);
        }
        let _inside = Inside(&self.0, content);
        // Others have a chance to come in as well.
        tokio::task::yield_now().await;
        let mut held = self.0.held.subscribe();
        // The door outlives who waits in it.
        held.wait_for(|held| !held.contains(content)).await.ok();
        let refused = self.0.refused.lock().unwrap().get(content).copied();
        refused.map_or(Ok(()), |code| Err(Told(code)))
    }

    /// A consumer that runs each event through the door at least once.
    pub(crate) fn at_least_once(
        &self,
        group: &'static str,
        kafka: &KafkaConfig,
        pool: &PgPool,
    ) -> Consumer {
        let router = Router::new(group, self.clone()).at_least_once::<PostCreated>(visit);
        Consumer::new(kafka, pool.clone(), router)
    }

    /// A consumer that writes each event down once, through the door.
    pub(crate) fn once(&self, group: &'static str, kafka: &KafkaConfig, pool: &PgPool) -> Consumer {
        let router = Router::new(group, self.clone()).once::<PostCreated>(write_down);
        Consumer::new(kafka, pool.clone(), router)
    }

    /// A consumer that runs each record of a topic through the door.
    pub(crate) fn records(
        &self,
        group: &'static str,
        topic: &'static str,
        kafka: &KafkaConfig,
        pool: &PgPool,
    ) -> Consumer {
        let router = Router::new(group, self.clone()).records(topic, visit_record);
        Consumer::new(kafka, pool.clone(), router)
    }
}

pub(crate) async fn visit(door: &Door, post: &Delivery<PostCreated>) -> Result<(), Told> {
    door.pass(&post.content).await
}

pub(crate) async fn visit_record(door: &Door, record: &Record) -> Result<(), Told> {
    let content = String::from_utf8_lossy(record.payload().unwrap_or_default()).into_owned();
    door.pass(&content).await
}

pub(crate) async fn write_down(
    door: &Door,
    tx: &mut PgConnection,
    post: &Delivery<PostCreated>,
) -> Result<(), Told> {
    sqlx::query("INSERT INTO effects (key, value, partition, position) VALUES ($1, $2, $3, $4)")
        .bind(&post.user_id)
        .bind(&post.content)
        .bind(post.record.partition())
        .bind(post.record.offset())
        .execute(tx)
        .await
        .map_err(|_| Told(Code::Unavailable))?;
    door.pass(&post.content).await
}
