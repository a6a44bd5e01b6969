//! Redis as a cluster of three, and behind TLS.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nova_testkit::{Stack, eventually};

use crate::reader::expect_feeds;
use crate::world::World;

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Self {
        let name = format!("nova-redis-{}", uuid::Uuid::now_v7().simple());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A server of this test's own.
struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Server {
    fn start(folder: &Path, options: &[&str], port_option: &str) -> Self {
        let port = free_port();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(folder)
            .args([port_option, &port.to_string()])
            .args(options)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, port }
    }

    async fn answers(&self) {
        eventually("redis listens", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", self.port))
                .await
                .is_ok()
        })
        .await;
    }

    async fn run(&self, arguments: &[&str]) -> String {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let [name, arguments @ ..] = arguments else {
            panic!("no command")
        };
        let mut command = redis::cmd(name);
        command.arg(arguments);
        command.query_async(&mut connection).await.unwrap()
    }
}

async fn cluster(folder: &Folder) -> Vec<Server> {
    let mut nodes = Vec::new();
    for number in 0..3 {
        let (bus, file) = (free_port().to_string(), format!("nodes-{number}.conf"));
        let options = [
            "--cluster-enabled",
            "yes",
            "--cluster-port",
            &bus,
            "--cluster-config-file",
            &file,
        ];
        let node = Server::start(&folder.0, &options, "--port");
        node.answers().await;
        let slots = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)][number];
        let (from, to) = (slots.0.to_string(), slots.1.to_string());
        node.run(&["CLUSTER", "ADDSLOTSRANGE", &from, &to]).await;
        nodes.push((node, bus));
    }
    let (first, _) = &nodes[0];
    for (node, bus) in &nodes[1..] {
        let port = node.port.to_string();
        first
            .run(&["CLUSTER", "MEET", "127.0.0.1", &port, bus])
            .await;
    }
    for (node, _) in &nodes {
        eventually("the cluster is complete", async || {
            let info = node.run(&["CLUSTER", "INFO"]).await;
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        })
        .await;
    }
    nodes.into_iter().map(|(node, _)| node).collect()
}

async fn feeds_are_right(stack: &Stack) {
    let app = stack.start(nova_feed::service).await;
    let seed = rand::random();
    println!("seed {seed}");
    let mut world = World::new(seed);
    for event in world.live(60) {
        event.publish(stack).await;
    }
    expect_feeds(stack, &app, &world, "at the end").await;
    let ready = app.get("/health/ready").await.expect(200);
    assert_eq!(
        ready["dependencies"]["feed.redis"]["state"], "up",
        "{ready}"
    );
    // Reads were limited, by all replicas together: none by what this one has seen alone.
    let metrics = app.get("/metrics").await.text();
    assert!(metrics.contains("nova_http_request"), "{metrics}");
    let alone = metrics
        .lines()
        .find(|line| line.starts_with("nova_rate_limits_unshared_total"));
    assert!(alone.is_none_or(|line| line.ends_with(" 0")), "{alone:?}");
}

/// A script or a pipeline that touched two slots would be refused, and Redis be down.
#[tokio::test(flavor = "multi_thread")]
async fn timelines_lie_in_a_cluster() {
    let folder = Folder::make();
    let nodes = cluster(&folder).await;
    let url = format!("redis://127.0.0.1:{}", nodes[0].port);
    let stack = Stack::new()
        .await
        .with("NOVA_REDIS", &url)
        .with("NOVA_REDIS_CLUSTER", "on")
        .with("NOVA_RATE_LIMIT", "on")
        .with("NOVA_RATE_LIMIT_TIMEOUT", "10s")
        .with("NOVA_RATE_LIMIT_REDIS", &url)
        .with("NOVA_RATE_LIMIT_REDIS_CLUSTER", "on");
    feeds_are_right(&stack).await;
    let (mut timelines, mut limits) = (0, 0);
    for node in &nodes {
        let count = "return tostring(#redis.call('KEYS', '*feed:{*'))";
        timelines += node
            .run(&["EVAL", count, "0"])
            .await
            .parse::<u32>()
            .unwrap();
        // Nothing but limits is SET here; their keys are gone when they are as good as new.
        let commands = node.run(&["INFO", "commandstats"]).await;
        limits += u32::from(commands.contains("cmdstat_set:"));
    }
    // At most one of the four users has been erased, and has none.
    assert!(timelines >= 3 && limits >= 1, "{timelines}, {limits}");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_reached_through_tls() {
    let folder = Folder::make();
    let (key, certificate) = (folder.file("key.pem"), folder.file("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"])
        .args(["-subj", "/CN=localhost", "-addext"])
        .args(["subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    let options = [
        "--port",
        "0",
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &certificate,
        "--tls-auth-clients",
        "no",
    ];
    let server = Server::start(&folder.0, &options, "--tls-port");
    server.answers().await;
    let url = format!("rediss://localhost:{}", server.port);
    let stack = Stack::new()
        .await
        .with("NOVA_REDIS", &url)
        .with("NOVA_REDIS_CA", &certificate)
        .with("NOVA_RATE_LIMIT", "on")
        .with("NOVA_RATE_LIMIT_TIMEOUT", "10s")
        .with("NOVA_RATE_LIMIT_REDIS", &url)
        .with("NOVA_RATE_LIMIT_REDIS_CA", &certificate);
    feeds_are_right(&stack).await;
    stack.finish().await;
}
