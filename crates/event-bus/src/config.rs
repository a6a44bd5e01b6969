//! How to reach Kafka.

use std::ops::RangeInclusive;
use std::time::Duration;

use rdkafka::ClientConfig;

use crate::record::{CLOUD_EVENTS, HeaderNames};

/// Which protocol consumer groups use to share partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupProtocol {
    /// The classic protocol with the cooperative-sticky assignor: the default (see the crate's README).
    Classic,
    /// The protocol of KIP-848, in which the broker assigns.
    Consumer,
}

/// How often it is tried whether events can be published and read, and when that is too long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeOptions {
    /// Between the beginnings of two tries.
    pub interval: Duration,
    /// How long publishing one message may take, and reading it.
    pub timeout: Duration,
    /// When the last success is older, Kafka counts as down.
    pub max_age: Duration,
}

impl Default for ProbeOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(2),
            timeout: Duration::from_secs(2),
            max_age: Duration::from_secs(5),
        }
    }
}

/// How to reach Kafka, and how this process's topics and groups are named there.
#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// `host:port`, several separated by commas.
    pub brokers: String,
    /// Put before the name of every topic and group; empty in production, distinct in each test.
    pub topic_prefix: String,
    /// The consumer group, without the prefix, instead of the one that the router names: inbox and dead letters are that group's,
    /// too. For a process with one consumer, as beside another release that does the same.
    pub group: Option<String>,
    /// Protocol of consumer groups.
    pub group_protocol: GroupProtocol,
    /// After this long without a heartbeat a member's partitions go to others. Only for [`GroupProtocol::Classic`].
    pub session_timeout_ms: u32,
    /// What the names of the CloudEvents attributes begin with in Kafka's headers: `ce_`, as the specification
    /// has it, unless those who share the topics call them something else.
    pub header_prefix: String,
    /// The topic, before any prefix, of what [`Probe`](crate::Probe) publishes and reads again: `nova-health`.
    pub health_topic: String,
    /// How often it is tried whether events can be published and read.
    pub probe: ProbeOptions,
    /// Settings handed to librdkafka as they are (`security.protocol=SASL_SSL` …), applied last.
    pub properties: Vec<(String, String)>,
}

/// What a broker accepts by default as session timeout (`group.min.session.timeout.ms`,
/// `group.max.session.timeout.ms`).
const BROKER_SESSION_MS: RangeInclusive<u32> = 6_000..=1_800_000;
/// From a probe that is hardly a load to one that an hour says enough of.
const PROBE_MS: RangeInclusive<u32> = 100..=3_600_000;

/// A Kafka setting that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum KafkaConfigError {
    /// No name for a consumer group.
    #[error("NOVA_KAFKA_GROUP: {0:?} is not 1 to 100 of a-z, 0-9, - and _")]
    Group(String),
    /// Neither of the two protocols.
    #[error("NOVA_KAFKA_GROUP_PROTOCOL: {0:?} is neither classic nor consumer")]
    GroupProtocol(String),
    /// Not a number of milliseconds, or too few or too many.
    #[error("{name}: {text:?} is not a number from {least} to {most}")]
    Millis {
        /// The setting.
        name: &'static str,
        /// What it was set to.
        text: String,
        /// The least that it may be.
        least: u32,
        /// The most that it may be.
        most: u32,
    },
    /// Not `name=value` pairs. The text is not repeated: it may hold a password.
    #[error("NOVA_KAFKA_PROPERTIES is not a list name=value,name=value")]
    Properties,
    /// No broker is named.
    #[error("NOVA_KAFKA: the list of brokers is empty")]
    NoBroker,
}

/// It stands in tables, metrics and lines of logs.
fn is_group(name: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    name.len() <= 100 && name.bytes().all(allowed)
}

