//! gRPC: the same commands and queries as REST, under the same limits.

mod messages;

use nova_ids::{MediaId, UserId};
use nova_proto::media::v1::media_service_server::{MediaService, MediaServiceServer};
use nova_proto::media::v1::upload_media_request::Part;
use nova_proto::media::v1::{
    DeleteMediaRequest, DeleteMediaResponse, GetMediaRequest, GetMediaResponse, ListMediaRequest,
    ListMediaResponse, MediaDraft, UploadMediaRequest, UploadMediaResponse,
};
use nova_resilience::{Fault, FieldError, Invalid};
use nova_service::grpc::status;
use nova_service::http::PageQuery;
use nova_service::idempotency::IdempotencyKey;
use nova_service::tokens::Caller;
use tonic::{Request, Response, Status, Streaming};

use crate::commands;
use crate::domain::{Draft, Medium};
use crate::error::Error;
use crate::state::{State, Transfer};

/// The path of the method that takes files.
pub(crate) const UPLOAD: &str = "/nova.media.v1.MediaService/UploadMedia";

/// The gRPC service.
pub(crate) fn server(state: &State) -> MediaServiceServer<Media> {
    MediaServiceServer::new(Media(state.clone()))
}

pub(crate) struct Media(State);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl MediaService for Media {
    async fn upload_media(
        &self,
        request: Request<Streaming<UploadMediaRequest>>,
    ) -> Answer<UploadMediaResponse> {
        let owner = self.writer(&request).await?;
        let key = IdempotencyKey::from_metadata(request.metadata()).map_err(refuse)?;
        self.0.count_upload(owner).await?;
        let taken = Box::pin(self.take(owner, request.into_inner())).await?;
        let (transfer, draft) = taken;
        let answer = Box::pin(self.0.end_transfer(transfer, owner, draft, &key)).await?;
        let medium: Medium = answer.value().map_err(refuse)?;
        Ok(Response::new(UploadMediaResponse {
            medium: Some(self.shown(&medium)),
        }))
    }

    async fn get_media(&self, request: Request<GetMediaRequest>) -> Answer<GetMediaResponse> {
        let owner = self.reader(&request).await?;
        let id = id(&request.get_ref().id).map_err(refuse)?;
        let medium = self.0.medium_of(owner, id).await?;
        Ok(Response::new(GetMediaResponse {
            medium: Some(self.shown(&medium)),
        }))
    }

    async fn list_media(&self, request: Request<ListMediaRequest>) -> Answer<ListMediaResponse> {
        let owner = self.reader(&request).await?;
        let asked = request.get_ref();
        let wanted = PageQuery::of_message(asked.limit.into(), &asked.cursor);
        let wanted = wanted.map_err(|wrong| refuse(Invalid::from(wrong)))?;
        let page = self.0.page_of_media(owner, wanted).await?;
        Ok(Response::new(ListMediaResponse {
            items: page.items.into_iter().map(Into::into).collect(),
            next_cursor: page.next_cursor,
        }))
    }

    async fn delete_media(
        &self,
        request: Request<DeleteMediaRequest>,
    ) -> Answer<DeleteMediaResponse> {
        let owner = self.writer(&request).await?;
        let id = id(&request.get_ref().id).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        commands::delete_medium(&mut tx, &self.0.outbox, owner, id).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(DeleteMediaResponse {}))
    }
}

impl Media {
    /// Who is asking to write, if they may ask once more now.
    async fn writer<T: Sync>(&self, request: &Request<T>) -> Result<UserId, Status> {
        let extensions = request.extensions();
        self.0.writes.check(extensions).await.map_err(refuse)?;
        let caller = Caller::of(extensions).map_err(refuse)?;
        Ok(caller.user_id)
    }

    /// Who is asking to read, if they may ask once more now.
    async fn reader<T: Sync>(&self, request: &Request<T>) -> Result<UserId, Status> {
        let extensions = request.extensions();
        self.0.reads.check(extensions).await.map_err(refuse)?;
        let caller = Caller::of(extensions).map_err(refuse)?;
        Ok(caller.user_id)
    }

    fn shown(&self, medium: &Medium) -> nova_proto::media::v1::Medium {
        self.0.shown(medium).into()
    }

    /// Takes a file as it comes.
    async fn take(
        &self,
        owner: UserId,
        mut parts: Streaming<UploadMediaRequest>,
    ) -> Result<(Transfer, Draft), Status> {
        let first = parts.message().await?.and_then(|message| message.part);
        let Some(Part::Draft(said)) = first else {
            let message = "must come first, and once";
            return Err(refuse(wrong("draft", "required", message)));
        };
        let draft = draft(said).map_err(refuse)?;
        let mut transfer = self.0.begin_transfer(owner, draft.purpose).await?;
        let taken = Box::pin(receive(&mut transfer, &mut parts)).await;
        match taken {
            Ok(()) => Ok((transfer, draft)),
            Err(status) => {
                self.0.break_off(transfer).await;
                Err(status)
            }
        }
    }
}

async fn receive(
    transfer: &mut Transfer,
    parts: &mut Streaming<UploadMediaRequest>,
) -> Result<(), Status> {
    while let Some(message) = parts.message().await? {
        match message.part {
            Some(Part::Content(bytes)) => transfer.take(bytes.into()).await?,
            Some(Part::Draft(_)) => {
                let message = "must come first, and once";
                return Err(refuse(wrong("draft", "duplicate_field", message)));
            }
            None => {}
        }
    }
    Ok(())
}

fn draft(said: MediaDraft) -> Result<Draft, Invalid> {
    let purpose = messages::purpose(said.purpose)?;
    Draft::check(Some(&said.post_id), Some(purpose), Some(said.alt))
}

fn id(text: &str) -> Result<MediaId, Invalid> {
    text.parse()
        .map_err(|_| wrong("id", "invalid_id", "is not an id"))
}

fn wrong(field: &str, code: &'static str, message: &str) -> Invalid {
    FieldError::new(field, code, message).into()
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        status(&error)
    }
}

fn refuse(fault: impl Fault) -> Status {
    status(&fault)
}
