//! Files that are served, beside a bare stream of a file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse as _;
use futures::StreamExt as _;
use http::header::{CONTENT_LENGTH, RANGE};
use http::{HeaderMap, StatusCode};
use nova_testkit::bench::{Rounds, Row};
use nova_testkit::eventually;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::client::{Client, form, sound};
use crate::{CLIENTS, Extent, World};

const GOAL: f64 = 0.8;
const RANGE_BYTES: usize = 64 << 10;
/// Of the bare stream, as of Nova's.
const BLOCK: usize = 256 << 10;

pub(crate) async fn measure(world: &World, extent: Extent) -> anyhow::Result<Vec<Row>> {
    let file = sound(extent.megabytes, u64::MAX);
    let link = upload(world, &file).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    std::fs::write(&path, &file)?;
    let bare = bare(path).await?;
    let whole = compare(world, &link, bare, extent.reads, file.len(), None, extent).await?;
    let ranges = extent.reads * 16;
    let ranges = compare(
        world,
        &link,
        bare,
        ranges,
        file.len(),
        Some(RANGE_BYTES),
        extent,
    )
    .await?;
    Ok(vec![whole, ranges])
}

async fn compare(
    world: &World,
    link: &str,
    bare: SocketAddr,
    reads: usize,
    file: usize,
    range: Option<usize>,
    extent: Extent,
) -> anyhow::Result<Row> {
    let (mut ours, mut theirs, mut ratios) = <(Rounds, Rounds, Rounds)>::default();
    for round in 0..=extent.rounds {
        let count = (CLIENTS * reads) as f64;
        let our = count
            / read(world.address, link, reads, file, range)
                .await?
                .as_secs_f64();
        let their = count / read(bare, "/", reads, file, range).await?.as_secs_f64();
        if round > 0 || extent.rounds == 1 {
            ours.push(our);
            theirs.push(their);
            ratios.push(our / their);
        }
    }
    let ratio = ratios.median();
    let what = match range {
        None => format!("serving {} MB whole", extent.megabytes),
        Some(bytes) => format!("serving ranges of {} KiB", bytes >> 10),
    };
    Ok(Row {
        what: format!(
            "{what} out of {} to {CLIENTS} clients, by a link",
            world.store
        ),
        measured: ours.to_string(),
        limit: format!("a bare axum stream of a file: {theirs}"),
        ratio: format!("{ratio:.2}"),
        goal: format!("≥ {GOAL}"),
        met: Some(ratio >= GOAL),
    })
}

async fn read(
    from: SocketAddr,
    path: &str,
    reads: usize,
    file: usize,
    range: Option<usize>,
) -> anyhow::Result<Duration> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(Client::connect(from).await?);
    }
    let began = Instant::now();
    let mut reading = JoinSet::new();
    for (number, mut client) in clients.into_iter().enumerate() {
        let path = path.to_owned();
        reading.spawn(async move {
            for at in 0..reads {
                let (header, status, length) = match range {
                    None => (String::new(), 200, file),
                    Some(bytes) => {
                        let start = (number * reads + at) * bytes % (file - bytes);
                        let header = format!("range: bytes={start}-{}\r\n", start + bytes - 1);
                        (header, 206, bytes)
                    }
                };
                let said = client.get(&path, &header).await?;
                ensure!(
                    (said.status, said.length) == (status, length),
                    "{}",
                    said.status
                );
            }
            Ok(())
        });
    }
    while let Some(read) = reading.join_next().await {
        read??;
    }
    Ok(began.elapsed())
}

/// The link of a file that has been read.
async fn upload(world: &World, file: &[u8]) -> anyhow::Result<String> {
    let mut client = Client::connect(world.address).await?;
    let (before, after) = form(&world.token, file.len());
    client.send(&[&before, file, &after].concat()).await?;
    let said = client.answer(true).await?;
    ensure!(
        said.status == 201,
        "{}",
        String::from_utf8_lossy(&said.body)
    );
    let medium: Value = serde_json::from_slice(&said.body)?;
    let id = medium["id"].as_str().context("no id")?;
    let path = format!("/v1/media/{id}");
    let medium = eventually("the file has been read", async || {
        let medium = world.app.get(&path).bearer(&world.token).await.expect(200);
        if medium["state"] == "ready" {
            Ok(medium)
        } else {
            Err(medium)
        }
    })
    .await;
    Ok(medium["url"].as_str().context("no link")?.to_owned())
}

async fn bare(path: PathBuf) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let router = Router::new().fallback(stream).with_state(path);
    drop(tokio::spawn(
        async move { axum::serve(listener, router).await },
    ));
    Ok(address)
}

async fn stream(State(path): State<PathBuf>, headers: HeaderMap) -> axum::response::Response {
    let opened = async {
        let mut file = tokio::fs::File::open(path).await?;
        let all = file.metadata().await?.len();
        let range = headers.get(RANGE).and_then(|range| range.to_str().ok());
        let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let (start, length, status) = match range {
            None => (0, all, StatusCode::OK),
            Some((start, end)) => {
                let [start, end] = [start, end].map(|text| text.parse::<u64>().unwrap_or(0));
                (start, end + 1 - start, StatusCode::PARTIAL_CONTENT)
            }
        };
        file.set_max_buf_size(BLOCK);
        file.seek(std::io::SeekFrom::Start(start)).await?;
        let blocks = futures::stream::try_unfold(file.take(length), async |mut file| {
            let mut block = bytes::BytesMut::with_capacity(BLOCK);
            let read = file.read_buf(&mut block).await?;
            std::io::Result::Ok((read > 0).then(|| (block.freeze(), file)))
        });
        let body = Body::from_stream(blocks.boxed());
        anyhow::Ok((status, [(CONTENT_LENGTH, length)], body).into_response())
    };
    match opened.await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
