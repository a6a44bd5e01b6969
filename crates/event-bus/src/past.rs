//! What topics hold from a time on, read once more and to nobody's account.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionListElem};
use tokio::sync::{mpsc, oneshot};

use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::kafka_log::Logged;
use crate::record::{HeaderNames, Record};

/// How long each question to Kafka may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often who reads and gets nothing looks whether anybody still wants it.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Messages in a piece at most, and bytes from which on it is full.
const IN_A_PIECE: usize = 512;
const BYTES: usize = 1 << 20;
/// Pieces that wait for who takes them.
const PIECES: usize = 4;
/// What the client fetches ahead, of all partitions together.
const PREFETCH_KBYTES: &str = "16384";
/// Bytes in one answer of a broker.
const FETCHED: &str = "8388608";

/// The messages of a topic from a time on, up to the end as it was when they were asked for.
///
/// What is read is of no group, and nothing is committed. Some 30 MiB of it are in memory at a time, whatever the
/// topic holds, and no more is read than is taken. Dropped, it stops reading.
pub struct Past {
    spans: Vec<Span>,
    pieces: mpsc::Receiver<Result<Piece, BusError>>,
    /// Partitions that have not ended.
    left: usize,
}

/// What is read of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub partition: i32,
    /// Where it begins: at the first message that is as late as was asked for, or later. Not after the end.
    pub first: i64,
    /// Where it ends: the offset that the next message had when it was asked for, but for transactions that were open.
    pub end: i64,
}

/// Some messages of one partition, in order.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The partition.
    pub partition: i32,
    /// After all that came of the partition before. Often some are missing between, which nobody was to see or which
    /// are no more.
    pub records: Vec<Record>,
    /// Nothing more comes of the partition. Said once of each, if need be with no messages.
    pub is_last: bool,
}

impl Past {
    /// Reads these partitions of a topic, or all, from the first message on that is as late as `since` or later, by the
    /// times that the messages bear; what follows it comes also if it bears an earlier one. The topic is called as it
    /// is here: without the prefix.
    ///
    /// # Errors
    /// When Kafka does not answer within some 30 s, or has no such topic or partition.
    pub async fn read(
        kafka: &KafkaConfig,
        topic: &str,
        partitions: Option<&[i32]>,
        since: SystemTime,
    ) -> Result<Self, BusError> {
        let asked = Asked {
            kafka: kafka.clone(),
            topic: kafka.topic(topic),
            partitions: partitions.map(<[i32]>::to_vec),
            since,
        };
        let (found, spans) = oneshot::channel();
        let (to, pieces) = mpsc::channel(PIECES);
        // librdkafka blocks its caller.
        std::thread::Builder::new()
            .name("past".to_owned())
            .spawn(move || run(&asked, found, to))
            .map_err(|_| BusError::Thread)?;
        let spans = spans.await.map_err(|_| BusError::Thread)??;
        Ok(Self {
            left: spans.len(),
            spans,
            pieces,
        })
    }

    /// What is read of each partition.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The next messages of whichever partition has some; none once all have ended, or after an error. May be dropped
    /// and asked for again: nothing is lost by it. While no broker can be reached it waits.
    ///
    /// # Errors
    /// When the topic cannot be read to its end.
    pub async fn next(&mut self) -> Option<Result<Piece, BusError>> {
        if self.left == 0 {
            return None;
        }
        let next = self.pieces.recv().await;
        let next = next.unwrap_or(Err(BusError::Thread));
        match &next {
            Ok(piece) => self.left -= usize::from(piece.is_last),
            Err(_) => self.left = 0,
        }
        Some(next)
    }
}

/// What somebody wants to read.
struct Asked {
    kafka: KafkaConfig,
    topic: String,
    partitions: Option<Vec<i32>>,
    since: SystemTime,
}

type Pieces = mpsc::Sender<Result<Piece, BusError>>;

/// Nobody wants to have it any more.
struct Unwanted;

/// A thread's life.
fn run(asked: &Asked, found: oneshot::Sender<Result<Vec<Span>, BusError>>, to: Pieces) {
    let opened = asked
        .open()
        .map(|consumer| (asked.spans(&consumer), consumer));
    let (spans, consumer) = match opened {
        Ok((Ok(spans), consumer)) => (spans, consumer),
        Ok((Err(error), _)) | Err(error) => {
            found.send(Err(error)).ok();
            return;
        }
    };
    let reader = Reader {
        topic: asked.topic.as_str().into(),
        names: asked.kafka.header_names(),
        open: BTreeMap::new(),
        piece: None,
        bytes: 0,
        consumer,
        to,
    };
    if found.send(Ok(spans.clone())).is_ok() {
        // Nobody is left to tell.
        reader.read(&spans).ok();
    }
}

