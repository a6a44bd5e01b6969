//! Content, asked for posts as they are now: the way back from events to calls that `NOVA_FEED_DIRECT_CALL` opens.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderValue;
use nova_ids::PostId;
use nova_proto::content::v1 as proto;
use nova_proto::content::v1::GetPostsRequest;
use nova_proto::content::v1::content_service_client::ContentServiceClient;
use nova_proto::media::v1::Attachment;
use nova_resilience::{Breaker, BreakerConfig, CallError, Verdict};
use nova_service::grpc::forward;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use crate::domain::Post;
use crate::error::Error;
use crate::{events, metrics};

/// What readers wait for content at most: then they get what is known here.
const PATIENCE: Duration = Duration::from_millis(200);
/// A connection that says nothing for so long is asked whether it is still there, and has [`PATIENCE`] to answer.
const SILENCE: Duration = Duration::from_secs(5);

/// A connection to content that is made when it is first used, behind a circuit breaker.
#[derive(Debug, Clone)]
pub struct Content {
    posts: ContentServiceClient<Channel>,
    breaker: Breaker,
}

/// Why content did not say.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("content did not answer within {PATIENCE:?}")]
    Late,
    #[error("content answered {0:?}")]
    Refused(Code),
}

impl Failed {
    /// Content is unwell when it cannot answer, and not when it says no.
    const fn verdict(&self) -> Verdict {
        match self {
            Self::Late
            | Self::Refused(
                Code::Unavailable | Code::DeadlineExceeded | Code::Internal | Code::Unknown,
            ) => Verdict::Failure,
            Self::Refused(_) => Verdict::Success,
        }
    }
}

impl Content {
    /// Content at that address. Must run in a runtime; nothing is asked yet.
    #[must_use]
    pub fn new(address: Endpoint) -> Self {
        let address = address
            .connect_timeout(PATIENCE)
            .http2_keep_alive_interval(SILENCE)
            .keep_alive_timeout(PATIENCE);
        Self {
            posts: ContentServiceClient::new(address.connect_lazy()),
            breaker: Breaker::new("feed.content", BreakerConfig::standard()),
        }
    }

    /// Those of the posts that whoever sent `authorization` may see, as they are now; none when content does not say
    /// within 200 ms, refuses, or the breaker is open.
    pub async fn posts(
        &self,
        ids: &[PostId],
        authorization: &HeaderValue,
    ) -> Option<HashMap<PostId, Post>> {
        let message = GetPostsRequest {
            ids: ids.iter().map(ToString::to_string).collect(),
        };
        let mut posts = self.posts.clone();
        let call = async {
            let answer = posts.get_posts(forward(message, authorization));
            let answer = tokio::time::timeout(PATIENCE, answer).await;
            let answer = answer.map_err(|_| Failed::Late)?;
            answer.map_err(|status| Failed::Refused(status.code()))
        };
        let answer = self.breaker.call_judged(call, Failed::verdict).await;
        let (outcome, answer) = match answer {
            Ok(answer) => ("answered", Some(answer.into_inner())),
            Err(CallError::Rejected(_)) => ("rejected", None),
            Err(CallError::Failed(error)) => {
                tracing::debug!(%error, "posts are shown as they are known here");
                ("failed", None)
            }
        };
        metrics::direct_call(outcome);
        let posts = answer?.posts.into_iter().map(|message| {
            let post = post(message)?;
            Ok::<_, Error>((post.id, post))
        });
        posts.collect::<Result<_, _>>().ok()
    }
}

fn post(message: proto::Post) -> Result<Post, Error> {
    let id: PostId = events::id("id", &message.id)?;
    let media: Vec<Attachment> = message.media.into_iter().map(unsigned).collect();
    Ok(Post {
        id,
        author_id: events::id("author_id", &message.author_id)?,
        content: message.content,
        kind: events::post_type(message.r#type)?,
        visibility: events::visibility(message.visibility)?,
        tags: message.tags,
        media: events::media(&media)?,
        revision: events::revision(message.revision)?,
        created_at: id.made_at(),
        updated_at: events::time("updated_at", message.updated_at.as_ref())?,
    })
}

/// As events tell of it. Content has signed its paths for the reader; here they are signed with what else is shown.
fn unsigned(mut attachment: Attachment) -> Attachment {
    let cut = |path: &mut String| path.truncate(path.find('?').unwrap_or(path.len()));
    cut(&mut attachment.url);
    let thumbnails = [
        &mut attachment.small,
        &mut attachment.medium,
        &mut attachment.large,
    ];
    thumbnails.into_iter().flatten().for_each(cut);
    attachment
}
