//! gRPC: the same commands and queries as REST, under the same limits.

mod account;
mod messages;
pub(crate) mod relations;

use std::str::FromStr;

use nova_ids::UserId;
use nova_proto::identity::v1::identity_service_server::{IdentityService, IdentityServiceServer};
use nova_proto::identity::v1::{
    ChangePasswordRequest, ChangePasswordResponse, EndSessionRequest, EndSessionResponse,
    FollowRequest, FollowResponse, GetMeRequest, GetMeResponse, GetUserByUsernameRequest,
    GetUserByUsernameResponse, GetUserRequest, GetUserResponse, ListFollowersRequest,
    ListFollowersResponse, ListFollowingRequest, ListFollowingResponse, ListSessionsRequest,
    ListSessionsResponse, LoginRequest, LoginResponse, LogoutRequest, LogoutResponse,
    RefreshRequest, RefreshResponse, RegisterRequest, RegisterResponse, UnfollowRequest,
    UnfollowResponse, UpdateMeRequest, UpdateMeResponse, login_request,
};
use nova_resilience::{Fault, FieldError, Invalid};
use nova_service::grpc::status;
use nova_service::http::{ClientAddress, PageQuery};
use nova_service::tokens::Caller;
use tonic::{Request, Response, Status};

use crate::domain::{
    Device, Followed, Login, Pair, PasswordChange, ProfileChange, RefreshToken, Registration,
    UserList, Username,
};
use crate::error::Error;
use crate::metrics::{self, Attempt};
use crate::state::State;
use crate::{commands, store};

pub(crate) use account::server as account_server;

/// The gRPC service.
pub(crate) fn server(state: &State) -> IdentityServiceServer<Identity> {
    IdentityServiceServer::new(Identity(state.clone()))
}

pub(crate) struct Identity(State);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl IdentityService for Identity {
    async fn register(&self, request: Request<RegisterRequest>) -> Answer<RegisterResponse> {
        let state = &self.0;
        state
            .limits
            .registrations
            .check(request.extensions())
            .await
            .map_err(refuse)?;
        let address = ClientAddress::of(request.extensions());
        let device = device(&request);
        let RegisterRequest {
            username,
            email,
            password,
            display_name,
        } = request.into_inner();
        let registration =
            Registration::check(&username, &email, &password, display_name.as_deref())
                .map_err(refuse)?;
        let prepared = commands::prepare_registration(state, registration).await?;
        let mut tx = state.begin().await?;
        let signed_in = commands::register(&mut tx, state, prepared, device).await?;
        state.commit(tx).await?;
        state
            .limits
            .sign_ins
            .know(&signed_in.account, address)
            .await;
        let (account, tokens) = messages::signed_in(signed_in);
        Ok(Response::new(RegisterResponse {
            account: Some(account),
            tokens: Some(tokens),
        }))
    }

    async fn login(&self, request: Request<LoginRequest>) -> Answer<LoginResponse> {
        let state = &self.0;
        state
            .limits
            .sign_ins_by_address
            .check(request.extensions())
            .await
            .map_err(refuse)?;
        let address = ClientAddress::of(request.extensions());
        let device = device(&request);
        let LoginRequest { login, password } = request.into_inner();
        let (username, email) = match &login {
            Some(login_request::Login::Username(name)) => (Some(name.as_str()), None),
            Some(login_request::Login::Email(address)) => (None, Some(address.as_str())),
            None => (None, None),
        };
        let login = Login::check(username, email, &password).map_err(refuse)?;
        state
            .limits
            .sign_ins
            .check(&login.name, address)
            .await
            .map_err(|refused| {
                metrics::signed_in(Attempt::Throttled);
                refuse(refused)
            })?;
        let proven = commands::check_credentials(state, login).await?;
        let mut tx = state.begin().await?;
        let signed_in = commands::login(&mut tx, state, proven, device).await?;
        state.commit(tx).await?;
        state
            .limits
            .sign_ins
            .know(&signed_in.account, address)
            .await;
        let (account, tokens) = messages::signed_in(signed_in);
        Ok(Response::new(LoginResponse {
            account: Some(account),
            tokens: Some(tokens),
        }))
    }

    async fn refresh(&self, request: Request<RefreshRequest>) -> Answer<RefreshResponse> {
        let state = &self.0;
        state
            .limits
            .writes
            .check(request.extensions())
            .await
            .map_err(refuse)?;
        let token = RefreshToken::parse(&request.get_ref().refresh_token).map_err(refuse)?;
        let mut tx = state.begin().await?;
        let refreshed = commands::refresh(&mut tx, state, &token, device(&request)).await?;
        state.commit(tx).await?;
        let (account, tokens) = messages::signed_in(refreshed.answer()?);
        Ok(Response::new(RefreshResponse {
            account: Some(account),
            tokens: Some(tokens),
        }))
    }