impl Asked {
    fn open(&self) -> Result<BaseConsumer<Logged>, BusError> {
        let mut config = self.kafka.client();
        config
            // No member of any group and no commit; the library wants a name.
            .set("group.id", format!("{}nova-past", self.kafka.topic_prefix))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("isolation.level", "read_committed")
            // What was deleted meanwhile is passed over.
            .set("auto.offset.reset", "earliest")
            // What is at the end may be nothing that anybody sees: the markers of transactions, for one.
            .set("enable.partition.eof", "true")
            .set("queued.max.messages.kbytes", PREFETCH_KBYTES)
            .set("fetch.max.bytes", FETCHED)
            .set("fetch.message.max.bytes", BYTES.to_string())
            .set("fetch.wait.max.ms", "100")
            .set("fetch.error.backoff.ms", "100")
            .set("fetch.queue.backoff.ms", "10");
        let config = self.kafka.finish(config);
        config.create_with_context(Logged).map_err(BusError::Config)
    }

    /// What is to be read, each partition by what Kafka says now.
    fn spans(&self, consumer: &BaseConsumer<Logged>) -> Result<Vec<Span>, BusError> {
        let partitions = self.partitions(consumer)?;
        let since = self.since.duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        // Kafka takes the word for "next" where a time is expected.
        let ends = self.offsets(consumer, &partitions, Offset::End)?;
        let firsts = self.offsets(consumer, &partitions, Offset::Offset(since))?;
        let spans = partitions.into_iter().map(|partition| {
            let end = ends.get(&partition).copied().flatten().unwrap_or(0);
            let first = firsts.get(&partition).copied().flatten();
            Span {
                partition,
                first: first.unwrap_or(end).min(end),
                end,
            }
        });
        Ok(spans.collect())
    }

    fn partitions(&self, consumer: &BaseConsumer<Logged>) -> Result<Vec<i32>, BusError> {
        let metadata = consumer.fetch_metadata(Some(&self.topic), TIMEOUT);
        let metadata = metadata.map_err(|source| self.unreachable(source))?;
        let topic = metadata.topics().first();
        let there = topic.map(|topic| topic.partitions()).unwrap_or_default();
        let there: Vec<i32> = there.iter().map(|partition| partition.id()).collect();
        let wanted = self.partitions.clone().unwrap_or_else(|| there.clone());
        if there.is_empty() || wanted.iter().any(|wanted| !there.contains(wanted)) {
            let unknown = RDKafkaErrorCode::UnknownTopicOrPartition;
            return Err(self.unreadable(KafkaError::MetadataFetch(unknown)));
        }
        Ok(wanted)
    }

    /// Where each partition is at that time; nothing where it has none so late.
    fn offsets(
        &self,
        consumer: &BaseConsumer<Logged>,
        partitions: &[i32],
        at: Offset,
    ) -> Result<BTreeMap<i32, Option<i64>>, BusError> {
        let asked = at_each(
            &self.topic,
            partitions.iter().map(|partition| (*partition, at)),
        );
        let found = asked.and_then(|list| consumer.offsets_for_times(list, TIMEOUT));
        let found = found.map_err(|source| self.unreachable(source))?;
        let of = |element: &TopicPartitionListElem<'_>| {
            element.error()?;
            let offset = match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            };
            Ok((element.partition(), offset))
        };
        let found: KafkaResult<_> = found.elements().iter().map(of).collect();
        found.map_err(|source| self.unreachable(source))
    }

    fn unreachable(&self, source: KafkaError) -> BusError {
        let brokers = self.kafka.brokers.clone();
        BusError::Unreachable { brokers, source }
    }

    fn unreadable(&self, source: KafkaError) -> BusError {
        let topic = self.topic.clone();
        BusError::Consume { topic, source }
    }
}

fn at_each(
    topic: &str,
    all: impl Iterator<Item = (i32, Offset)>,
) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in all {
        list.add_partition_offset(topic, partition, offset)?;
    }
    Ok(list)
}

/// Reads partitions until each has ended.
struct Reader {
    consumer: BaseConsumer<Logged>,
    topic: Arc<str>,
    names: &'static HeaderNames,
    /// What comes next of each partition that has not ended, and its end.
    open: BTreeMap<i32, (i64, i64)>,
    /// What is being gathered, and how large it is.
    piece: Option<Piece>,
    bytes: usize,
    to: Pieces,
}

