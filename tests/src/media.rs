//! Files that a test uploads.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nova_testkit::{Request, eventually};
use serde_json::Value;

use crate::User;
use crate::user::id_of;

/// A PNG of two pixels by two.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR42mM4kWIERAwQCgAorgV5quCIYQAAAABJRU5ErkJggg==";

const BOUNDARY: &str = "----------------------------3f1b5e5b";

/// A small picture.
#[must_use]
pub fn picture() -> Vec<u8> {
    STANDARD.decode(PICTURE).expect("base64")
}

/// Puts a form into a request: a picture for this purpose.
pub fn with_picture(request: Request, purpose: &str) -> Request {
    let mut form = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n"
    )
    .into_bytes();
    form.extend(picture());
    form.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    request.header("content-type", kind).body(form)
}

/// Says that a request speaks tus, which all of an upload's do.
pub fn with_tus(request: Request) -> Request {
    request.header("tus-resumable", "1.0.0")
}

impl User {
    /// Uploads a picture for this purpose, and gives back its id once it can be shown.
    pub async fn upload(&self, purpose: &str) -> String {
        let uploaded = with_picture(self.post("/v1/media"), purpose).await;
        let id = id_of(&uploaded.expect(201));
        eventually("the picture can be shown", async || {
            let medium: Value = self.get(&format!("/v1/media/{id}")).await.expect(200);
            if medium["state"] == "ready" {
                Ok(())
            } else {
                Err(medium)
            }
        })
        .await;
        id
    }

    /// Begins an upload of ten bytes, and gives back its id.
    ///
    /// # Panics
    /// When the answer does not say where it is.
    pub async fn begin_upload(&self) -> String {
        let begun = with_tus(self.post("/v1/media/uploads")).header("upload-length", "10");
        let begun = begun.await;
        begun.expect(201);
        let location = begun.header("location").expect("a location");
        location.rsplit('/').next().expect("an id").to_owned()
    }
}