    async fn logout(&self, request: Request<LogoutRequest>) -> Answer<LogoutResponse> {
        let state = &self.0;
        state
            .limits
            .writes
            .check(request.extensions())
            .await
            .map_err(refuse)?;
        let token = RefreshToken::parse(&request.get_ref().refresh_token).map_err(refuse)?;
        let mut tx = state.begin().await?;
        commands::logout(&mut tx, &token).await?;
        state.commit(tx).await?;
        Ok(Response::new(LogoutResponse {}))
    }

    async fn get_me(&self, request: Request<GetMeRequest>) -> Answer<GetMeResponse> {
        self.reads(&request).await?;
        let caller = Caller::of(request.extensions()).map_err(refuse)?;
        let account = store::users::find_account(&self.0.database.pool, caller.user_id).await;
        let account = account.map_err(Error::from)?.ok_or(Error::UnknownCaller)?;
        Ok(Response::new(GetMeResponse {
            account: Some(account.into()),
        }))
    }

    async fn update_me(&self, request: Request<UpdateMeRequest>) -> Answer<UpdateMeResponse> {
        let state = &self.0;
        let caller = writer(state, &request).await?;
        let UpdateMeRequest {
            username,
            display_name,
            avatar_url,
            locked,
        } = request.get_ref();
        let avatar_url = avatar_url
            .as_deref()
            .map(|url| (!url.is_empty()).then_some(url));
        let change = ProfileChange::check(
            username.as_deref(),
            display_name.as_deref(),
            avatar_url,
            *locked,
        )
        .map_err(refuse)?;
        let mut tx = state.begin().await?;
        let account = commands::update_profile(
            &mut tx,
            &state.outbox,
            state.follow_limit,
            state.username_quarantine,
            caller.user_id,
            change,
        )
        .await?;
        state.commit(tx).await?;
        Ok(Response::new(UpdateMeResponse {
            account: Some(account.into()),
        }))
    }

    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Answer<ChangePasswordResponse> {
        let state = &self.0;
        let caller = writer(state, &request).await?;
        let address = ClientAddress::of(request.extensions());
        let ChangePasswordRequest {
            current_password,
            new_password,
        } = request.get_ref();
        let change = PasswordChange::check(current_password, new_password).map_err(refuse)?;
        let prepared = commands::prepare_password_change(state, caller, address, change).await?;
        let mut tx = state.begin().await?;
        commands::change_password(&mut tx, prepared).await?;
        state.commit(tx).await?;
        Ok(Response::new(ChangePasswordResponse {}))
    }

    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Answer<ListSessionsResponse> {
        self.reads(&request).await?;
        let caller = Caller::of(request.extensions()).map_err(refuse)?;
        let ListSessionsRequest { cursor, limit } = request.get_ref();
        let page = page_query(*limit, cursor)?;
        let page = self.0.page_of_sessions(caller.user_id, page).await?;
        let seen = |session| messages::session(caller, session);
        Ok(Response::new(ListSessionsResponse {
            items: page.items.into_iter().map(seen).collect(),
            next_cursor: page.next_cursor,
        }))
    }

    async fn end_session(&self, request: Request<EndSessionRequest>) -> Answer<EndSessionResponse> {
        let state = &self.0;
        let caller = writer(state, &request).await?;
        let session = id("id", &request.get_ref().id)?;
        let mut tx = state.begin().await?;
        commands::end_session(&mut tx, caller.user_id, session).await?;
        state.commit(tx).await?;
        Ok(Response::new(EndSessionResponse {}))
    }

    async fn get_user(&self, request: Request<GetUserRequest>) -> Answer<GetUserResponse> {
        self.reads(&request).await?;
        let id = id("id", &request.get_ref().id)?;
        let user = store::users::find(&self.0.database.pool, viewer(&request), id).await;
        let user = user.map_err(Error::from)?.ok_or(Error::NoSuchUser)?;
        Ok(Response::new(GetUserResponse {
            user: Some(user.into()),
        }))
    }

