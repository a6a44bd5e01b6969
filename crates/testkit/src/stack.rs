//! Everything that one test has for itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nova_event_bus::{Event, KafkaConfig, Producer};
use nova_ids::{EventId, UserId};
use nova_proto::catalogue::TOPICS;
use nova_service::platform::DRAIN_DELAY;
use nova_service::postgres::name_of;
use nova_service::telemetry::Telemetry;
use nova_service::tokens::Claims;
use nova_service::{Env, Platform, Service};
use redis::aio::MultiplexedConnection;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use uuid::Uuid;

use crate::app::App;
use crate::eventually::eventually;
use crate::kafka::{self, Published};
use crate::mails::{self, Mail};
use crate::proxy::Proxy;
use crate::tokens::Signer;

/// Databases, topics and Redis keys that no other test has, with settings that lead services there.
pub struct Stack {
    /// How to reach this test's topics.
    pub kafka: KafkaConfig,
    /// Put before each of this test's keys in Redis.
    pub redis_prefix: String,
    prefix: String,
    mail_folder: PathBuf,
    media_folder: PathBuf,
    postgres: PgConnectOptions,
    redis_url: String,
    settings: BTreeMap<String, String>,
    signer: Signer,
    producer: Producer,
    apps: Mutex<Vec<App>>,
}

impl Stack {
    /// A new one, with all topics of the catalogue.
    ///
    /// # Panics
    /// When there are no servers.
    pub async fn new() -> Self {
        log_if_asked();
        let (postgres_url, redis_url) = (server("NOVA_TEST_POSTGRES"), server("NOVA_TEST_REDIS"));
        let prefix = format!("test_{}", Uuid::now_v7().simple());
        let (base, _) = postgres_url
            .rsplit_once('/')
            .expect("a URL with a prefix of databases");
        let mut kafka = KafkaConfig::new(server("NOVA_TEST_KAFKA"));
        kafka.topic_prefix = format!("{prefix}.");
        nova_event_bus::create_topics(&kafka, TOPICS, 1)
            .await
            .expect("topics are created");
        let signer = Signer::new();
        let mut secret = [0; 32];
        aws_lc_rs::rand::fill(&mut secret).expect("random bytes");
        let redis_prefix = format!("{prefix}:");
        let mail_folder = std::env::temp_dir().join(format!("nova-{prefix}-mail"));
        let media_folder = std::env::temp_dir().join(format!("nova-{prefix}-media"));
        let settings = [
            ("NOVA_LISTEN", "127.0.0.1:0".to_owned()),
            // No load balancer has to learn that it stops.
            (DRAIN_DELAY, "0s".to_owned()),
            ("NOVA_RATE_LIMIT", "off".to_owned()),
            ("NOVA_POSTGRES", format!("{base}/{prefix}")),
            ("NOVA_REDIS", redis_url.clone()),
            ("NOVA_REDIS_PREFIX", redis_prefix.clone()),
            ("NOVA_KAFKA", kafka.brokers.clone()),
            ("NOVA_KAFKA_TOPIC_PREFIX", kafka.topic_prefix.clone()),
            ("NOVA_SECRET", STANDARD.encode(secret)),
            ("NOVA_TOKEN_SIGNING_KEY", signer.private_setting()),
            ("NOVA_TOKEN_KEYS", signer.public_setting()),
            ("NOVA_MAIL", format!("folder:{}", mail_folder.display())),
            (MEDIA_STORE, format!("file:{}", media_folder.display())),
        ];
        let mut settings = BTreeMap::from(settings.map(|(name, value)| (name.to_owned(), value)));
        settings.extend(bucket(&prefix));
        Self {
            producer: Producer::new(&kafka).expect("a producer"),
            kafka,
            redis_prefix,
            prefix,
            mail_folder,
            media_folder,
            postgres: postgres_url.parse().expect("a URL of Postgres"),
            redis_url,
            settings,
            signer,
            apps: Mutex::default(),
        }
    }

    /// Changes a setting for what is started from now on.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A proxy in front of Postgres. The test's own pools go past it; for services see
    /// [`Self::postgres_through`].
    ///
    /// # Panics
    /// When no port is to be had.
    pub async fn proxy_postgres(&self) -> Proxy {
        let (host, port) = (self.postgres.get_host(), self.postgres.get_port());
        Proxy::to(format!("{host}:{port}")).await
    }

    /// What `NOVA_POSTGRES` is to be for a service that goes through this proxy:
    /// `stack.with("NOVA_POSTGRES", &stack.postgres_through(&proxy))`, once the others have started.
    ///
    /// # Panics
    /// When the address of Postgres names no user.
    #[must_use]
    pub fn postgres_through(&self, proxy: &Proxy) -> String {
        let url = &self.settings["NOVA_POSTGRES"];
        let (user, _) = url.rsplit_once('@').expect("a URL with a user");
        format!("{user}@{}/{}", proxy.address(), self.prefix)
    }

