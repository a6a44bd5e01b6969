//! Windows in a Redis that is a cluster of three.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nova_eventbridge::domain::Channel;
use nova_eventbridge::store::windows::{Published, Since, Windows};
use nova_ids::UserId;
use nova_service::config::Env;
use nova_service::redis::Access;
use nova_testkit::eventually;
use time::OffsetDateTime;

use crate::windows::{FEW, ONE, event, next};

/// Servers of this test's own, which go with it.
struct Cluster {
    folder: PathBuf,
    nodes: Vec<(Child, u16)>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for (process, _) in &mut self.nodes {
            process.kill().ok();
            process.wait().ok();
        }
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn run(port: u16, arguments: &[&str]) -> String {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd(arguments[0]);
    command.arg(&arguments[1..]);
    command.query_async(&mut connection).await.unwrap()
}

impl Cluster {
    async fn start() -> Self {
        let name = format!("nova-bridge-{}", uuid::Uuid::now_v7().simple());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        let mut cluster = Self {
            folder,
            nodes: Vec::new(),
        };
        let slots = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];
        let mut buses = Vec::new();
        for (number, (from, to)) in slots.into_iter().enumerate() {
            let bus = free_port().to_string();
            let port = cluster.add(number, &bus);
            let listens = async || {
                let connected = tokio::net::TcpStream::connect(("127.0.0.1", port));
                connected.await.is_ok()
            };
            eventually("redis listens", listens).await;
            run(port, &["CLUSTER", "ADDSLOTSRANGE", from, to]).await;
            buses.push(bus);
        }
        let first = cluster.nodes[0].1;
        for ((_, port), bus) in cluster.nodes.iter().zip(&buses).skip(1) {
            let port = port.to_string();
            run(first, &["CLUSTER", "MEET", "127.0.0.1", &port, bus]).await;
        }
        for (_, port) in &cluster.nodes {
            let is_complete = async || {
                let info = run(*port, &["CLUSTER", "INFO"]).await;
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
            };
            eventually("the cluster is complete", is_complete).await;
        }
        cluster
    }

    fn add(&mut self, number: usize, bus: &str) -> u16 {
        let port = free_port();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(&self.folder)
            .args(["--port", &port.to_string(), "--cluster-enabled", "yes"])
            .args(["--cluster-port", bus, "--cluster-config-file"])
            .arg(format!("nodes-{number}.conf"))
            .stdout(Stdio::null())
            .spawn();
        self.nodes.push((process.unwrap(), port));
        port
    }

    fn windows(&self) -> Windows {
        let settings = [("NOVA_X_CLUSTER".to_owned(), "on".to_owned())];
        let access = Access::read(&mut Env::of(settings), "NOVA_X_CLUSTER", "NOVA_X_CA");
        let url = format!("redis://127.0.0.1:{}", self.nodes[0].1);
        let wait = Duration::from_secs(2);
        let server = access
            .unwrap()
            .server("NOVA_X", &url.parse().unwrap(), wait);
        Windows::new(server.unwrap(), "test:", wait, FEW)
    }
}

#[tokio::test]
async fn windows_lie_in_a_cluster() {
    let mut cluster = Cluster::start().await;
    let windows = cluster.windows();
    windows.install(1).await.unwrap();
    windows.begin(1, OffsetDateTime::UNIX_EPOCH);
    let (ids, known) = windows.servers().await.unwrap();
    assert_eq!((ids.split(' ').count(), known), (3, Some(1)));
    let channels: Vec<Channel> = (0..50).map(|_| Channel::Me(UserId::new())).collect();
    let mut pushes = windows.listen().await.unwrap();
    windows.follow(&channels).await.unwrap();
    let batch: Vec<Published> = (0..4).map(|at| event(&channels, ONE, at, 10)).collect();
    windows.publish(&batch).await.unwrap();
    windows.publish(&batch).await.unwrap();
    let mut told = Vec::new();
    for _ in 0..4 * channels.len() {
        told.push(next(&mut pushes).await);
    }
    for channel in &channels {
        let mine = told.iter().filter(|told| told.channel == *channel);
        let offsets: Vec<i64> = mine.map(|told| told.entry.offset).collect();
        assert_eq!(offsets, [0, 1, 2, 3]);
    }
    for window in windows.read(&channels, Since::Start).await.unwrap() {
        assert_eq!(window.entries.len(), 4);
        assert_eq!(window.position.get(ONE), Some(3));
    }
    windows.leave(&channels[1..]).await;
    windows
        .publish(&[event(&channels, ONE, 4, 10)])
        .await
        .unwrap();
    assert_eq!(next(&mut pushes).await.channel, channels[0]);
    pushes.ping().await.unwrap();
    // A node that goes takes its channels with it.
    let (mut node, _) = cluster.nodes.pop().unwrap();
    node.kill().unwrap();
    node.wait().unwrap();
    let lost = tokio::time::timeout(Duration::from_secs(10), async {
        while pushes.next().await.is_some() {}
    });
    lost.await.expect("in time");
}
