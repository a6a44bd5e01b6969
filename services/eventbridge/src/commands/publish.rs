//! Messages of Kafka become events on channels.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use nova_event_bus::Record;
use nova_ids::UserId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::translate::{Message, Translated, translate};
use crate::domain::rules::Over;
use crate::domain::{
    Channel, Entry, Envelope, Filter, Members, Partition, PostChange, Refused, Told, frame,
};
use crate::error::Error;
use crate::events::Names;
use crate::state::State;
use crate::store::windows::Published;
use crate::store::{blocks, members, posts};
use crate::{events, metrics};

/// A message that is an event, and what was decided of it.
struct Event {
    partition: Partition,
    offset: i64,
    translated: Translated,
    /// Of the post that it is about.
    told: Told,
    /// Who was in the conversation.
    members: Vec<UserId>,
}

/// What becomes of messages.
pub struct Prepared {
    /// In the order of the messages.
    pub published: Vec<Published>,
    /// What goes to nobody: which message, and why.
    refused: Vec<(usize, Refused)>,
}

/// Puts messages of one partition, in the order of their offsets, on their channels. What cannot be used is counted and
/// passed over. Again, it changes nothing.
///
/// # Errors
/// When Postgres or Redis is away; some may have been published.
pub async fn publish(state: &State, records: &[Record]) -> Result<(), Error> {
    let prepared = prepare(state, records).await?;
    let began = Instant::now();
    state.windows.publish(&prepared.published).await?;
    metrics::redis(began.elapsed());
    // Only now, for what fails comes again.
    metrics::consumed(records.len() as u64);
    metrics::published(prepared.events(records.len()));
    prepared.tell_refused(&Names::of(&state.kafka), records);
    Ok(())
}

/// What of messages goes on which channels; of what that depends on, Postgres has taken note then.
///
/// # Errors
/// When Postgres is away.
pub async fn prepare(state: &State, records: &[Record]) -> Result<Prepared, Error> {
    let began = Instant::now();
    let filter = state.rules.filter();
    let names = Names::of(&state.kafka);
    let (mut events, mut refused) = (Vec::new(), Vec::new());
    for (place, record) in records.iter().enumerate() {
        match read(state, &filter, &names, record) {
            Ok(event) => events.push((place, event)),
            Err(why) => refused.push((place, why)),
        }
    }
    let (places, mut events): (Vec<usize>, Vec<Event>) = events.into_iter().unzip();
    learn(state, &names, records, &mut events).await?;
    let blocked = blocked(state, &events).await?;
    let mut published = Vec::with_capacity(events.len());
    for (place, event) in places.into_iter().zip(events) {
        let told = event.published(&blocked);
        if told.is_empty() {
            refused.push((place, Refused::Nobody));
        }
        published.extend(told);
    }
    metrics::transform(began.elapsed());
    Ok(Prepared { published, refused })
}

impl Prepared {
    /// How many of so many messages go to somebody.
    pub(super) const fn events(&self, messages: usize) -> u64 {
        (messages - self.refused.len()) as u64
    }

    /// Counts and logs what goes to nobody.
    pub(super) fn tell_refused(&self, names: &Names<'_>, records: &[Record]) {
        for (place, refused) in &self.refused {
            metrics::filtered(refused.reason());
            if let Some(record) = records.get(*place) {
                log(names, record, refused);
            }
        }
    }
}

fn read(
    state: &State,
    filter: &Filter,
    names: &Names<'_>,
    record: &Record,
) -> Result<Event, Refused> {
    let partition = names.partition(record).ok_or(Refused::Nobody)?;
    let (began, limit) = (Instant::now(), filter.time_limit);
    let over: Over = Arc::new(move || began.elapsed() > limit);
    let message = Message {
        headers: names.headers(record),
        payload: record.payload(),
        recorded_at: recorded_at(record),
    };
    Ok(Event {
        partition,
        offset: record.offset(),
        translated: translate(&state.schemas, filter, &message, &over)?,
        told: Told::Nothing,
        members: Vec::new(),
    })
}

/// When Kafka has noted a message; now, where it has not.
pub(super) fn recorded_at(record: &Record) -> OffsetDateTime {
    let noted = record
        .timestamp()
        .map(|millis| i128::from(millis) * 1_000_000);
    let noted = noted.and_then(|nanos| OffsetDateTime::from_unix_timestamp_nanos(nanos).ok());
    noted.unwrap_or_else(OffsetDateTime::now_utc)
}

/// When a message happened, as it says itself.
pub(super) fn happened_at(names: &Names<'_>, record: &Record) -> OffsetDateTime {
    let said = names.headers(record).time;
    let format = &time::format_description::well_known::Rfc3339;
    let said = said.and_then(|time| OffsetDateTime::parse(time, format).ok());
    said.unwrap_or_else(|| recorded_at(record))
}

fn log(names: &Names<'_>, record: &Record, refused: &Refused) {
    let event_type = names.headers(record).event_type;
    let (topic, partition, offset) = (record.topic(), record.partition(), record.offset());
    if *refused == Refused::Nobody {
        // As most events do.
        tracing::trace!(
            event_type,
            topic,
            partition,
            offset,
            "an event reaches nobody"
        );
    } else {
        tracing::warn!(event_type, topic, partition, offset, %refused, "an event is passed over");
    }
}

