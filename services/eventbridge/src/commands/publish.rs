//! Messages of Kafka become events on channels.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use nova_event_bus::Record;
use nova_ids::UserId;
use nova_service::erasure;
use nova_service::postgres::commit;
use sqlx::{PgConnection, Postgres, Transaction};
use time::OffsetDateTime;

use super::translate::{Message, Translated, translate};
use crate::domain::rules::Over;
use crate::domain::{
    Channel, Entry, Envelope, Filter, Members, Partition, PostChange, Refused, Told,
};
use crate::error::Error;
use crate::events::Names;
use crate::state::State;
use crate::store::windows::Published;
use crate::store::{accounts, blocks, members, posts};
use crate::{events, metrics};

/// A message that is an event, and what was decided of it.
struct Event {
    partition: Partition,
    offset: i64,
    recorded_at: OffsetDateTime,
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
    /// Who is gone for good: nothing is kept of them.
    pub over: Vec<UserId>,
    /// In which it was noted what that depends on, if it depends on anything.
    pub(super) tx: Option<Transaction<'static, Postgres>>,
}

/// Puts messages of one partition, in the order of their offsets, on their channels. What cannot be used is counted and
/// passed over. Again, it changes nothing.
///
/// # Errors
/// When Postgres or Redis is away; some may have been published.
pub async fn publish(state: &State, records: &[Record]) -> Result<(), Error> {
    // Nobody waits for that with rows of Postgres.
    state.until_settled().await?;
    let mut prepared = prepare(state, records).await?;
    let began = Instant::now();
    // Within the transaction: whoever finds out of a post of these that it is no longer public says so behind this.
    state.windows.publish(&prepared.published).await?;
    for user in &prepared.over {
        state.windows.erase(*user).await?;
    }
    prepared.commit().await?;
    metrics::redis(began.elapsed());
    // Only now, for what fails comes again.
    metrics::consumed(records.len() as u64);
    metrics::published(prepared.events(records.len()));
    prepared.tell_refused(&Names::of(&state.kafka), records);
    Ok(())
}

/// What of messages goes on which channels. Until [`Prepared::commit`] nobody else decides anything of the same posts, so that it
/// is put on channels later.
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
    let learned = events::Learned::of(records.iter().filter_map(|record| {
        let event_type = names.headers(record).event_type?;
        Some((event_type, record.payload()?))
    }));
    let mut tx = None;
    let mut gone = HashSet::new();
    if !learned.is_empty() || events.iter().any(Event::depends) {
        let tx = tx.insert(state.database.pool.begin().await?);
        learn(tx, &learned, &mut events).await?;
        gone = of_gone(tx, &events).await?;
    }
    let mut published = Vec::with_capacity(events.len());
    for (place, event) in places.into_iter().zip(events) {
        let told = event.published(&gone);
        if told.is_empty() {
            refused.push((place, Refused::Nobody));
        }
        published.extend(told);
    }
    metrics::transform(began.elapsed());
    Ok(Prepared {
        published,
        refused,
        over: learned.over().collect(),
        tx,
    })
}