    /// The settings of this test.
    #[must_use]
    pub fn env(&self) -> Env {
        Env::of(self.settings.clone())
    }

    /// The same, for processes that are started beside the test.
    #[must_use]
    pub const fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// Starts a service on a free port: `stack.start(nova_content::service)`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start<F>(&self, service: F) -> App
    where
        F: AsyncFnOnce(&mut Env) -> anyhow::Result<Service> + Send + 'static,
    {
        self.start_platform(async |env: &mut Env| {
            let mut platform = Platform::read(env)?;
            platform.add(service(env).await?);
            Ok(platform)
        })
        .await
    }

    /// Starts several services behind one address on a free port:
    /// `stack.start_platform(nova_cli::platform::assemble)`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_platform<F>(&self, assemble: F) -> App
    where
        F: AsyncFnOnce(&mut Env) -> anyhow::Result<Platform> + Send + 'static,
    {
        let app = App::start(self.env(), assemble).await;
        self.apps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(app.clone());
        app
    }

    /// An access token of that user, good for an hour.
    #[must_use]
    pub fn token(&self, user: UserId) -> String {
        self.signer.token(user)
    }

    /// An access token that says anything, signed with the right key.
    #[must_use]
    pub fn sign(&self, claims: &Claims) -> String {
        self.signer.sign(claims)
    }

    /// Where mails go that are sent in this test, each a file `<id>.eml`. It is made with the first.
    #[must_use]
    pub fn mail_folder(&self) -> &Path {
        &self.mail_folder
    }

    /// Where media of this test are kept, unless `NOVA_MEDIA_STORE` says otherwise.
    #[must_use]
    pub fn media_folder(&self) -> &Path {
        &self.media_folder
    }

    /// Every mail to that address until now, oldest request first.
    #[must_use]
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let is_to = |mail: &Mail| mail.header("To").is_some_and(|to| to.contains(address));
        let mails = mails::read(&self.mail_folder).into_iter();
        mails.filter(is_to).collect()
    }

    /// Waits for the mail to that address whose number, from 1, is this, oldest request first.
    ///
    /// # Panics
    /// When it does not come.
    pub async fn mail_to(&self, address: &str, number: usize) -> Mail {
        let what = format!("mail {number} to {address} is sent");
        eventually(&what, async || {
            let mails = self.mails_to(address);
            mails.get(number - 1).cloned().ok_or(mails)
        })
        .await
    }

    /// A pool of connections to a service's database.
    ///
    /// # Panics
    /// When there is none: the service makes it when it starts.
    pub async fn database(&self, service: &str) -> PgPool {
        PgPool::connect_with(
            self.postgres
                .clone()
                .database(&name_of(&self.prefix, service)),
        )
        .await
        .expect("the service's database")
    }

    /// [`Self::database`], through a proxy in front of Postgres.
    ///
    /// # Panics
    /// When there is none.
    pub async fn database_through(&self, proxy: &Proxy, service: &str) -> PgPool {
        let (host, port) = (proxy.address().ip(), proxy.address().port());
        let options = self.postgres.clone().host(&host.to_string()).port(port);
        PgPool::connect_with(options.database(&name_of(&self.prefix, service)))
            .await
            .expect("the service's database")
    }

    /// A database of this test's own with these tables, for what is no service.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn create_database(&self, name: &str, tables: &'static str) -> PgPool {
        // The prefix is ours and `name` is the test's.
        let create = AssertSqlSafe(format!(
            "CREATE DATABASE \"{}\"",
            name_of(&self.prefix, name)
        ));
        sqlx::query(create)
            .execute(&mut self.maintenance().await)
            .await
            .expect("a new database");
        let pool = self.database(name).await;
        sqlx::raw_sql(tables)
            .execute(&pool)
            .await
            .expect("the tables");
        pool
    }

    /// A connection to Redis, in which this test's keys begin with [`Self::redis_prefix`].
    ///
    /// # Panics
    /// When Redis does not answer.
    pub async fn redis(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.redis_url.as_str()).expect("a URL of Redis");
        client
            .get_multiplexed_async_connection()
            .await
            .expect("Redis")
    }

    /// Everything of one type that is on its topic now, in order within each key.
    ///
    /// # Panics
    /// When the topic cannot be read.
    pub async fn published<E: Event>(&self) -> Vec<Published<E>> {
        kafka::published(&self.kafka).await
    }

    /// Publishes an event as the service that owns it would.
    ///
    /// # Panics
    /// When Kafka does not take it.
    pub async fn publish<E: Event>(&self, event: &E) -> EventId {
        let id = EventId::new();
        self.publish_as(id, event).await;
        id
    }

    /// Publishes an event under an id, which may have been used before.
    ///
    /// # Panics
    /// When Kafka does not take it.
    pub async fn publish_as<E: Event>(&self, id: EventId, event: &E) {
        let headers = kafka::headers_of(id, event);
        let headers: Vec<(&str, &[u8])> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let (topic, payload) = (E::INFO.topic.name, event.encode_to_vec());
        self.produce(
            topic,
            Some(event.key().as_bytes()),
            Some(&payload),
            &headers,
        )
        .await;
    }

    /// Puts anything on a topic of the catalogue, for tests of what nobody should send.
    ///
    /// # Panics
    /// When Kafka does not take it.
    pub async fn produce(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
        headers: &[(&str, &[u8])],
    ) {
        let topic = self.kafka.topic(topic);
        self.producer
            .produce(&topic, key, payload, headers)
            .await
            .expect("Kafka takes the message");
    }

    /// Waits until every outbox is empty, stops what runs, and removes databases, topics and keys.
    ///
    /// # Panics
    /// When rows stay in an outbox, or something does not stop in order.
    pub async fn finish(self) {
        let databases = self.databases().await;
        for database in &databases {
            self.wait_for_empty_outbox(database).await;
        }
        let apps = std::mem::take(&mut *self.apps.lock().unwrap_or_else(PoisonError::into_inner));
        for app in apps {
            app.stop().await;
        }
        let mut maintenance = self.maintenance().await;
        for database in databases {
            // The name came from the catalogue of Postgres and begins with our prefix.
            let drop = AssertSqlSafe(format!("DROP DATABASE \"{database}\" WITH (FORCE)"));
            sqlx::query(drop)
                .execute(&mut maintenance)
                .await
                .expect("the database is dropped");
        }
        kafka::delete_topics(&self.kafka, TOPICS).await;
        self.delete_keys().await;
        // Most tests have none.
        drop(std::fs::remove_dir_all(&self.mail_folder));
        drop(std::fs::remove_dir_all(&self.media_folder));
    }

    async fn wait_for_empty_outbox(&self, database: &str) {
        let options = self.postgres.clone().database(database);
        let mut connection = PgConnection::connect_with(&options)
            .await
            .expect("the database");
        let what = format!("everything in the outbox of {database} is published");
        eventually(&what, async || {
            let count = sqlx::query_scalar("SELECT count(*) FROM outbox");
            let left: i64 = count.fetch_one(&mut connection).await.expect("an outbox");
            if left == 0 {
                Ok(())
            } else {
                Err(format!("{left} events in it"))
            }
        })
        .await;
    }

    /// Names of the databases that services made for this test.
    async fn databases(&self) -> Vec<String> {
        let query = sqlx::query_scalar(
            "SELECT datname::text FROM pg_database WHERE starts_with(datname::text, $1)",
        );
        query
            .bind(&self.prefix)
            .fetch_all(&mut self.maintenance().await)
            .await
            .expect("names of databases")
    }

    async fn maintenance(&self) -> PgConnection {
        let options = self.postgres.clone().database("postgres");
        PgConnection::connect_with(&options)
            .await
            .expect("Postgres")
    }

    async fn delete_keys(&self) {
        let mut redis = self.redis().await;
        let pattern = format!("{}*", self.redis_prefix);
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut redis)
            .await
            .expect("keys of Redis");
        if !keys.is_empty() {
            redis::cmd("UNLINK")
                .arg(keys)
                .exec_async(&mut redis)
                .await
                .expect("keys are removed");
        }
    }
}