/// Notes what messages say of posts, conversations and blocks, and finds what that means for events.
async fn learn(
    state: &State,
    names: &Names<'_>,
    records: &[Record],
    events: &mut [Event],
) -> Result<(), Error> {
    let learned = events::Learned::of(records.iter().filter_map(|record| {
        let event_type = names.headers(record).event_type?;
        Some((event_type, record.payload()?))
    }));
    let has_posts = events
        .iter()
        .any(|event| event.translated.routed.post.is_some());
    if has_posts || !learned.is_empty() {
        let mut tx = state.database.pool.begin().await?;
        for change in &learned.members {
            members::save(&mut tx, change).await?;
        }
        blocks::save(&mut tx, &learned.blocks).await?;
        judge(&mut tx, events).await?;
        tx.commit().await?;
    }
    find_members(state, events).await
}

async fn judge(tx: &mut PgConnection, events: &mut [Event]) -> Result<(), Error> {
    let changes = events
        .iter()
        .filter_map(|event| event.translated.routed.post.as_ref());
    let changes: Vec<&PostChange> = changes.collect();
    let told = posts::judge(tx, &changes).await?;
    let about_posts = events
        .iter_mut()
        .filter(|event| event.translated.routed.post.is_some());
    for (event, told) in about_posts.zip(told) {
        event.told = told;
    }
    Ok(())
}

async fn find_members(state: &State, events: &mut [Event]) -> Result<(), Error> {
    let asked: Vec<Members> = events
        .iter()
        .filter_map(|event| event.translated.routed.members)
        .collect();
    let found = members::of(&state.database.pool, &asked).await?;
    let asking = events
        .iter_mut()
        .filter(|event| event.translated.routed.members.is_some());
    for (event, members) in asking.zip(found) {
        event.members = members;
    }
    Ok(())
}

type Blocked = HashSet<(UserId, UserId)>;

/// Who of those whom events show is in a block with whom of those who would be told.
async fn blocked(state: &State, events: &[Event]) -> Result<Blocked, Error> {
    let mut shown = Vec::new();
    let mut told = Vec::new();
    for event in events {
        let users: Vec<UserId> = event.users().collect();
        let shows = &event.translated.routed.shows;
        // Who is told of nobody but themselves needs no look.
        if users.iter().any(|user| shows.iter().any(|one| one != user)) {
            shown.extend_from_slice(shows);
            told.extend(users);
        }
    }
    for users in [&mut shown, &mut told] {
        users.sort_unstable();
        users.dedup();
    }
    Ok(blocks::among(&state.database.pool, &shown, &told).await?)
}

impl Event {
    /// Whom it reaches as users.
    fn users(&self) -> impl Iterator<Item = UserId> + '_ {
        let named = self.translated.routed.channels.iter();
        let named = named.filter_map(|channel| match channel {
            Channel::Me(user) => Some(*user),
            _ => None,
        });
        named.chain(self.members.iter().copied())
    }

    fn published(self, blocked: &Blocked) -> Vec<Published> {
        let shows = &self.translated.routed.shows;
        let may_see = |user: &UserId| !shows.iter().any(|one| blocked.contains(&(*one, *user)));
        let mut users: Vec<UserId> = self.users().filter(may_see).collect();
        users.sort_unstable();
        users.dedup();
        let mine: Vec<Channel> = users.into_iter().map(Channel::Me).collect();
        let whole = &self.translated.envelope;
        let post = self.translated.routed.post.as_ref();
        match (self.told, post) {
            (Told::Whole, Some(post)) => {
                let all = [mine, post.public.clone()].concat();
                vec![self.on(all.clone(), &all, whole)]
            }
            (Told::Departed, Some(post)) => {
                let gone = vec![Channel::Post(post.post_id)];
                // Whoever follows both is told the whole, which is published first.
                let all = [mine.clone(), gone.clone()].concat();
                let departed = whole.departed(post);
                let mut published = vec![self.on(gone, &all, &departed)];
                if !mine.is_empty() {
                    published.insert(0, self.on(mine, &all, whole));
                }
                published
            }
            _ if mine.is_empty() => Vec::new(),
            _ => vec![self.on(mine, &[], whole)],
        }
    }

    /// What of it goes on these channels; `all` are those of which a stream may have more than one.
    fn on(&self, channels: Vec<Channel>, all: &[Channel], envelope: &Envelope) -> Published {
        let entry = Entry {
            partition: self.partition,
            offset: self.offset,
            time: envelope.time,
            event_type: envelope.event_type.as_str().into(),
            subject: envelope.subject.as_deref().unwrap_or_default().into(),
            channels: if all.len() > 1 {
                all.into()
            } else {
                Arc::new([])
            },
            head: frame::event(&envelope.event_type, &envelope.to_json()),
        };
        Published {
            channels,
            entry: Arc::new(entry),
        }
    }
}