impl Prepared {
    /// What was noted of it is noted for good, and others may decide of the same posts.
    ///
    /// # Errors
    /// When Postgres is away: it may or may not have happened.
    pub async fn commit(&mut self) -> Result<(), Error> {
        if let Some(tx) = self.tx.take() {
            commit(tx).await?;
        }
        Ok(())
    }

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
        recorded_at: message.recorded_at,
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

/// Notes what messages say of posts, conversations, blocks and accounts, and finds what that means for events. What is kept of
/// who is gone for good is erased from now on.
async fn learn(
    tx: &mut PgConnection,
    learned: &events::Learned,
    events: &mut [Event],
) -> Result<(), Error> {
    for account in &learned.accounts {
        if accounts::save(tx, *account).await? && account.erased {
            erasure::begin(tx, account.user_id).await?;
        }
    }
    for change in &learned.members {
        members::save(tx, change).await?;
    }
    blocks::save(tx, &learned.blocks).await?;
    judge(tx, events).await?;
    find_members(tx, events).await
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

async fn find_members(tx: &mut PgConnection, events: &mut [Event]) -> Result<(), Error> {
    let asked: Vec<Members> = events
        .iter()
        .filter_map(|event| event.translated.routed.members)
        .collect();
    let found = members::of(tx, &asked).await?;
    let asking = events
        .iter_mut()
        .filter(|event| event.translated.routed.members.is_some());
    for (event, members) in asking.zip(found) {
        event.members = members;
    }
    Ok(())
}

/// Who of those whom events show is gone.
async fn of_gone(tx: &mut PgConnection, events: &[Event]) -> Result<HashSet<UserId>, Error> {
    let shown = events
        .iter()
        .flat_map(|event| &event.translated.routed.shows);
    let mut shown: Vec<UserId> = shown.copied().collect();
    shown.sort_unstable();
    shown.dedup();
    Ok(accounts::gone(tx, &shown).await?)
}

impl Event {
    /// Whether whom it reaches depends on what Postgres has.
    fn depends(&self) -> bool {
        let routed = &self.translated.routed;
        routed.post.is_some() || routed.members.is_some() || !routed.shows.is_empty()
    }

    /// Whom it reaches as users.
    fn users(&self) -> impl Iterator<Item = UserId> + '_ {
        let named = self.translated.routed.channels.iter();
        let named = named.filter_map(|channel| match channel {
            Channel::Me(user) => Some(*user),
            _ => None,
        });
        named.chain(self.members.iter().copied())
    }

    fn published(self, gone: &HashSet<UserId>) -> Vec<Published> {
        let shows = &self.translated.routed.shows;
        let is_gone = shows.iter().any(|user| gone.contains(user));
        let mut users: Vec<UserId> = self.users().filter(|_| !is_gone).collect();
        users.sort_unstable();
        users.dedup();
        let mine: Vec<Channel> = users.into_iter().map(Channel::Me).collect();
        let whole = &self.translated.envelope;
        let post = self.translated.routed.post.as_ref();
        match (&self.told, post) {
            (Told::Whole, Some(post)) if !is_gone => {
                let all = [mine, post.public.clone()].concat();
                let entry = Entry {
                    post: Some((post.post_id, post.revision)),
                    ..self.entry(&all, whole)
                };
                vec![self.on(all, entry)]
            }
            (Told::Departed, Some(post)) => {
                let gone = vec![Channel::Post(post.post_id)];
                // Whoever follows both is told the whole, which is published first.
                let all = [mine.clone(), gone.clone()].concat();
                let departed = Entry {
                    // Only that it is gone: of nobody.
                    shows: Arc::new([]),
                    ..self.entry(&all, &whole.departed(post))
                };
                let whole = self.entry(&all, whole);
                let published = [self.on(mine, whole), self.on(gone, departed)].into_iter();
                published
                    .filter(|published| !published.channels.is_empty())
                    .collect()
            }
            _ if mine.is_empty() => Vec::new(),
            _ => vec![self.on(mine, self.entry(&[], whole))],
        }
    }

    /// What is told of it; `all` are the channels of which a stream may have more than one.
    fn entry(&self, all: &[Channel], envelope: &Envelope) -> Entry {
        // Not after it was noted: streams take it for a time that has passed.
        let time = envelope.time.min(self.recorded_at);
        Entry {
            channels: if all.len() > 1 {
                all.into()
            } else {
                Arc::new([])
            },
            shows: self.translated.routed.shows.as_slice().into(),
            ..Entry::of(envelope, self.partition, self.offset, time)
        }
    }

    fn on(&self, channels: Vec<Channel>, entry: Entry) -> Published {
        Published {
            channels,
            entry: Arc::new(entry),
        }
    }
}