    async fn get_user_by_username(
        &self,
        request: Request<GetUserByUsernameRequest>,
    ) -> Answer<GetUserByUsernameResponse> {
        self.reads(&request).await?;
        // Nobody goes by a name that nobody could have.
        let username =
            Username::parse(&request.get_ref().username).map_err(|_| Error::NoSuchUser)?;
        let pool = &self.0.database.pool;
        let user = store::users::find_by_username(pool, viewer(&request), &username).await;
        let user = user.map_err(Error::from)?.ok_or(Error::NoSuchUser)?;
        Ok(Response::new(GetUserByUsernameResponse {
            user: Some(user.into()),
        }))
    }

    async fn follow(&self, request: Request<FollowRequest>) -> Answer<FollowResponse> {
        let state = &self.0;
        let caller = writer(state, &request).await?;
        let followee = id("user_id", &request.get_ref().user_id)?;
        let pair = Pair::follow(caller.user_id, followee).map_err(refuse)?;
        let mut tx = state.begin().await?;
        let followed = commands::follow(&mut tx, &state.outbox, state.follow_limit, pair).await?;
        state.commit(tx).await?;
        Ok(Response::new(FollowResponse {
            requested: followed == Followed::Requested,
        }))
    }

    async fn unfollow(&self, request: Request<UnfollowRequest>) -> Answer<UnfollowResponse> {
        let state = &self.0;
        let caller = writer(state, &request).await?;
        let followee = id("user_id", &request.get_ref().user_id)?;
        let pair = Pair::follow(caller.user_id, followee).map_err(refuse)?;
        let mut tx = state.begin().await?;
        commands::unfollow(&mut tx, &state.outbox, pair).await?;
        state.commit(tx).await?;
        Ok(Response::new(UnfollowResponse {}))
    }

    async fn list_followers(
        &self,
        request: Request<ListFollowersRequest>,
    ) -> Answer<ListFollowersResponse> {
        self.reads(&request).await?;
        let ListFollowersRequest {
            user_id,
            cursor,
            limit,
        } = request.get_ref();
        let list = UserList::Followers(id("user_id", user_id)?);
        let page = page_query(*limit, cursor)?;
        let page = self.0.page_of_users(list, viewer(&request), page).await?;
        let items = page.items.into_iter().map(Into::into).collect();
        Ok(Response::new(ListFollowersResponse {
            items,
            next_cursor: page.next_cursor,
        }))
    }

    async fn list_following(
        &self,
        request: Request<ListFollowingRequest>,
    ) -> Answer<ListFollowingResponse> {
        self.reads(&request).await?;
        let ListFollowingRequest {
            user_id,
            cursor,
            limit,
        } = request.get_ref();
        let list = UserList::Following(id("user_id", user_id)?);
        let page = page_query(*limit, cursor)?;
        let page = self.0.page_of_users(list, viewer(&request), page).await?;
        let items = page.items.into_iter().map(Into::into).collect();
        Ok(Response::new(ListFollowingResponse {
            items,
            next_cursor: page.next_cursor,
        }))
    }
}

impl Identity {
    /// Whether whoever is asking may read once more now.
    async fn reads<T: Sync>(&self, request: &Request<T>) -> Result<(), Status> {
        let reads = self.0.limits.reads.check(request.extensions());
        reads.await.map(drop).map_err(refuse)
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        status(&error)
    }
}

/// Who is asking to write, if they may once more now.
async fn writer<T: Sync>(state: &State, request: &Request<T>) -> Result<Caller, Status> {
    let extensions = request.extensions();
    state
        .limits
        .writes
        .check(extensions)
        .await
        .map_err(refuse)?;
    Caller::of(extensions).map_err(refuse)
}

/// Who is asking, if that is known.
fn viewer<T>(request: &Request<T>) -> Option<UserId> {
    let caller = Caller::of(request.extensions()).ok();
    caller.map(|caller| caller.user_id)
}

fn refuse(fault: impl Fault) -> Status {
    status(&fault)
}

/// From where a request comes, as its session remembers it.
fn device<T>(request: &Request<T>) -> Device {
    let ClientAddress(address) = ClientAddress::of(request.extensions());
    let user_agent = request.metadata().get("user-agent");
    Device::seen(address, user_agent.map(|name| name.as_bytes()))
}

fn id<T: FromStr>(field: &str, text: &str) -> Result<T, Status> {
    let invalid = |_| Invalid::from(FieldError::new(field, "invalid_id", "is not an id"));
    text.parse().map_err(invalid).map_err(refuse)
}

fn page_query(limit: i32, cursor: &str) -> Result<PageQuery, Status> {
    PageQuery::of_message(i64::from(limit), cursor)
        .map_err(Invalid::from)
        .map_err(refuse)
}
