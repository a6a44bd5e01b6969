use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use nova_service::config::Env;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpSocket};

use super::*;
use crate::domain::Slow;
use crate::state::Key;
use crate::state::hub::Hub;
use crate::state::stream::Whose;

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    let (client, server) = tokio::join!(socket.connect(address), listener.accept());
    (client.unwrap(), server.unwrap().0)
}

fn key() -> Key {
    let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA==".to_owned();
    Key::read(&mut Env::of([("NOVA_SECRET".to_owned(), secret)])).unwrap()
}

fn hub() -> Hub {
    Hub::new(key(), Duration::from_secs(1))
}

fn writer(hub: &Hub, socket: TcpStream) -> Writer {
    let whose = Whose {
        user: None,
        address: Ipv4Addr::LOCALHOST.into(),
        until: None,
        channels: Arc::default(),
        slow: Slow::Drop,
    };
    let seat = hub.enter(whose).unwrap();
    Writer {
        flow: Flow::new(seat, std::future::pending().boxed(), None),
        socket,
        out: Vec::new(),
        written: 0,
        is_last: false,
    }
}

fn run(mut writer: Writer) -> tokio::task::JoinHandle<()> {
    tokio::spawn(poll_fn(move |context| writer.poll(context)))
}

#[tokio::test]
async fn a_heartbeat_is_written_and_a_drained_stream_ends() {
    let hub = hub();
    let (mut client, server) = pair().await;
    let running = run(writer(&hub, server));
    (0..Hub::BEATS).for_each(|round| hub.beat(round, 0));
    let mut beat = [0; 3];
    client.read_exact(&mut beat).await.unwrap();
    assert_eq!(&beat, b":\n\n");
    hub.drain();
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "retry: 1\n\n");
    running.await.unwrap();
    assert_eq!(hub.count(), 0);
}

#[tokio::test]
async fn a_stream_ends_when_its_client_goes() {
    let hub = hub();
    let (client, server) = pair().await;
    let running = run(writer(&hub, server));
    tokio::task::yield_now().await;
    drop(client);
    running.await.unwrap();
    assert_eq!(hub.count(), 0);
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut() {
    let hub = hub();
    let (client, server) = pair().await;
    let mut stuck = writer(&hub, server);
    // More than the system takes.
    stuck.out = vec![b'x'; 64 * 1024 * 1024];
    let running = run(stuck);
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        (0..Hub::BEATS).for_each(|round| hub.beat(round, 0));
    }
    running.await.unwrap();
    assert_eq!(hub.count(), 0);
    drop(client);
}

#[tokio::test]
async fn a_body_has_the_same() {
    let hub = hub();
    let (_client, server) = pair().await;
    let body = writer(&hub, server).flow.into_body();
    hub.drain();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    assert_eq!(bytes, b"retry: 1\n\n".as_slice());
    assert_eq!(hub.count(), 0);
}

#[tokio::test]
async fn what_was_not_opened_leaves_nothing() {
    let hub = hub();
    let (_client, server) = pair().await;
    let flow = writer(&hub, server).flow;
    assert_eq!(hub.count(), 1);
    drop(flow.taking_over(Duration::from_secs(30)));
    assert_eq!(hub.count(), 0);
}
