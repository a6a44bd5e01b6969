//! The embedded servers, started for real in folders of their own.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use nova_cli::progress::Progress;
use nova_cli::servers::{InstanceError, Process, Server, Servers, Signal, Wanted};
use nova_service::Env;
use nova_service::postgres::Database;
use nova_testkit::eventually;
use sqlx::{Connection as _, PgConnection};
use tokio::net::TcpStream;

const WITHOUT_KAFKA: Wanted = Wanted {
    kafka: false,
    ..Wanted::ALL
};

/// A data folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("nova-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The process that a record in `run/` names, if it runs.
    fn recorded(&self, server: Server) -> Option<Process> {
        Process::recorded(&self.0.join(format!("run/{server}.pid")))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

async fn start(data: &Path, wanted: Wanted) -> anyhow::Result<Servers> {
    Servers::start(data, wanted, Progress::silent()).await
}

fn addresses(servers: &Servers) -> [Option<String>; 3] {
    [
        servers.postgres_url.clone(),
        servers.redis_url.clone(),
        servers.kafka_brokers.clone(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_comes_back_on_its_port_and_none_is_left_after_the_stop() {
    let folder = Folder::new("killed");
    let servers = start(&folder.0, Wanted::ALL).await.unwrap();
    let before = addresses(&servers);
    for server in Server::ALL {
        let old = servers.process(server).unwrap();
        servers.kill(server).await.unwrap();
        let new = servers.ready(server).await.unwrap();
        assert_ne!(old, new, "{server}");
        assert!(!old.is_alive(), "{server}");
        assert_eq!(folder.recorded(server), Some(new), "{server}");
    }
    assert_eq!(addresses(&servers), before);

    let processes = Server::ALL.map(|server| servers.process(server).unwrap());
    servers.stop().await;
    assert!(processes.iter().all(|process| !process.is_alive()));
    let again = start(&folder.0, Wanted::ALL).await.unwrap();
    assert_eq!(addresses(&again), before, "ports stay from run to run");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postgres_took_survives_a_kill() {
    let folder = Folder::new("durable");
    let wanted = Wanted {
        redis: false,
        ..WITHOUT_KAFKA
    };
    let servers = start(&folder.0, wanted).await.unwrap();
    let url = servers.postgres_url.clone().unwrap();
    let url = format!("{}/postgres", url.trim_end_matches("/nova"));
    let connect = async || sqlx::PgPool::connect(&url).await;
    let pool = connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        .execute(&pool)
        .await
        .unwrap();
    servers.kill(Server::Postgres).await.unwrap();
    servers.ready(Server::Postgres).await.unwrap();
    let kept: i32 = sqlx::query_scalar("SELECT n FROM kept")
        .fetch_one(&connect().await.unwrap())
        .await
        .unwrap();
    assert_eq!(kept, 7);
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_server_is_still_stopped_in_order() {
    let folder = Folder::new("paused");
    let servers = start(&folder.0, WITHOUT_KAFKA).await.unwrap();
    let processes =
        [Server::Redis, Server::Postgres].map(|server| servers.process(server).unwrap());
    servers.signal(Server::Redis, Signal::STOP).unwrap();
    servers.signal(Server::Postgres, Signal::STOP).unwrap();
    servers.stop().await;
    assert!(processes.iter().all(|process| !process.is_alive()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_on_the_same_data_is_refused_with_the_pid_of_the_first() {
    let folder = Folder::new("second");
    let servers = start(&folder.0, WITHOUT_KAFKA).await.unwrap();
    let refused = start(&folder.0, WITHOUT_KAFKA).await.err().unwrap();
    let own = Process::own().unwrap().pid();
    match refused.downcast_ref() {
        Some(InstanceError::Running { pid, .. }) => assert_eq!(*pid, Some(own)),
        _ => panic!("{refused:#}"),
    }
    assert!(
        refused.to_string().contains(&format!("pid {own}")),
        "{refused}"
    );
    servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_end_with_the_one_who_dropped_them() {
    let folder = Folder::new("dropped");
    let servers = start(&folder.0, WITHOUT_KAFKA).await.unwrap();
    let redis = servers.redis_url.clone().unwrap().replace("redis://", "");
    drop(servers);
    eventually("nothing listens any more", async || {
        TcpStream::connect(&redis).await.is_err()
    })
    .await;
    // What is left to be cleaned up is cleaned up by the next.
    let next = start(&folder.0, WITHOUT_KAFKA).await.unwrap();
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_nova_left_behind_is_ended_by_the_next() {
    let folder = Folder::new("leftover");
    let mut nova = tokio::process::Command::new(env!("CARGO_BIN_EXE_nova"))
        .args(["servers", "--data"])
        .arg(&folder.0)
        .args(["--", "sleep", "600"])
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let left = nova_testkit::within(Duration::from_secs(120), "its servers run", async || {
        Some([
            folder.recorded(Server::Redis)?,
            folder.recorded(Server::Kafka)?,
            folder.recorded(Server::Postgres)?,
        ])
    })
    .await;
    nova.kill().await.unwrap();
    let next = start(&folder.0, Wanted::ALL).await.unwrap();
    assert!(left.iter().all(|process| !process.is_alive()));
    next.stop().await;
}

/// Makes a key and a certificate for `localhost` where the server looks for them.
const MAKE: &str = "COPY (SELECT 1) TO PROGRAM 'cat > /dev/null; umask 077; openssl req -x509 -newkey ec \
     -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost \
     -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
     -keyout server.key -out server.crt 2> /dev/null'";

async fn connected(url: &str, query: &str) -> anyhow::Result<Database> {
    let settings = [
        ("NOVA_POSTGRES".to_owned(), format!("{url}?{query}")),
        ("NOVA_STARTUP_TIMEOUT".to_owned(), "3s".to_owned()),
    ];
    Database::connect(
        &mut Env::of(settings),
        nova_feed::NAME,
        &nova_feed::MIGRATIONS,
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_to_looks_at_the_certificate_of_postgres() {
    let folder = Folder::new("tls");
    let wanted = Wanted {
        redis: false,
        ..WITHOUT_KAFKA
    };
    let servers = start(&folder.0, wanted).await.unwrap();
    let url = servers.postgres_url.clone().unwrap();
    let maintenance = format!("{}/postgres", url.trim_end_matches("/nova"));
    let mut server = PgConnection::connect(&maintenance).await.unwrap();
    sqlx::raw_sql(MAKE).execute(&mut server).await.unwrap();
    let read = sqlx::query_scalar("SELECT pg_read_file('server.crt')");
    let certificate: String = read.fetch_one(&mut server).await.unwrap();
    let path = folder.0.join("authority.pem");
    std::fs::write(&path, certificate).unwrap();
    let path = path.to_str().unwrap();
    let localhost = url.replace("127.0.0.1", "localhost");
    let verified = format!("sslmode=verify-full&sslrootcert={path}");
    // Nobody there speaks it yet.
    assert!(connected(&localhost, &verified).await.is_err());
    sqlx::raw_sql("ALTER SYSTEM SET ssl = on")
        .execute(&mut server)
        .await
        .unwrap();
    sqlx::raw_sql("SELECT pg_reload_conf()")
        .execute(&mut server)
        .await
        .unwrap();
    let database = eventually("it speaks TLS", async || {
        let database = connected(&localhost, &verified).await;
        database.map_err(|error| format!("{error:#}"))
    })
    .await;
    let ask = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    let is_encrypted: bool = ask.fetch_one(&database.pool).await.unwrap();
    assert!(is_encrypted);
    // Of another name, or signed by nobody who is trusted.
    for (url, query) in [
        (&url, verified.as_str()),
        (&localhost, "sslmode=verify-full"),
    ] {
        let refused = connected(url, query)
            .await
            .err()
            .map(|error| format!("{error:#}"));
        let refused = refused.unwrap_or_default().to_lowercase();
        assert!(refused.contains("certificate"), "{query}: {refused}");
    }
    database.pool.close().await;
    server.close().await.unwrap();
    servers.stop().await;
}
