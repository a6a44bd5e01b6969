//! A producer of librdkafka with a thread that serves it.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, Producer as _, ProducerContext, PurgeConfig};

use crate::error::BusError;

/// How long the thread waits for something to come back. rdkafka's own waits a tenth of it, and turns in circles for the
/// last millisecond of each wait: a hundredth of a core for every producer of a process.
const WAIT: Duration = Duration::from_secs(1);

/// A producer that is served. Dropped, it gives up what it has not sent, and its thread ends within [`WAIT`].
pub(crate) struct Polled<C: ProducerContext + 'static> {
    producer: Arc<BaseProducer<C>>,
    is_over: Arc<AtomicBool>,
}

impl<C: ProducerContext + 'static> Polled<C> {
    /// Starts it.
    ///
    /// # Errors
    /// When librdkafka refuses the configuration, and when there is no thread to be had.
    pub(crate) fn start(config: &ClientConfig, context: C) -> Result<Self, BusError> {
        let producer = config.create_with_context(context);
        let producer: Arc<BaseProducer<C>> = Arc::new(producer.map_err(BusError::Config)?);
        let is_over = Arc::new(AtomicBool::new(false));
        let (polled, ends) = (Arc::clone(&producer), Arc::clone(&is_over));
        let thread = std::thread::Builder::new().name("producer".to_owned());
        thread
            .spawn(move || {
                while !ends.load(Ordering::Acquire) {
                    polled.poll(WAIT);
                }
            })
            .map_err(|_| BusError::Thread)?;
        Ok(Self { producer, is_over })
    }
}

impl<C: ProducerContext + 'static> Deref for Polled<C> {
    type Target = BaseProducer<C>;

    fn deref(&self) -> &BaseProducer<C> {
        &self.producer
    }
}

impl<C: ProducerContext + 'static> Drop for Polled<C> {
    fn drop(&mut self) {
        // At once: what another producer sends next must not be overtaken by what waits here.
        self.producer
            .purge(PurgeConfig::default().queue().inflight());
        self.is_over.store(true, Ordering::Release);
    }
}