impl KafkaConfig {
    /// A configuration with defaults for everything but the brokers.
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            topic_prefix: String::new(),
            group: None,
            group_protocol: GroupProtocol::Classic,
            session_timeout_ms: 6_000,
            header_prefix: CLOUD_EVENTS.to_owned(),
            health_topic: "nova-health".to_owned(),
            probe: ProbeOptions::default(),
            properties: Vec::new(),
        }
    }

    /// Reads the configuration through `read(name, default, help)`, which the caller's own way of
    /// configuring provides.
    ///
    /// # Errors
    /// The caller's error, or one that names the setting and what it expects.
    pub fn from_settings<E: From<KafkaConfigError>>(
        mut read: impl FnMut(&'static str, &'static str, &'static str) -> Result<String, E>,
    ) -> Result<Self, E> {
        let mut config = Self::new(read(
            "NOVA_KAFKA",
            "127.0.0.1:9092",
            "Kafka brokers, host:port, several separated by commas",
        )?);
        if config.brokers.trim().is_empty() {
            return Err(KafkaConfigError::NoBroker.into());
        }
        config.topic_prefix = read(
            "NOVA_KAFKA_TOPIC_PREFIX",
            "",
            "put before the name of every topic and group",
        )?;
        let group = read(
            "NOVA_KAFKA_GROUP",
            "",
            "the consumer group; the service's name if not given, and never where several services are one process",
        )?;
        if !group.is_empty() {
            if !is_group(&group) {
                return Err(KafkaConfigError::Group(group).into());
            }
            config.group = Some(group);
        }
        let protocol = read(
            "NOVA_KAFKA_GROUP_PROTOCOL",
            "classic",
            "how consumers share partitions: classic or consumer (KIP-848)",
        )?;
        config.group_protocol = match protocol.as_str() {
            "classic" => GroupProtocol::Classic,
            "consumer" => GroupProtocol::Consumer,
            _ => return Err(KafkaConfigError::GroupProtocol(protocol).into()),
        };
        config.session_timeout_ms = millis(
            &mut read,
            BROKER_SESSION_MS,
            "NOVA_KAFKA_SESSION_TIMEOUT_MS",
            "6000",
            "milliseconds without a heartbeat after which a consumer's partitions go to others",
        )?;
        let mut probe = |name, default, help| {
            let millis = millis(&mut read, PROBE_MS, name, default, help)?;
            Ok::<_, E>(Duration::from_millis(millis.into()))
        };
        config.probe = ProbeOptions {
            interval: probe(
                "NOVA_KAFKA_PROBE_INTERVAL_MS",
                "2000",
                "milliseconds between two tries to publish and read a message of the health topic",
            )?,
            timeout: probe(
                "NOVA_KAFKA_PROBE_TIMEOUT_MS",
                "2000",
                "milliseconds that publishing it, or reading it, may take",
            )?,
            max_age: probe(
                "NOVA_KAFKA_PROBE_MAX_AGE_MS",
                "5000",
                "milliseconds after the last success from which Kafka counts as down",
            )?,
        };
        let properties = read(
            "NOVA_KAFKA_PROPERTIES",
            "",
            "more librdkafka settings, name=value,name=value (security.protocol=SASL_SSL ...)",
        )?;
        config.properties = parse_properties(&properties)?;
        Ok(config)
    }

    /// The name of a topic on the broker.
    #[must_use]
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.topic_prefix)
    }

    pub(crate) fn header_names(&self) -> &'static HeaderNames {
        HeaderNames::with(&self.header_prefix)
    }

    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "nova")
            .set("allow.auto.create.topics", "false")
            // A broker that comes back is found within a second, not within ten.
            .set("reconnect.backoff.max.ms", "1000")
            .set("topic.metadata.refresh.interval.ms", "30000");
        config
    }

    pub(crate) fn finish(&self, mut config: ClientConfig) -> ClientConfig {
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config
    }
}

fn millis<E: From<KafkaConfigError>>(
    read: &mut impl FnMut(&'static str, &'static str, &'static str) -> Result<String, E>,
    allowed: RangeInclusive<u32>,
    name: &'static str,
    default: &'static str,
    help: &'static str,
) -> Result<u32, E> {
    let text = read(name, default, help)?;
    let (least, most) = allowed.into_inner();
    match text.parse() {
        Ok(millis) if (least..=most).contains(&millis) => Ok(millis),
        _ => Err(KafkaConfigError::Millis {
            name,
            text,
            least,
            most,
        }
        .into()),
    }
}

fn parse_properties(text: &str) -> Result<Vec<(String, String)>, KafkaConfigError> {
    text.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(KafkaConfigError::Properties),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changed: &str, value: &str) -> Result<KafkaConfig, KafkaConfigError> {
        KafkaConfig::from_settings(|name, default, _| {
            Ok(if name == changed { value } else { default }.to_owned())
        })
    }

    #[test]
    fn defaults_are_accepted() {
        let config = read("", "").unwrap();
        assert_eq!(config.group_protocol, GroupProtocol::Classic);
        assert_eq!(config.topic("content-events"), "content-events");
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_name() {
        for (name, value) in [
            ("NOVA_KAFKA", " "),
            ("NOVA_KAFKA_GROUP_PROTOCOL", "eager"),
            ("NOVA_KAFKA_SESSION_TIMEOUT_MS", "5"),
            ("NOVA_KAFKA_PROBE_INTERVAL_MS", "0"),
            ("NOVA_KAFKA_PROBE_MAX_AGE_MS", "soon"),
            ("NOVA_KAFKA_PROPERTIES", "=x"),
        ] {
            let error = read(name, value).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn properties_are_pairs() {
        let config = read("NOVA_KAFKA_PROPERTIES", "a=b, c=d=e").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(config.properties, [pair("a", "b"), pair("c", "d=e")]);
    }
}
