//! What is published, and to whom it is addressed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nova_event::Event;
use nova_event_bus::Producer;
use nova_ids::{EventId, PostId};
use nova_proto::content::v1::PostCreated;
use nova_proto::feed::v1::{FeedChange, FeedUpdated};
use rand::RngExt;
use rand::rngs::StdRng;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;
use tokio::time::sleep;

/// Public tags that posts have.
pub(super) const TAGS: [&str; 5] = ["ant", "bee", "cat", "dog", "eel"];
/// Milliseconds between two events of a user.
const BETWEEN: std::ops::Range<u64> = 300..2_500;
/// Of the events those that are posts.
const POSTS: f64 = 0.3;

/// An event that Kafka has acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) id: String,
    /// Number of the user whose it is: the key.
    pub(super) user: usize,
    /// Of those of its key and type: later ones are told later.
    pub(super) number: usize,
    pub(super) event_type: &'static str,
    /// Of a post.
    pub(super) tag: Option<&'static str>,
    pub(super) time: OffsetDateTime,
}

/// All of them.
#[derive(Default)]
pub(super) struct Truth(Mutex<Vec<Published>>);

impl Truth {
    pub(super) fn all(&self) -> Vec<Published> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn add(&self, published: Published) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(published);
    }
}

/// Somebody of whom events tell.
pub(super) struct Author {
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) random: StdRng,
    pub(super) producer: Producer,
    pub(super) orders: watch::Receiver<bool>,
}

impl Author {
    /// Publishes one event after the other until the orders are false. What Kafka does not take for now is waited for.
    pub(super) async fn work(mut self, truth: &Truth) -> anyhow::Result<()> {
        let (mut posts, mut updates) = (0, 0);
        loop {
            let pause = Duration::from_millis(self.random.random_range(BETWEEN));
            tokio::select! {
                changed = self.orders.wait_for(|go| !go) => {
                    changed?;
                    return Ok(());
                }
                () = sleep(pause) => {}
            }
            let published = if self.random.random_bool(POSTS) {
                posts += 1;
                let tag = TAGS[self.random.random_range(0..TAGS.len())];
                let post = PostCreated {
                    post_id: PostId::new().to_string(),
                    user_id: self.id.clone(),
                    content: "something happens".to_owned(),
                    visibility: 1,
                    tags: vec![tag.to_owned()],
                    revision: 1,
                    ..PostCreated::default()
                };
                self.publish(&post, posts, Some(tag)).await?
            } else {
                updates += 1;
                let update = FeedUpdated {
                    user_id: self.id.clone(),
                    change: FeedChange::Rebuilt.into(),
                    ..FeedUpdated::default()
                };
                self.publish(&update, updates, None).await?
            };
            truth.add(published);
        }
    }

    async fn publish<E: Event>(
        &self,
        event: &E,
        number: usize,
        tag: Option<&'static str>,
    ) -> anyhow::Result<Published> {
        let (id, time) = (EventId::new().to_string(), OffsetDateTime::now_utc());
        let said = time.format(&Rfc3339)?;
        let headers = [
            ("ce_specversion", b"1.0".as_slice()),
            ("ce_id", id.as_bytes()),
            ("ce_type", E::INFO.event_type.as_bytes()),
            ("ce_source", b"/nova/faults"),
            ("ce_subject", event.subject().as_bytes()),
            ("ce_time", said.as_bytes()),
            ("ce_partitionkey", event.key().as_bytes()),
            ("ce_correlationid", id.as_bytes()),
            ("content-type", b"application/protobuf"),
        ];
        let payload = event.encode_to_vec();
        let key = Some(event.key().as_bytes());
        self.producer
            .produce(E::INFO.topic.name, key, Some(&payload), &headers)
            .await?;
        Ok(Published {
            id,
            user: self.number,
            number,
            event_type: E::INFO.event_type,
            tag,
            time,
        })
    }
}
