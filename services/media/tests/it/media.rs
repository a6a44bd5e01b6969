//! What every test here needs: the service, users, files.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use nova_ids::UserId;
use nova_media::clients::{FileStore, Place};
use nova_proto::catalogue::Event;
use nova_testkit::{Answer, App, Published, Stack, eventually};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

/// The service, running.
pub(crate) struct Media {
    pub(crate) stack: Stack,
    pub(crate) app: App,
    pub(crate) pool: PgPool,
}

/// Somebody with an access token.
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) token: String,
}

const BOUNDARY: &str = "----a-boundary";

impl Media {
    pub(crate) async fn start() -> Self {
        Self::start_on(Stack::new().await).await
    }

    pub(crate) async fn start_on(stack: Stack) -> Self {
        let app = stack.start(nova_media::service).await;
        let pool = stack.database(nova_media::NAME).await;
        Self { stack, app, pool }
    }

    pub(crate) fn user(&self) -> User {
        let id = UserId::new();
        User {
            id,
            token: self.stack.token(id),
        }
    }

    /// `POST /v1/media`
    pub(crate) async fn upload(
        &self,
        owner: &User,
        fields: &[(&str, &str)],
        file: &[u8],
    ) -> Answer {
        self.send(owner, form(fields, &[file])).await
    }

    /// `POST /v1/media` with this very body.
    pub(crate) async fn send(&self, owner: &User, body: Vec<u8>) -> Answer {
        self.app
            .post("/v1/media")
            .bearer(&owner.token)
            .header("content-type", form_type())
            .body(body)
            .await
    }

    /// A medium that can be shown, as its owner is shown it.
    pub(crate) async fn shown(&self, owner: &User, fields: &[(&str, &str)], file: &[u8]) -> Value {
        let medium = self.upload(owner, fields, file).await.expect(201);
        self.read(owner, id_of(&medium)).await
    }

    /// A medium once it has been read.
    pub(crate) async fn read(&self, owner: &User, id: &str) -> Value {
        eventually("the medium is read", async || {
            let medium = self
                .get(Some(owner), &format!("/v1/media/{id}"))
                .await
                .expect(200);
            if medium["state"] == "processing" {
                Err(medium)
            } else {
                Ok(medium)
            }
        })
        .await
    }

    /// `GET`, with the viewer's token if there is a viewer.
    pub(crate) async fn get(&self, viewer: Option<&User>, path: &str) -> Answer {
        let request = self.app.get(path);
        match viewer {
            Some(viewer) => request.bearer(&viewer.token).await,
            None => request.await,
        }
    }

    pub(crate) async fn delete(&self, owner: &User, id: &str) -> Answer {
        self.app
            .delete(&format!("/v1/media/{id}"))
            .bearer(&owner.token)
            .await
    }

    /// Everything of one type that was published, once nothing is left in the outbox.
    pub(crate) async fn published<E: Event>(&self) -> Vec<Published<E>> {
        eventually("the outbox is empty", async || {
            let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM outbox");
            left.fetch_one(&self.pool).await.unwrap() == 0
        })
        .await;
        self.stack.published().await
    }

    /// Folders of the store, and those that rows know.
    pub(crate) async fn folders(&self) -> (Vec<Uuid>, Vec<Uuid>) {
        let place = Place::read(&mut self.stack.env()).unwrap();
        let mut there = FileStore::open(&place).unwrap().folders().await.unwrap();
        there.sort();
        let known = sqlx::query_scalar("SELECT id FROM folders ORDER BY id");
        (there, known.fetch_all(&self.pool).await.unwrap())
    }

    /// Waits until so many folders are there, and as many known.
    pub(crate) async fn folders_are(&self, count: usize) {
        eventually("what nobody needs is removed", async || {
            let (there, known) = self.folders().await;
            if there == known && there.len() == count {
                Ok(())
            } else {
                Err((there, known))
            }
        })
        .await;
    }

    pub(crate) async fn finish(self) {
        self.stack.finish().await;
    }
}

pub(crate) fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// Fields, then files.
pub(crate) fn form(fields: &[(&str, &str)], files: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in fields {
        let head =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend(head.as_bytes());
        body.extend(text.as_bytes());
        body.extend(b"\r\n");
    }
    for file in files {
        let head = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; \
             filename=\"../../etc/passwd\"\r\ncontent-type: text/html\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(*file);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

pub(crate) fn id_of(medium: &Value) -> &str {
    medium["id"].as_str().unwrap()
}

/// A picture that no other number makes.
pub(crate) fn picture(width: u32, height: u32, number: u8) -> DynamicImage {
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x % 256) as u8, (y % 256) as u8, number])
    });
    pixels.into()
}

pub(crate) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A small PNG that no other number makes.
pub(crate) fn png(number: u8) -> Vec<u8> {
    encoded(&picture(64, 48, number), ImageFormat::Png)
}

/// A PNG of about so many megabytes, which cannot be made smaller.
pub(crate) fn large_png(megabytes: u32, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as u8
    };
    let height = megabytes * 1_000_000 / 3 / 1_000;
    let pixels = RgbImage::from_fn(1_000, height, |_, _| Rgb([next(), next(), next()]));
    encoded(&pixels.into(), ImageFormat::Png)
}

/// So many seconds of silence.
pub(crate) fn wav(seconds: u32) -> Vec<u8> {
    const RATE: u32 = 8_000;
    let bytes = RATE * seconds;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(RATE.to_le_bytes());
    file.extend(RATE.to_le_bytes());
    file.extend(b"\x01\0\x08\0data");
    file.extend(bytes.to_le_bytes());
    file.resize(file.len() + bytes as usize, 0x80);
    file
}
