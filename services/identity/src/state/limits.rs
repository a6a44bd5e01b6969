//! How often may be asked.

use std::time::Duration;

use nova_service::config::{ConfigError, Env};
use nova_service::rate_limit::{Limit, LimitLayer, RateLimits, limit_by_address, limit_writes};

const MINUTE: Duration = Duration::from_secs(60);

/// The limits of this service, shared by HTTP and gRPC.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Writes of every other kind.
    pub writes: LimitLayer,
    /// Registrations from one address: 60 a minute.
    pub registrations: LimitLayer,
    /// Sign-ins from one address: 60 a minute.
    pub sign_ins_by_address: LimitLayer,
    /// Sign-ins to one account name, whether there is such an account or not: 10 a minute.
    pub sign_ins_by_account: Limit,
}

impl Limits {
    /// Reads `NOVA_RATE_LIMIT`.
    ///
    /// # Errors
    /// When it is neither `on` nor `off`.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let limits = RateLimits::read(env)?;
        let registrations = limits.limit("registrations-per-address", 60, MINUTE);
        let sign_ins = limits.limit("sign-ins-per-address", 60, MINUTE);
        Ok(Self {
            writes: limit_writes(&limits),
            registrations: limit_by_address(registrations),
            sign_ins_by_address: limit_by_address(sign_ins),
            sign_ins_by_account: limits.limit("sign-ins", 10, MINUTE),
        })
    }
}
