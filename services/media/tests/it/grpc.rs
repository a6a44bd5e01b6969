//! The same over gRPC.

use nova_proto::media::v1::media_service_client::MediaServiceClient;
use nova_proto::media::v1::upload_media_request::Part;
use nova_proto::media::v1::{
    DeleteMediaRequest, GetMediaRequest, ListMediaRequest, MediaDraft, MediaState,
    UploadMediaRequest,
};
use nova_testkit::eventually;
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::media::{Media, User, large_png, png};

async fn connect(media: &Media) -> MediaServiceClient<Channel> {
    MediaServiceClient::connect(media.app.base_url.clone())
        .await
        .unwrap()
}

fn of<T>(user: &User, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {}", user.token).parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

fn said(alt: &str) -> UploadMediaRequest {
    let draft = MediaDraft {
        alt: alt.to_owned(),
        ..MediaDraft::default()
    };
    UploadMediaRequest {
        part: Some(Part::Draft(draft)),
    }
}

fn parts(file: &[u8]) -> Vec<UploadMediaRequest> {
    let content = |bytes: &[u8]| UploadMediaRequest {
        part: Some(Part::Content(bytes.to_vec())),
    };
    let mut parts = vec![said("over gRPC")];
    parts.extend(file.chunks(100_000).map(content));
    parts
}

#[tokio::test]
async fn a_file_comes_as_a_stream_and_is_the_same_thing() {
    let media = Media::start().await;
    let (ada, ben) = (media.user(), media.user());
    let mut grpc = connect(&media).await;
    let file = large_png(5, 1);
    let stream = futures::stream::iter(parts(&file));
    let made = grpc
        .upload_media(of(&ada, stream))
        .await
        .unwrap()
        .into_inner();
    let made = made.medium.unwrap();
    let get = GetMediaRequest {
        id: made.id.clone(),
    };
    let ready = eventually("it is ready", async || {
        let mut grpc = grpc.clone();
        let medium = grpc
            .get_media(of(&ada, get.clone()))
            .await
            .unwrap()
            .into_inner();
        medium
            .medium
            .filter(|medium| medium.state() == MediaState::Ready)
            .ok_or(())
    })
    .await;
    assert_eq!(ready.alt.as_deref(), Some("over gRPC"));
    assert_eq!(ready.size_bytes, Some(file.len() as i64));
    let opened = media.get(None, ready.url.as_deref().unwrap()).await;
    assert!(opened.body == file);
    let small = ready.thumbnails.unwrap().small;
    assert_eq!(media.get(None, &small).await.status, 200);

    let listed = grpc
        .list_media(of(&ada, ListMediaRequest::default()))
        .await
        .unwrap();
    assert_eq!(listed.into_inner().items[0].id, made.id);
    let delete = DeleteMediaRequest { id: made.id };
    let refused = grpc
        .delete_media(of(&ben, delete.clone()))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    grpc.delete_media(of(&ada, delete)).await.unwrap();
    let gone = grpc.get_media(of(&ada, get)).await.unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
    media.folders_are(0).await;
    media.finish().await;
}

#[tokio::test]
async fn what_is_not_taken_is_refused() {
    let media = Media::start().await;
    let ada = media.user();
    let mut grpc = connect(&media).await;
    let mut twice = parts(&png(1));
    twice.push(said("again"));
    let late = parts(&png(1)).split_off(1);
    for wrong in [
        Vec::new(),
        late,
        twice,
        parts(b"<svg/> is not taken"),
        vec![said("")],
    ] {
        let stream = futures::stream::iter(wrong);
        let refused = grpc.upload_media(of(&ada, stream)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    }
    let stream = futures::stream::iter(parts(&png(1)));
    let refused = grpc.upload_media(Request::new(stream)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    media.folders_are(0).await;
    media.finish().await;
}
