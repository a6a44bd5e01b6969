//! Bodies that are too long.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt as _;
use hyper::body::Frame;

use crate::http::BodyTooLong;

/// How much of a body that is too long is read and thrown away, so that its sender is still there to
/// read the answer: a connection that is closed with unread bytes is reset.
const DRAINED_AT_MOST: usize = 4 * 1024 * 1024;

const DRAINED_WITHIN: Duration = Duration::from_secs(1);

/// Reads a refused body and throws it away.
pub(super) async fn drain(mut body: Body) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += length(&frame);
            if read > DRAINED_AT_MOST {
                return;
            }
        }
    };
    tokio::time::timeout(DRAINED_WITHIN, reading).await.ok();
}

/// A body of unknown length that ends in [`BodyTooLong`] when it has more than so many bytes, after
/// the rest was thrown away.
pub(super) struct Counted {
    body: Body,
    limit: usize,
    read: usize,
}

impl Counted {
    pub(super) const fn new(body: Body, limit: usize) -> Self {
        Self {
            body,
            limit,
            read: 0,
        }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
            let is_too_long = self.read > self.limit;
            match frame {
                Some(Ok(frame)) => {
                    self.read += length(&frame);
                    if self.read > self.limit.saturating_add(DRAINED_AT_MOST) {
                        return Poll::Ready(Some(Err(BodyTooLong.into())));
                    }
                    if self.read <= self.limit {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Some(Err(_)) | None if is_too_long => {
                    return Poll::Ready(Some(Err(BodyTooLong.into())));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
    }
}

fn length(frame: &Frame<Bytes>) -> usize {
    frame.data_ref().map_or(0, Bytes::len)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::stream;

    use super::*;

    async fn counted(frames: &[usize]) -> Result<usize, axum::Error> {
        let frames: Vec<Result<Bytes, BoxError>> = frames
            .iter()
            .map(|length| Ok(Bytes::from(vec![b'x'; *length])))
            .collect();
        let body = Body::new(Counted::new(Body::from_stream(stream::iter(frames)), 10));
        body.collect().await.map(|whole| whole.to_bytes().len())
    }

    #[tokio::test]
    async fn the_limit_is_exact() {
        assert_eq!(counted(&[]).await.unwrap(), 0);
        assert_eq!(counted(&[4, 6]).await.unwrap(), 10);
        for too_long in [vec![11], vec![4, 7], vec![4, 6, 1], vec![4, 6, 1, 100, 100]] {
            assert!(counted(&too_long).await.is_err(), "{too_long:?}");
        }
    }

    #[tokio::test]
    async fn the_rest_is_thrown_away_but_not_for_ever() {
        let read = Arc::new(AtomicUsize::new(0));
        let count = read.clone();
        let endless = stream::repeat_with(move || {
            count.fetch_add(1_000_000, Ordering::Relaxed);
            Ok::<_, BoxError>(Bytes::from(vec![b'x'; 1_000_000]))
        });
        let body = Body::new(Counted::new(Body::from_stream(endless), 10));
        assert!(body.collect().await.is_err());
        assert_eq!(read.load(Ordering::Relaxed), 5_000_000);
    }
}
