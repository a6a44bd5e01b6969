//! Over gRPC all is as over REST.

use nova_proto::messaging::v1::messaging_service_client::MessagingServiceClient;
use nova_proto::messaging::v1::{
    AddReactionRequest, ConversationType, CreateConversationRequest, DeleteMessageRequest,
    EditMessageRequest, GetConversationRequest, ListConversationsRequest, ListMessagesRequest,
    MarkReadRequest, MemberRole, MessageType, MuteConversationRequest, PutMemberRequest,
    RemoveMemberRequest, RemoveReactionRequest, SearchMessagesRequest, SendMessageRequest,
    UpdateConversationRequest,
};
use serde_json::{Value, json};
use tonic::{Code, Request};
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::messaging::{Messaging, User};

fn by<T>(user: &User, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {}", user.token).parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one conversation, each operation once"
)]
async fn every_operation_has_its_twin() {
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let mut client = MessagingServiceClient::connect(nova.app.base_url.clone())
        .await
        .unwrap();
    let create = CreateConversationRequest {
        r#type: ConversationType::Group.into(),
        member_ids: vec![ben.id.to_string()],
        title: Some("a title".to_owned()),
    };
    let mut keyed = by(&ada, create.clone());
    keyed
        .metadata_mut()
        .insert("idempotency-key", "k".parse().unwrap());
    let created = client
        .create_conversation(keyed)
        .await
        .unwrap()
        .into_inner();
    let id = created.conversation.unwrap().id;
    assert!(!created.existing);
    let get = GetConversationRequest { id: id.clone() };
    let seen = client
        .get_conversation(by(&ben, get.clone()))
        .await
        .unwrap()
        .into_inner();
    let seen = seen.conversation.unwrap();
    assert_eq!(
        (seen.title.as_deref(), seen.members.len()),
        (Some("a title"), 2)
    );
    let put = PutMemberRequest {
        conversation_id: id.clone(),
        user_id: third.id.to_string(),
        role: MemberRole::Admin.into(),
    };
    client.put_member(by(&ada, put)).await.unwrap();
    let update = UpdateConversationRequest {
        id: id.clone(),
        title: Some(String::new()),
    };
    let updated = client
        .update_conversation(by(&third, update))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(updated.conversation.unwrap().title, None);
    let client_message_id = Uuid::now_v7().to_string();
    let send = SendMessageRequest {
        conversation_id: id.clone(),
        content: "hello world".to_owned(),
        client_message_id: Some(client_message_id.clone()),
        ..SendMessageRequest::default()
    };
    let sent = client
        .send_message(by(&ada, send.clone()))
        .await
        .unwrap()
        .into_inner();
    let sent = sent.message.unwrap();
    assert_eq!(
        (sent.sequence, sent.position, sent.r#type()),
        (1, 4, MessageType::Text)
    );
    // The same by REST.
    let body = json!({ "content": "hello world", "client_message_id": client_message_id });
    let path = format!("/v1/conversations/{id}/messages");
    assert_eq!(
        nova.post(&ada, &path, body).await.expect(201)["id"],
        sent.id.as_str()
    );
    let again = client
        .send_message(by(&ada, send))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again.message.unwrap(), sent);
    let of = |emoji: &str| AddReactionRequest {
        conversation_id: id.clone(),
        message_id: sent.id.clone(),
        emoji: emoji.to_owned(),
    };
    client.add_reaction(by(&ben, of("👍"))).await.unwrap();
    client.add_reaction(by(&ben, of("🎉"))).await.unwrap();
    let remove = RemoveReactionRequest {
        conversation_id: id.clone(),
        message_id: sent.id.clone(),
        emoji: "🎉".to_owned(),
    };
    client.remove_reaction(by(&ben, remove)).await.unwrap();
    let edit = EditMessageRequest {
        conversation_id: id.clone(),
        message_id: sent.id.clone(),
        content: "goodbye world".to_owned(),
    };
    let edited = client
        .edit_message(by(&ada, edit.clone()))
        .await
        .unwrap()
        .into_inner();
    let edited = edited.message.unwrap();
    assert_eq!((edited.revision, edited.reactions[0].count), (2, 1));
    let refused = client.edit_message(by(&ben, edit)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let read = MarkReadRequest {
        conversation_id: id.clone(),
        sequence: 1,
    };
    client.mark_read(by(&ben, read.clone())).await.unwrap();
    let future = MarkReadRequest {
        sequence: 2,
        ..read
    };
    let refused = client.mark_read(by(&ben, future)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.get_error_details().error_info().unwrap().reason,
        "not_yet"
    );
    let mute = MuteConversationRequest {
        conversation_id: id.clone(),
        until: Some(prost_types::Timestamp {
            seconds: 32_000_000_000,
            nanos: 0,
        }),
    };
    client.mute_conversation(by(&ben, mute)).await.unwrap();
    let list = client.list_conversations(by(&ben, ListConversationsRequest::default()));
    let list = list.await.unwrap().into_inner();
    assert_eq!(list.items[0].read_sequence, 1);
    assert!(list.items[0].muted_until.is_some());
    assert_eq!(
        list.items[0]
            .last_message
            .as_ref()
            .unwrap()
            .content
            .as_deref(),
        Some("goodbye world")
    );
    let stretch = ListMessagesRequest {
        conversation_id: id.clone(),
        after: Some(0),
        ..ListMessagesRequest::default()
    };
    let stretch = client
        .list_messages(by(&third, stretch))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (stretch.items.len(), stretch.before, stretch.after),
        (1, None, None)
    );
    let both = ListMessagesRequest {
        conversation_id: id.clone(),
        after: Some(0),
        before: Some(9),
        ..ListMessagesRequest::default()
    };
    let refused = client.list_messages(by(&third, both)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let search = SearchMessagesRequest {
        conversation_id: id.clone(),
        query: "goodbye".to_owned(),
        ..SearchMessagesRequest::default()
    };
    let found = client
        .search_messages(by(&third, search))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.items.len(), 1);
    let delete = DeleteMessageRequest {
        conversation_id: id.clone(),
        message_id: sent.id.clone(),
    };
    client.delete_message(by(&third, delete)).await.unwrap();
    let seen = nova.get(&ben, &path).await.expect(200);
    assert_eq!(seen["items"][0]["content"], Value::Null);
    let leave = RemoveMemberRequest {
        conversation_id: id.clone(),
        user_id: "me".to_owned(),
    };
    client.remove_member(by(&ben, leave)).await.unwrap();
    let refused = client
        .get_conversation(by(&ben, get.clone()))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let anonymous = client.get_conversation(get).await.unwrap_err();
    assert_eq!(anonymous.code(), Code::Unauthenticated);
    let untyped = CreateConversationRequest {
        r#type: 0,
        ..create
    };
    let refused = client
        .create_conversation(by(&ada, untyped))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    nova.finish().await;
}
