//! Files that come, until they are taken, beside the same bytes into the same store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use futures::TryStreamExt as _;
use http::StatusCode;
use nova_media::clients::{FileStore, Place};
use nova_testkit::bench::{Rounds, Row};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::client::{Client, form, sound};
use crate::{CLIENTS, Extent, World};

const GOAL: f64 = 0.7;

/// Uploads, bare writes and a bare server in turns. What was uploaded is read while nobody measures.
pub(crate) async fn measure(world: &World, extent: Extent) -> anyhow::Result<Vec<Row>> {
    let store = FileStore::open(&Place::read(&mut world.stack.env())?)?;
    let bare = bare(store.clone()).await?;
    let mut uploads = Rounds::default();
    let (mut writes, mut of_writes) = <(Rounds, Rounds)>::default();
    let (mut bares, mut of_bares) = <(Rounds, Rounds)>::default();
    for round in 0..=extent.rounds {
        let files = files(extent, round);
        let bytes = (files.len() * extent.megabytes) as f64;
        let speed = |took: Duration| bytes / took.as_secs_f64();
        let upload = speed(uploaded(world.address, &world.token, extent, &files).await?);
        world.rest().await;
        let write = speed(written(&store, extent, &files).await?);
        let served = speed(uploaded(bare, &world.token, extent, &files).await?);
        // Everything is cold in the first.
        if round > 0 || extent.rounds == 1 {
            uploads.push(upload);
            writes.push(write);
            of_writes.push(upload / write);
            bares.push(served);
            of_bares.push(upload / served);
        }
    }
    let ratio = of_writes.median();
    let row = Row {
        what: format!(
            "uploads of {} MB by {CLIENTS} clients into {}, to the 201",
            extent.megabytes, world.store
        ),
        measured: megabytes(&uploads),
        limit: format!(
            "the same bytes into the same store through `object_store`: {}",
            megabytes(&writes)
        ),
        ratio: format!("{ratio:.2}"),
        goal: format!("≥ {GOAL}"),
        met: Some(ratio >= GOAL),
    };
    let beside_bare = Row {
        limit: format!(
            "a bare axum server that writes the same requests into the same store: {}",
            megabytes(&bares)
        ),
        ratio: format!("{:.2}", of_bares.median()),
        goal: String::new(),
        met: None,
        ..row.clone()
    };
    Ok(vec![row, beside_bare])
}

fn megabytes(rounds: &Rounds) -> String {
    format!("{:.0} MB/s (best {:.0})", rounds.median(), rounds.best())
}

/// Takes whatever comes, and asks nobody who it is from.
async fn bare(store: FileStore) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let router = Router::new().fallback(keep).with_state(store);
    drop(tokio::spawn(
        async move { axum::serve(listener, router).await },
    ));
    Ok(address)
}

async fn keep(State(store): State<FileStore>, body: Body) -> StatusCode {
    let folder = Uuid::now_v7();
    let kept = async {
        let mut writer = store.write(folder, "file").await?;
        let mut bytes = body.into_data_stream();
        while let Some(bytes) = bytes.try_next().await? {
            writer.append(bytes).await?;
        }
        writer.finish().await?;
        anyhow::Ok(())
    };
    match kept.await {
        Ok(()) => StatusCode::CREATED,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn files(extent: Extent, round: usize) -> Vec<Arc<Vec<u8>>> {
    let count = CLIENTS * extent.files;
    let file = |number: usize| {
        let number = u64::try_from(round * count + number).unwrap_or_default();
        Arc::new(sound(extent.megabytes, number + 1))
    };
    (0..count).map(file).collect()
}

async fn uploaded(
    to: SocketAddr,
    token: &str,
    extent: Extent,
    files: &[Arc<Vec<u8>>],
) -> anyhow::Result<Duration> {
    let mut clients = Vec::new();
    for files in files.chunks(extent.files) {
        clients.push((Client::connect(to).await?, files.to_vec()));
    }
    let began = Instant::now();
    let mut uploading = JoinSet::new();
    for (mut client, files) in clients {
        let token = token.to_owned();
        uploading.spawn(async move {
            for file in files {
                let (before, after) = form(&token, file.len());
                client.send(&before).await?;
                client.send(&file).await?;
                client.send(&after).await?;
                let said = client.answer(true).await?;
                ensure!(
                    said.status == 201,
                    "{}",
                    String::from_utf8_lossy(&said.body)
                );
            }
            Ok(())
        });
    }
    while let Some(uploaded) = uploading.join_next().await {
        uploaded??;
    }
    Ok(began.elapsed())
}

/// As the store is written to without anybody who sends: one object for each file of up to 5 MB.
async fn written(
    store: &FileStore,
    extent: Extent,
    files: &[Arc<Vec<u8>>],
) -> anyhow::Result<Duration> {
    let folders: Vec<Uuid> = files.iter().map(|_| Uuid::now_v7()).collect();
    let began = Instant::now();
    let mut writing = JoinSet::new();
    for (files, folders) in files.chunks(extent.files).zip(folders.chunks(extent.files)) {
        let (store, files, folders) = (store.clone(), files.to_vec(), folders.to_vec());
        writing.spawn(async move {
            for (file, folder) in files.into_iter().zip(folders) {
                store
                    .put(folder, "file", bytes::Bytes::from_owner(Shared(file)))
                    .await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    let took = began.elapsed();
    for folder in folders {
        store.remove(folder).await?;
    }
    Ok(took)
}

struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
