//! What is done with an account by mail, its end, and all that is kept of it.

use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use nova_proto::identity::v1::account_service_server::{AccountService, AccountServiceServer};
use nova_proto::identity::v1::{
    DeleteAccountRequest, DeleteAccountResponse, DownloadExportRequest, DownloadExportResponse,
    ExportAccountRequest, ExportAccountResponse, ForgotPasswordRequest, ForgotPasswordResponse,
    ResetPasswordRequest, ResetPasswordResponse, VerifyEmailRequest, VerifyEmailResponse,
};
use nova_resilience::Invalid;
use nova_service::http::ClientAddress;
use nova_service::tokens::Caller;
use tonic::{Extensions, Request, Response, Status};

use super::{Answer, refuse};
use crate::commands::{self, Exported};
use crate::domain::{EmailAddress, MailToken, Password};
use crate::state::State;

/// The gRPC service.
pub(crate) fn server(state: &State) -> AccountServiceServer<Accounts> {
    AccountServiceServer::new(Accounts(state.clone()))
}

pub(crate) struct Accounts(State);

#[tonic::async_trait]
impl AccountService for Accounts {
    async fn verify_email(
        &self,
        request: Request<VerifyEmailRequest>,
    ) -> Answer<VerifyEmailResponse> {
        let state = &self.0;
        state
            .limits
            .mail_tokens
            .check(request.extensions())
            .await
            .map_err(refuse)?;
        let token = MailToken::parse(&request.get_ref().token).map_err(refuse)?;
        let mut tx = state.begin().await?;
        commands::verify_email(&mut tx, &token).await?;
        state.commit(tx).await?;
        Ok(Response::new(VerifyEmailResponse {}))
    }

    async fn forgot_password(
        &self,
        request: Request<ForgotPasswordRequest>,
    ) -> Answer<ForgotPasswordResponse> {
        let state = &self.0;
        state
            .limits
            .recoveries_by_address
            .check(request.extensions())
            .await
            .map_err(refuse)?;
        let address = ClientAddress::of(request.extensions());
        let email = EmailAddress::parse(&request.get_ref().email)
            .map_err(Invalid::from)
            .map_err(refuse)?;
        state
            .limits
            .recoveries
            .check(&email, address)
            .await
            .map_err(refuse)?;
        let mut tx = state.begin().await?;
        commands::forgot_password(&mut tx, &state.outbox, &email).await?;
        state.commit(tx).await?;
        Ok(Response::new(ForgotPasswordResponse {}))
    }

    async fn reset_password(
        &self,
        request: Request<ResetPasswordRequest>,
    ) -> Answer<ResetPasswordResponse> {
        let state = &self.0;
        state
            .limits
            .mail_tokens
            .check(request.extensions())
            .await
            .map_err(refuse)?;
        let ResetPasswordRequest {
            token,
            new_password,
        } = request.get_ref();
        let new = Password::choose("new_password", new_password)
            .map_err(Invalid::from)
            .map_err(refuse)?;
        let token = MailToken::parse(token).map_err(refuse)?;
        let prepared = commands::prepare_password_reset(state, token, new).await?;
        let mut tx = state.begin().await?;
        commands::reset_password(&mut tx, prepared).await?;
        state.commit(tx).await?;
        Ok(Response::new(ResetPasswordResponse {}))
    }

    async fn delete_account(
        &self,
        request: Request<DeleteAccountRequest>,
    ) -> Answer<DeleteAccountResponse> {
        let state = &self.0;
        let extensions = request.extensions();
        let caller = self.writer(extensions).await?;
        let address = ClientAddress::of(extensions);
        let password = Password::present("password", &request.get_ref().password)
            .map_err(Invalid::from)
            .map_err(refuse)?;
        let prepared = commands::prepare_account_deletion(state, caller, address, password).await?;
        let mut tx = state.begin().await?;
        commands::delete_account(&mut tx, state, prepared).await?;
        state.commit(tx).await?;
        Ok(Response::new(DeleteAccountResponse {}))
    }

    async fn export_account(
        &self,
        request: Request<ExportAccountRequest>,
    ) -> Answer<ExportAccountResponse> {
        let state = &self.0;
        let extensions = request.extensions();
        let caller = self.writer(extensions).await?;
        let fresh = request.get_ref().fresh;
        let mut tx = state.begin().await?;
        let exported =
            commands::export_account(&mut tx, &state.outbox, caller.user_id, fresh).await?;
        state.commit(tx).await?;
        let ready = matches!(exported, Exported::Ready(..));
        Ok(Response::new(ExportAccountResponse { ready }))
    }

    type DownloadExportStream = BoxStream<'static, Result<DownloadExportResponse, Status>>;

    async fn download_export(
        &self,
        request: Request<DownloadExportRequest>,
    ) -> Answer<Self::DownloadExportStream> {
        let state = &self.0;
        let extensions = request.extensions();
        let caller = self.writer(extensions).await?;
        let (account, export) = state.ready_export(caller.user_id).await?;
        let pieces = state.archive(&account, export);
        let pieces = pieces.map_ok(|content| DownloadExportResponse { content });
        Ok(Response::new(pieces.map_err(Status::from).boxed()))
    }
}

impl Accounts {
    /// Who is asking to write, if they may once more now: nobody else is counted.
    async fn writer(&self, extensions: &Extensions) -> Result<Caller, Status> {
        let caller = Caller::of(extensions).map_err(refuse)?;
        let writes = self.0.limits.writes.check(extensions);
        writes.await.map_err(refuse)?;
        Ok(caller)
    }
}
