//! Forms with a file, read as they come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Multipart, Request};
use futures::{Stream, StreamExt as _};
use http::StatusCode;
use nova_ids::UserId;
use nova_service::http::{Problem, unreadable};
use nova_service::idempotency::{IdempotencyKey, Stored};

use crate::domain::Draft;
use crate::state::{State, Transfer};

/// Most bytes of a field that is no file: 1,500 characters.
const LONGEST_TEXT: usize = 6_000;

/// How much of a form that is refused is read and thrown away, so that its sender is still there to read the answer.
const DRAINED_AT_MOST: usize = 4 << 20;

/// For so long.
const DRAINED_WITHIN: Duration = Duration::from_secs(1);

/// Why a form is not taken.
pub(super) struct Refused(pub(super) Problem);

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        Self(problem.into())
    }
}

/// What has been said before the file.
#[derive(Default)]
struct Said {
    post_id: Option<String>,
    purpose: Option<String>,
    alt: Option<String>,
}

/// A form of which no more is held than what is being taken.
pub(super) struct Form(Multipart);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = request.map(|body| {
            Body::from_stream(Morsels {
                body: body.into_data_stream(),
                is_full: false,
            })
        });
        let form = Multipart::from_request(request, state).await;
        form.map(Self).map_err(|rejection| no_form(&rejection))
    }
}

/// A body that is never ready twice in a row: the reader of forms takes into its memory whatever is ready, which may be a whole
/// file if it comes faster than it is stored.
struct Morsels {
    body: BodyDataStream,
    is_full: bool,
}

impl Stream for Morsels {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.is_full) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = ready!(self.body.poll_next_unpin(cx));
        self.is_full = true;
        Poll::Ready(next)
    }
}

/// The answer to who sends something else than a form.
fn no_form(rejection: &MultipartRejection) -> Problem {
    let is_other = matches!(rejection, MultipartRejection::InvalidBoundary(_));
    if is_other {
        let detail = "the body must be multipart/form-data with a boundary";
        return Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        );
    }
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed_body",
        "the body is no form",
    )
}

/// Takes a form, and answers the medium that its file has become.
pub(super) async fn take(
    state: State,
    owner: UserId,
    key: IdempotencyKey,
    Form(mut form): Form,
) -> Result<Stored, Refused> {
    let taken = read(&state, owner, &mut form).await;
    let (transfer, draft) = match taken {
        Ok(taken) => taken,
        Err(refused) => {
            tokio::time::timeout(DRAINED_WITHIN, drain(form)).await.ok();
            return Err(refused);
        }
    };
    Ok(Box::pin(state.end_transfer(transfer, owner, draft, &key)).await?)
}

async fn read(
    state: &State,
    owner: UserId,
    form: &mut Multipart,
) -> Result<(Transfer, Draft), Refused> {
    let mut said = Said::default();
    loop {
        let Some(field) = form.next_field().await.map_err(broken)? else {
            return Err(missing());
        };
        if field.name() == Some("file") {
            let draft = Draft::check(
                said.post_id.as_deref(),
                said.purpose.as_deref(),
                said.alt.take(),
            )?;
            let mut transfer = state.begin_transfer(owner, draft.purpose).await?;
            let received = receive(&mut transfer, field).await;
            let received = match received {
                Ok(()) => nothing_more(form).await,
                Err(refused) => Err(refused),
            };
            if let Err(refused) = received {
                state.break_off(transfer).await;
                return Err(refused);
            }
            return Ok((transfer, draft));
        }
        said.take(field).await?;
    }
}

async fn receive(transfer: &mut Transfer, mut file: Field<'_>) -> Result<(), Refused> {
    while let Some(bytes) = file.chunk().await.map_err(broken)? {
        transfer.take(bytes).await?;
    }
    Ok(())
}

/// The file is the last part: what would come behind it could not be heard any more.
async fn nothing_more(form: &mut Multipart) -> Result<(), Refused> {
    match form.next_field().await.map_err(broken)? {
        None => Ok(()),
        Some(field) if field.name() == Some("file") => {
            Err(wrong("file", "duplicate_field", "is given more than once"))
        }
        Some(field) => {
            let name = field.name().unwrap_or_default().to_owned();
            Err(wrong(&name, "out_of_order", "must come before the file"))
        }
    }
}

impl Said {
    async fn take(&mut self, mut field: Field<'_>) -> Result<(), Refused> {
        let name = field.name().unwrap_or_default().to_owned();
        let place = match name.as_str() {
            "post_id" => &mut self.post_id,
            "purpose" => &mut self.purpose,
            "alt" => &mut self.alt,
            _ => return Err(wrong(&name, "unknown_field", "is not known here")),
        };
        if place.is_some() {
            return Err(wrong(&name, "duplicate_field", "is given more than once"));
        }
        let mut text = Vec::new();
        while let Some(bytes) = field.chunk().await.map_err(broken)? {
            if text.len() + bytes.len() > LONGEST_TEXT {
                return Err(wrong(&name, "too_long", "is too long"));
            }
            text.extend_from_slice(&bytes);
        }
        let text = String::from_utf8(text);
        *place = Some(text.map_err(|_| wrong(&name, "invalid_encoding", "is not valid UTF-8"))?);
        Ok(())
    }
}

fn missing() -> Refused {
    wrong("file", "required", "is missing")
}

fn wrong(field: &str, code: &'static str, message: &str) -> Refused {
    // What a client calls its fields may be as long as it likes.
    let name: String = field.chars().take(100).collect();
    Refused(Problem::invalid_field(name, code, message))
}

/// What breaks a form: the connection, the length of the body, its pace, or its own framing.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn broken(error: MultipartError) -> Refused {
    Refused(unreadable(&error))
}

async fn drain(mut form: Multipart) {
    let mut read = 0;
    while let Ok(Some(mut field)) = form.next_field().await {
        while let Ok(Some(bytes)) = field.chunk().await {
            read += bytes.len();
            if read > DRAINED_AT_MOST {
                return;
            }
        }
    }
}