impl Reader {
    fn read(mut self, spans: &[Span]) -> Result<(), Unwanted> {
        for Span {
            partition,
            first,
            end,
        } in spans.iter().copied()
        {
            if first < end {
                self.open.insert(partition, (first, end));
            } else {
                self.give(Piece::of(partition, true))?;
            }
        }
        let from = self.open.iter();
        let from = from.map(|(partition, (first, _))| (*partition, Offset::Offset(*first)));
        let assigned = at_each(&self.topic, from).and_then(|from| self.consumer.assign(&from));
        if let Err(error) = assigned {
            return self.fail(error);
        }
        while !self.open.is_empty() {
            // What is gathered waits for nothing.
            let patience = self.piece.as_ref().map_or(LOOK_EVERY, |_| Duration::ZERO);
            match self.next(patience) {
                None => self.flush()?,
                Some(Ok(record)) => self.take(record)?,
                Some(Err(KafkaError::PartitionEOF(partition))) => self.end(partition)?,
                Some(Err(error)) if is_final(&error) => return self.fail(error),
                // A broker that restarts is waited for, until nobody wants to any more.
                Some(Err(error)) => tracing::debug!(%error, "kafka reader"),
            }
            if self.to.is_closed() {
                return Err(Unwanted);
            }
        }
        Ok(())
    }

    fn next(&self, patience: Duration) -> Option<KafkaResult<Record>> {
        let message = self.consumer.poll(patience)?;
        Some(message.map(|message| Record::copy(Arc::clone(&self.topic), &message, self.names)))
    }

    fn take(&mut self, record: Record) -> Result<(), Unwanted> {
        let partition = record.partition();
        let Some((next, end)) = self.open.get_mut(&partition) else {
            return Ok(());
        };
        if record.offset() >= *end {
            return self.end(partition);
        }
        // A log that lost its end is read from its beginning again.
        if record.offset() < *next {
            return Ok(());
        }
        *next = record.offset() + 1;
        let is_last = *next >= *end;
        let is_other = |piece: &Piece| piece.partition != partition;
        if self.piece.as_ref().is_some_and(is_other) {
            self.flush()?;
        }
        self.bytes += record.size();
        let piece = self
            .piece
            .get_or_insert_with(|| Piece::of(partition, false));
        piece.records.push(record);
        if is_last {
            return self.end(partition);
        }
        if piece.records.len() >= IN_A_PIECE || self.bytes >= BYTES {
            return self.flush();
        }
        Ok(())
    }

    /// Nothing more comes of a partition.
    fn end(&mut self, partition: i32) -> Result<(), Unwanted> {
        if self.open.remove(&partition).is_none() {
            return Ok(());
        }
        let this = at_each(&self.topic, std::iter::once((partition, Offset::Invalid)));
        let paused = this.and_then(|this| self.consumer.pause(&this));
        if let Err(error) = paused {
            // What comes of it all the same is passed over.
            tracing::debug!(%error, "kafka reader");
        }
        let gathered = self.piece.take_if(|piece| piece.partition == partition);
        let mut last = gathered.unwrap_or_else(|| Piece::of(partition, true));
        last.is_last = true;
        self.flush()?;
        self.give(last)
    }

    fn flush(&mut self) -> Result<(), Unwanted> {
        self.bytes = 0;
        match self.piece.take() {
            Some(piece) => self.give(piece),
            None => Ok(()),
        }
    }

    fn give(&self, piece: Piece) -> Result<(), Unwanted> {
        self.to.blocking_send(Ok(piece)).map_err(|_| Unwanted)
    }

    fn fail(&self, source: KafkaError) -> Result<(), Unwanted> {
        let topic = self.topic.to_string();
        let failed = Err(BusError::Consume { topic, source });
        self.to.blocking_send(failed).map_err(|_| Unwanted)
    }
}

impl Piece {
    const fn of(partition: i32, is_last: bool) -> Self {
        Self {
            partition,
            records: Vec::new(),
            is_last,
        }
    }
}

/// Whether waiting is in vain.
fn is_final(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{
        TopicAuthorizationFailed, UnknownPartition, UnknownTopic, UnknownTopicOrPartition,
    };
    match error {
        KafkaError::MessageConsumptionFatal(_) => true,
        error => error.rdkafka_error_code().is_some_and(|code| {
            [
                TopicAuthorizationFailed,
                UnknownPartition,
                UnknownTopic,
                UnknownTopicOrPartition,
            ]
            .contains(&code)
        }),
    }
}
