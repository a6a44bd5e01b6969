//! What is done with an account by mail.

use nova_proto::identity::v1::account_service_server::{AccountService, AccountServiceServer};
use nova_proto::identity::v1::{
    ForgotPasswordRequest, ForgotPasswordResponse, ResetPasswordRequest, ResetPasswordResponse,
    VerifyEmailRequest, VerifyEmailResponse,
};
use nova_resilience::Invalid;
use nova_service::http::ClientAddress;
use tonic::{Request, Response};

use super::{Answer, refuse};
use crate::commands;
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
}
