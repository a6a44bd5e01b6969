//! What every request, every event and every socket is handed: cheap handles, made once.

mod decoding;
mod encoding;
mod hub;
mod left;
mod live;
mod missed;
mod rooms;
mod session;
mod socket;
mod watches;

use std::sync::Arc;
use std::time::Duration;

use nova_attachments::Links;
use nova_event_bus::{Direct, KafkaConfig};
use nova_ids::UserId;
use nova_proto::messaging::v1::MessageRejected;
use nova_resilience::Health;
use nova_service::config::Env;
use nova_service::postgres::Database;
use nova_service::rate_limit::{LimitLayer, RateLimits, limit_reads};
use nova_service::redis::Redis;
use nova_service::tokens::Verifier;
use prost::Message as _;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use decoding::client_frame;
pub use encoding::Format;
pub use hub::Hub;
pub use left::Left;
pub use session::{Heard, MAX_FRAME, Session, Transport, Turn};
pub use socket::Socket;

use crate::config::{Config, NOTICE_WAIT, REDIS_WAIT};
use crate::domain::ConversationId;
use crate::store::notice::{self, Notice, Told};
use crate::store::routes::Routes;
use crate::{MIGRATIONS, NAME, metrics};

/// Sockets that come in ask the database so many at once: however many come back together, what happens meanwhile does not
/// wait behind them for a connection.
const ARRIVING: usize = 4;
/// Nothing is tried for so long after Redis failed.
const REST: Duration = Duration::from_millis(250);

/// What every request, every event and every socket is handed.
#[derive(Clone)]
pub struct State(Arc<Inner>);

/// What [`State`] leads to.
pub struct Inner {
    /// Names this node as long as it runs.
    pub node: Uuid,
    /// What messaging-events say.
    pub database: Database,
    /// The sockets of this node.
    pub hub: Hub,
    /// The way to other nodes.
    pub routes: Routes,
    /// Whose sockets have gone.
    pub left: Left,
    /// The way to messaging.
    pub direct: Direct,
    /// Checks access tokens.
    pub verifier: Verifier,
    /// How often one may connect.
    pub reads: LimitLayer,
    /// Whether sockets may be too fast.
    pub is_limited: bool,
    /// Pages of these origins may connect.
    pub origins: Vec<String>,
    /// How long changes are kept.
    pub retention: Duration,
    /// Sockets of a node that stops come back within this time.
    pub spread: Duration,
    /// Every socket, so that a stop can wait for them.
    pub sessions: TaskTracker,
    /// Places for those of them that come in.
    arrivals: Semaphore,
    /// Ends every socket.
    pub stopping: CancellationToken,
    /// Whether what happens reaches sockets.
    pub delivery: Health,
    /// Whether Redis carries notices.
    pub redis: Health,
}

impl std::ops::Deref for State {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Conversations of which this node has missed something.
pub type Behind = mpsc::UnboundedReceiver<ConversationId>;

impl State {
    /// Connects to the database, brings it up to date, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database.
    pub async fn connect(
        config: &Config,
        kafka: &KafkaConfig,
        env: &mut Env,
    ) -> anyhow::Result<(Self, Behind)> {
        let limits = RateLimits::read(env)?;
        let links = Links::read(env)?;
        let verifier = Verifier::read(env)?;
        let database = Database::connect(env, NAME, &MIGRATIONS).await?;
        let node = Uuid::now_v7();
        let redis = Redis::new(config.redis.clone(), REDIS_WAIT, REST);
        let waiting = Redis::new(config.notices.clone(), NOTICE_WAIT, REST);
        let routes = Routes::new(node, &config.redis_prefix, redis, waiting);
        let redis = Health::optional("realtime-chat.redis");
        // Else the first lease would find no Redis where there is one.
        match routes.ping().await {
            Ok(()) => redis.up(),
            Err(away) => redis.down(away.to_string()),
        }
        let (behind, missed) = mpsc::unbounded_channel();
        let state = Self(Arc::new(Inner {
            node,
            database,
            hub: Hub::new(links, behind),
            routes,
            left: Left::default(),
            direct: Direct::new(NAME, kafka)?,
            verifier,
            reads: limit_reads(&limits),
            is_limited: limits.are_on(),
            origins: config.origins.clone(),
            retention: config.retention,
            spread: config.spread,
            sessions: TaskTracker::new(),
            arrivals: Semaphore::new(ARRIVING),
            stopping: CancellationToken::new(),
            delivery: Health::required("realtime-chat.delivery"),
            redis,
        }));
        Ok((state, missed))
    }

    /// Does what the database has to do for a socket that comes in, once there is a place.
    pub(crate) async fn arriving<T>(&self, work: impl Future<Output = T>) -> T {
        let place = self.arrivals.acquire().await;
        let done = work.await;
        drop(place);
        done
    }

    /// Brings a notice to the sockets of this node that it concerns.
    pub fn take(&self, notice: Notice) {
        match notice.told {
            Some(Told::Change(change)) => {
                if let Some(change) = change.read()
                    && self.hub.change(&change)
                {
                    metrics::changes("told", 1);
                }
            }
            Some(Told::Mark(mark)) => {
                if let Some(mark) = mark.read() {
                    self.hub.mark(mark);
                }
            }
            Some(Told::Typing(typing)) => {
                let id = notice::id(&typing.conversation_id);
                if let (Some(id), Some(user)) = (id, notice::id(&typing.user_id)) {
                    self.hub.typing(id, user.into(), typing.active);
                }
            }
            Some(Told::Rejected(payload)) => self.take_rejection(&payload),
            Some(Told::Block(block)) => {
                if let (Some(one), Some(other)) = (notice::id(&block.one), notice::id(&block.other))
                {
                    self.hub.block(one.into(), other.into(), block.is_between);
                }
            }
            Some(Told::Gone(user)) => {
                if let Some(user) = notice::id(&user) {
                    self.hub.gone(user.into());
                }
            }
            Some(Told::Canary(number)) => self.hub.canary(self.node, number),
            // Of a later build: what it says is found in Postgres.
            None => {}
        }
    }

    /// Brings what was not taken, `MessageRejected` encoded, to the socket that has sent it.
    pub fn take_rejection(&self, payload: &[u8]) {
        let Ok(rejected) = MessageRejected::decode(payload) else {
            return;
        };
        if let Ok(user) = rejected.user_id.parse::<UserId>() {
            self.hub.reject(user, &rejected);
        }
    }
}
