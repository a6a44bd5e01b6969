//! Each operation: read, call one command or query, map.

use nova_proto::messaging::v1::messaging_service_server::MessagingService;
use nova_proto::messaging::v1::{
    AddReactionRequest, AddReactionResponse, CreateConversationRequest, CreateConversationResponse,
    DeleteMessageRequest, DeleteMessageResponse, EditMessageRequest, EditMessageResponse,
    GetConversationRequest, GetConversationResponse, ListConversationsRequest,
    ListConversationsResponse, ListMessagesRequest, ListMessagesResponse, MarkReadRequest,
    MarkReadResponse, MuteConversationRequest, MuteConversationResponse, PutMemberRequest,
    PutMemberResponse, RemoveMemberRequest, RemoveMemberResponse, RemoveReactionRequest,
    RemoveReactionResponse, SearchMessagesRequest, SearchMessagesResponse, SendMessageRequest,
    SendMessageResponse, UpdateConversationRequest, UpdateConversationResponse,
};
use nova_service::http::PageQuery;
use nova_service::idempotency::IdempotencyKey;
use tonic::Request;

use super::messages::{self, id};
use super::{Answer, Messaging, Response, refuse};
use crate::commands::{self, Sent};
use crate::domain::{Edit, Emoji, Marks};

#[tonic::async_trait]
impl MessagingService for Messaging {
    async fn create_conversation(
        &self,
        request: Request<CreateConversationRequest>,
    ) -> Answer<CreateConversationResponse> {
        let opener = self.writer(&request).await?;
        let key = IdempotencyKey::from_metadata(request.metadata()).map_err(refuse)?;
        let opening = messages::opening(opener, request.into_inner())?;
        let open = || async {
            let mut tx = self.0.begin().await?;
            let (outbox, opening) = (&self.0.outbox, opening.clone());
            let opened = commands::open_conversation(&mut tx, outbox, opener, opening, &key);
            let opened = opened.await?;
            self.0.commit(tx).await.map(|()| opened)
        };
        let opened = self.0.once_known(&opening.others, open).await?;
        let conversation = self.0.conversation(opener, opened.id).await?;
        Ok(Response::new(CreateConversationResponse {
            conversation: Some(conversation.into()),
            existing: opened.existing,
        }))
    }

    async fn list_conversations(
        &self,
        request: Request<ListConversationsRequest>,
    ) -> Answer<ListConversationsResponse> {
        let viewer = self.reader(&request).await?;
        let message = request.get_ref();
        let page = PageQuery::of_message(message.limit.into(), &message.cursor);
        let page = page.map_err(|wrong| refuse(nova_resilience::Invalid::from(wrong)))?;
        let page = self.0.page_of_conversations(viewer, page).await?;
        Ok(Response::new(ListConversationsResponse {
            items: page.items.into_iter().map(Into::into).collect(),
            next_cursor: page.next_cursor,
        }))
    }

    async fn get_conversation(
        &self,
        request: Request<GetConversationRequest>,
    ) -> Answer<GetConversationResponse> {
        let viewer = self.reader(&request).await?;
        let id = id("id", &request.get_ref().id).map_err(refuse)?;
        let conversation = self.0.conversation(viewer, id).await?;
        Ok(Response::new(GetConversationResponse {
            conversation: Some(conversation.into()),
        }))
    }

    async fn update_conversation(
        &self,
        request: Request<UpdateConversationRequest>,
    ) -> Answer<UpdateConversationResponse> {
        let actor = self.writer(&request).await?;
        let message = request.into_inner();
        let id = id("id", &message.id).map_err(refuse)?;
        if let Some(title) = messages::title(message.title).map_err(refuse)? {
            let mut tx = self.0.begin().await?;
            let outbox = &self.0.outbox;
            commands::rename_conversation(&mut tx, outbox, actor, id, title).await?;
            self.0.commit(tx).await?;
        }
        let conversation = self.0.conversation(actor, id).await?;
        Ok(Response::new(UpdateConversationResponse {
            conversation: Some(conversation.into()),
        }))
    }

    async fn put_member(&self, request: Request<PutMemberRequest>) -> Answer<PutMemberResponse> {
        let actor = self.writer(&request).await?;
        let message = request.get_ref();
        let id = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let user = messages::somebody(actor, &message.user_id).map_err(refuse)?;
        let role = messages::role(message.role).map_err(refuse)?;
        let put = || async {
            let mut tx = self.0.begin().await?;
            commands::put_member(&mut tx, &self.0.outbox, actor, id, user, role).await?;
            self.0.commit(tx).await
        };
        self.0.once_known(&[user], put).await?;
        Ok(Response::new(PutMemberResponse {}))
    }

