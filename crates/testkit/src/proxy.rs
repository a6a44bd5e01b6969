//! A server that can be made to vanish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

/// Bytes that are read at once.
const CHUNK: usize = 16 * 1024;

/// A TCP proxy in front of a server, for tests of what happens when that server, or the network on the way,
/// fails. It begins by passing everything. Dropping it closes every connection.
///
/// The worst of all failures is silence: what is swallowed is received and acknowledged, so that no keepalive
/// and no retransmission notices, and nothing is ever closed.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    server: watch::Sender<String>,
    rules: Arc<watch::Sender<Rules>>,
    accepting: JoinHandle<()>,
}

/// What is done with bytes and connections.
#[derive(Debug, Clone, Copy)]
struct Rules {
    new: New,
    /// Connections that were there at the last swallow: those with a smaller number are dead.
    swallowed: u64,
    /// As many times all connections were closed.
    cuts: u64,
    delay: Duration,
}

/// What becomes of a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum New {
    Pass,
    Swallow,
    Refuse,
}

impl Proxy {
    /// A proxy in front of the server at `host:port`, at an address of its own.
    ///
    /// # Panics
    /// When no port is to be had.
    pub async fn to(server: impl Into<String>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (rules, _) = watch::channel(Rules {
            new: New::Pass,
            swallowed: 0,
            cuts: 0,
            delay: Duration::ZERO,
        });
        let rules = Arc::new(rules);
        let (server, servers) = watch::channel(server.into());
        let accepting = tokio::spawn(accept(listener, servers, rules.subscribe()));
        Self {
            address,
            server,
            rules,
            accepting,
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on new connections lead to another server. Those that are there go on.
    pub fn lead_to(&self, server: impl Into<String>) {
        self.server.send_replace(server.into());
    }

    /// From now on all bytes disappear, in both directions, and nothing is closed, whoever ends. New
    /// connections are accepted, and nobody ever answers on them.
    pub fn swallow(&self) {
        self.change(|rules| {
            rules.new = New::Swallow;
            rules.swallowed += 1;
        });
    }

    /// From now on new connections work. Those that were swallowed stay dead: their bytes are gone.
    pub fn pass(&self) {
        self.change(|rules| rules.new = New::Pass);
    }

    /// From now on new connections are closed at once. Those that are there go on.
    pub fn refuse(&self) {
        self.change(|rules| rules.new = New::Refuse);
    }

    /// Closes all connections, the swallowed ones too.
    pub fn cut(&self) {
        self.change(|rules| rules.cuts += 1);
    }

    /// From now on all bytes take so much longer, in each direction.
    pub fn delay(&self, delay: Duration) {
        self.change(|rules| rules.delay = delay);
    }

    fn change(&self, change: impl FnOnce(&mut Rules)) {
        self.rules.send_modify(change);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The connections are tasks of this one's, and end with it.
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    servers: watch::Receiver<String>,
    rules: watch::Receiver<Rules>,
) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        while connections.try_join_next().is_some() {}
        let now = *rules.borrow();
        if now.new != New::Refuse {
            let server = servers.borrow().clone();
            let connection = connect(client, server, now, rules.clone());
            connections.spawn(connection);
        }
    }
}

/// One connection, from its beginning to its end.
async fn connect(client: TcpStream, server: String, born: Rules, rules: watch::Receiver<Rules>) {
    let mut cuts = rules.clone();
    let pass = async {
        if born.new == New::Swallow {
            return silence(client).await;
        }
        let Ok(server) = TcpStream::connect(server).await else {
            return;
        };
        for stream in [&client, &server] {
            // A proxy that waits for more would be a slow network, and nobody asked for one.
            drop(stream.set_nodelay(true));
        }
        let ((from_client, to_client), (from_server, to_server)) =
            (client.into_split(), server.into_split());
        tokio::join!(
            carry(from_client, to_server, born, rules.clone()),
            carry(from_server, to_client, born, rules),
        );
    };
    tokio::select! {
        () = pass => {}
        _ = cuts.wait_for(|rules| rules.cuts > born.cuts) => {}
    }
}

/// Receives and says nothing, for ever.
async fn silence(mut stream: TcpStream) {
    let mut bytes = vec![0; CHUNK];
    while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    std::future::pending().await
}

/// Carries one direction until it ends; for ever once it is swallowed.
async fn carry(
    mut from: OwnedReadHalf,
    to: OwnedWriteHalf,
    born: Rules,
    rules: watch::Receiver<Rules>,
) {
    let (sender, chunks) = mpsc::unbounded_channel();
    let reading = async {
        loop {
            let mut bytes = vec![0; CHUNK];
            let read = from.read(&mut bytes).await.unwrap_or_default();
            bytes.truncate(read);
            let due = Instant::now() + rules.borrow().delay;
            // An empty one is the end.
            if sender.send((due, bytes)).is_err() || read == 0 {
                return;
            }
        }
    };
    tokio::join!(reading, write(to, chunks, born, rules.clone()));
}

async fn write(
    mut to: OwnedWriteHalf,
    mut chunks: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>,
    born: Rules,
    rules: watch::Receiver<Rules>,
) {
    while let Some((due, bytes)) = chunks.recv().await {
        sleep_until(due).await;
        let is_dead = rules.borrow().swallowed > born.swallowed;
        match (is_dead, bytes.is_empty()) {
            (true, false) => {}
            // Nobody is told.
            (true, true) => return std::future::pending().await,
            (false, true) => return drop(to.shutdown().await),
            (false, false) => {
                if to.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::within;

    /// A server that says what it hears.
    async fn echo() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    drop(tokio::io::copy(&mut from, &mut to).await);
                });
            }
        });
        address.to_string()
    }

    async fn client(proxy: &Proxy) -> TcpStream {
        TcpStream::connect(proxy.address()).await.unwrap()
    }

    /// What comes back, if something does within a moment; nothing at all is the end.
    async fn ask(stream: &mut TcpStream) -> Option<Vec<u8>> {
        let asked = async {
            stream.write_all(b"hello").await.ok();
            let mut bytes = [0; 5];
            let read = stream.read(&mut bytes).await.unwrap_or_default();
            bytes[..read].to_vec()
        };
        let moment = Duration::from_millis(300);
        tokio::time::timeout(moment, asked).await.ok()
    }

    #[tokio::test]
    async fn it_passes_bytes_and_ends() {
        let proxy = Proxy::to(echo().await).await;
        let mut stream = client(&proxy).await;
        assert_eq!(ask(&mut stream).await.as_deref(), Some(&b"hello"[..]));
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        assert_eq!(stream.read_to_end(&mut rest).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_is_swallowed_stays_silent_and_open() {
        let proxy = Proxy::to(echo().await).await;
        let mut old = client(&proxy).await;
        assert!(ask(&mut old).await.is_some());
        proxy.swallow();
        let mut new = client(&proxy).await;
        assert_eq!(ask(&mut old).await, None);
        assert_eq!(ask(&mut new).await, None);
        proxy.pass();
        assert_eq!(ask(&mut old).await, None);
        assert_eq!(ask(&mut new).await, None);
        assert!(ask(&mut client(&proxy).await).await.is_some());
        proxy.cut();
        assert_eq!(ask(&mut old).await.as_deref(), Some(&b""[..]));
        assert_eq!(ask(&mut new).await.as_deref(), Some(&b""[..]));
    }

    #[tokio::test]
    async fn it_refuses_new_connections_only() {
        let proxy = Proxy::to(echo().await).await;
        let mut old = client(&proxy).await;
        assert!(ask(&mut old).await.is_some());
        proxy.refuse();
        assert_eq!(
            ask(&mut client(&proxy).await).await.as_deref(),
            Some(&b""[..])
        );
        assert!(ask(&mut old).await.is_some());
        proxy.pass();
        assert!(ask(&mut client(&proxy).await).await.is_some());
    }

    #[tokio::test]
    async fn it_leads_to_another_server() {
        let proxy = Proxy::to("127.0.0.1:1").await;
        let mut lost = client(&proxy).await;
        assert_ne!(ask(&mut lost).await.as_deref(), Some(&b"hello"[..]));
        proxy.lead_to(echo().await);
        let mut found = client(&proxy).await;
        assert_eq!(ask(&mut found).await.as_deref(), Some(&b"hello"[..]));
    }

    #[tokio::test]
    async fn a_delay_is_one_of_each_direction() {
        let proxy = Proxy::to(echo().await).await;
        let mut stream = client(&proxy).await;
        proxy.delay(Duration::from_millis(50));
        let asked = Instant::now();
        within(Duration::from_secs(20), "it answers", async || {
            ask(&mut stream).await
        })
        .await;
        assert!(asked.elapsed() >= Duration::from_millis(100));
    }
}
