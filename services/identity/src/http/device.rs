//! From where a request comes, as its session remembers it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::USER_AGENT;
use http::request::Parts;
use nova_service::http::ClientAddress;

use crate::domain::Device;

impl<S: Sync> FromRequestParts<S> for Device {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let ClientAddress(address) = ClientAddress::of(&parts.extensions);
        let user_agent = parts.headers.get(USER_AGENT);
        Ok(Self::seen(address, user_agent.map(|name| name.as_bytes())))
    }
}