    async fn remove_member(
        &self,
        request: Request<RemoveMemberRequest>,
    ) -> Answer<RemoveMemberResponse> {
        let actor = self.writer(&request).await?;
        let message = request.get_ref();
        let id = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let user = messages::somebody(actor, &message.user_id).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        commands::remove_member(&mut tx, &self.0.outbox, actor, id, user).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(RemoveMemberResponse {}))
    }

    async fn send_message(
        &self,
        request: Request<SendMessageRequest>,
    ) -> Answer<SendMessageResponse> {
        let sender = self.writer(&request).await?;
        let key = IdempotencyKey::from_metadata(request.metadata()).map_err(refuse)?;
        let draft = messages::draft(request.into_inner()).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        let sent = commands::send_message(&mut tx, &self.0.outbox, sender, draft, &key).await?;
        self.0.commit(tx).await?;
        let message = match sent {
            Sent::Now(message) => message,
            Sent::Before(message) => message.answered(),
        };
        Ok(Response::new(SendMessageResponse {
            message: Some(self.0.shown(message).into()),
        }))
    }

    async fn list_messages(
        &self,
        request: Request<ListMessagesRequest>,
    ) -> Answer<ListMessagesResponse> {
        let viewer = self.reader(&request).await?;
        let message = request.get_ref();
        let id = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let window = messages::window(message).map_err(refuse)?;
        let stretch = self.0.stretch(viewer, id, window).await?;
        Ok(Response::new(ListMessagesResponse {
            items: stretch.items.into_iter().map(Into::into).collect(),
            before: stretch.before,
            after: stretch.after,
        }))
    }

    async fn search_messages(
        &self,
        request: Request<SearchMessagesRequest>,
    ) -> Answer<SearchMessagesResponse> {
        let viewer = self.reader(&request).await?;
        let message = request.into_inner();
        let id = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let (words, page) = messages::search(message).map_err(refuse)?;
        let page = self.0.found(viewer, id, &words, page).await?;
        Ok(Response::new(SearchMessagesResponse {
            items: page.items.into_iter().map(Into::into).collect(),
            next_cursor: page.next_cursor,
        }))
    }

    async fn edit_message(
        &self,
        request: Request<EditMessageRequest>,
    ) -> Answer<EditMessageResponse> {
        let editor = self.writer(&request).await?;
        let message = request.into_inner();
        let conversation = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let id = id("message_id", &message.message_id).map_err(refuse)?;
        let edit = Edit::check(message.content).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        let outbox = &self.0.outbox;
        let edited =
            commands::edit_message(&mut tx, outbox, editor, conversation, id, edit).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(EditMessageResponse {
            message: Some(self.0.shown(edited).into()),
        }))
    }

    async fn delete_message(
        &self,
        request: Request<DeleteMessageRequest>,
    ) -> Answer<DeleteMessageResponse> {
        let remover = self.writer(&request).await?;
        let message = request.get_ref();
        let conversation = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let id = id("message_id", &message.message_id).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        commands::delete_message(&mut tx, &self.0.outbox, remover, conversation, id).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(DeleteMessageResponse {}))
    }

    async fn add_reaction(
        &self,
        request: Request<AddReactionRequest>,
    ) -> Answer<AddReactionResponse> {
        let user = self.writer(&request).await?;
        let message = request.get_ref();
        let conversation = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let id = id("message_id", &message.message_id).map_err(refuse)?;
        let emoji = Emoji::check(&message.emoji).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        commands::add_reaction(&mut tx, &self.0.outbox, user, conversation, id, emoji).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(AddReactionResponse {}))
    }

    async fn remove_reaction(
        &self,
        request: Request<RemoveReactionRequest>,
    ) -> Answer<RemoveReactionResponse> {
        let user = self.writer(&request).await?;
        let message = request.get_ref();
        let conversation = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let id = id("message_id", &message.message_id).map_err(refuse)?;
        let emoji = Emoji::check(&message.emoji).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        commands::remove_reaction(&mut tx, &self.0.outbox, user, conversation, id, emoji).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(RemoveReactionResponse {}))
    }

    async fn mark_read(&self, request: Request<MarkReadRequest>) -> Answer<MarkReadResponse> {
        let user = self.writer(&request).await?;
        let message = request.get_ref();
        let id = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let marks = Marks::said(message.sequence).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        commands::mark_read(&mut tx, user, id, marks).await?;
        self.0.commit(tx).await?;
        self.0.marks.notify_one();
        Ok(Response::new(MarkReadResponse {}))
    }

    async fn mute_conversation(
        &self,
        request: Request<MuteConversationRequest>,
    ) -> Answer<MuteConversationResponse> {
        let user = self.writer(&request).await?;
        let message = request.get_ref();
        let id = id("conversation_id", &message.conversation_id).map_err(refuse)?;
        let until = messages::until(message).map_err(refuse)?;
        let mut tx = self.0.begin().await?;
        commands::mute_conversation(&mut tx, user, id, until).await?;
        self.0.commit(tx).await?;
        Ok(Response::new(MuteConversationResponse {}))
    }
}
