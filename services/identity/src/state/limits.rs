//! How often may be asked.

use std::time::Duration;

use nova_service::config::{ConfigError, Env};
use nova_service::rate_limit::{
    LimitLayer, RateLimits, limit_by_address, limit_reads, limit_writes,
};

use super::recoveries::Recoveries;
use super::sign_ins::SignIns;

const MINUTE: Duration = Duration::from_secs(60);

/// The limits of this service, shared by HTTP and gRPC.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Writes of every other kind.
    pub writes: LimitLayer,
    /// Reads.
    pub reads: LimitLayer,
    /// Registrations from one address: 120 a minute. A whole school may be behind one.
    pub registrations: LimitLayer,
    /// Sign-ins from one address, to whatever accounts: 300 a minute.
    pub sign_ins_by_address: LimitLayer,
    /// Sign-ins to one account.
    pub sign_ins: SignIns,
    /// Forgotten passwords from one address, of whatever accounts: 60 a minute.
    pub recoveries_by_address: LimitLayer,
    /// Forgotten passwords of one account.
    pub recoveries: Recoveries,
    /// Tokens out of mails from one address: 120 a minute. There is nothing to guess in them, so no account needs a
    /// limit of its own.
    pub mail_tokens: LimitLayer,
}

impl Limits {
    /// Reads the settings of [`RateLimits`].
    ///
    /// # Errors
    /// When one is missing or wrong.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let limits = RateLimits::read(env)?;
        let registrations = limits.limit("registrations-per-address", 120, MINUTE);
        let sign_ins = limits.limit("sign-ins-per-address", 300, MINUTE);
        let recoveries = limits.limit("recoveries-per-address", 60, MINUTE);
        let mail_tokens = limits.limit("mail-tokens-per-address", 120, MINUTE);
        let sign_ins_to_account = SignIns::new(&limits);
        Ok(Self {
            writes: limit_writes(&limits),
            reads: limit_reads(&limits),
            registrations: limit_by_address(registrations),
            sign_ins_by_address: limit_by_address(sign_ins),
            recoveries_by_address: limit_by_address(recoveries),
            recoveries: Recoveries::new(&limits, &sign_ins_to_account),
            mail_tokens: limit_by_address(mail_tokens),
            sign_ins: sign_ins_to_account,
        })
    }
}