const MEDIA_STORE: &str = "NOVA_MEDIA_STORE";

/// Settings that lead media into a bucket instead of a folder, if `NOVA_TEST_S3` names one: `http://key:secret@host:port/bucket`.
fn bucket(prefix: &str) -> Vec<(String, String)> {
    let given = std::env::var("NOVA_TEST_S3").unwrap_or_default();
    let Some((scheme, rest)) = given.split_once("://") else {
        return Vec::new();
    };
    let (keys, place) = rest.split_once('@').expect("keys of S3");
    let (key, secret) = keys.split_once(':').expect("two keys of S3");
    let (host, bucket) = place.split_once('/').expect("a bucket of S3");
    let settings = [
        (MEDIA_STORE, format!("s3://{bucket}/{prefix}")),
        ("NOVA_MEDIA_S3_ENDPOINT", format!("{scheme}://{host}")),
        ("NOVA_MEDIA_S3_ACCESS_KEY", key.to_owned()),
        ("NOVA_MEDIA_S3_SECRET_KEY", secret.to_owned()),
    ];
    settings
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
}

fn server(variable: &str) -> String {
    match std::env::var(variable) {
        Ok(address) if !address.is_empty() => address,
        _ => panic!("{variable} is not set: run ./scripts/test, or `nova servers -- cargo test`"),
    }
}

/// Logs go to standard error, past the test runner, so only on request. Trace ids are there either way.
fn log_if_asked() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let level = std::env::var("NOVA_LOG").unwrap_or_else(|_| "off".to_owned());
        let mut env = Env::of([("NOVA_LOG".to_owned(), level)]);
        let telemetry = Telemetry::install(&mut env, "test").expect("logging starts");
        // It lives as long as the tests.
        std::mem::forget(telemetry);
    });
}
