//! How often may be said that a password is forgotten.

use std::time::Duration;

use nova_service::http::ClientAddress;
use nova_service::rate_limit::{Limit, RateLimits, Remaining, TooMany};

use super::sign_ins::{SignIns, pair};
use crate::domain::{EmailAddress, LoginName};

const HOUR: Duration = Duration::from_secs(3_600);

/// Limits of mails to an account, whether there is such an account or not: nobody's mailbox is filled by strangers, and
/// no stranger keeps the owner from theirs. They are counted as sign-ins are, see [`SignIns`].
#[derive(Debug, Clone)]
pub struct Recoveries {
    /// Of one account from one address: 10 an hour.
    from_address: Limit,
    /// Of one account from all addresses together from which nobody has signed in to it lately: 30 an hour.
    from_new_addresses: Limit,
    /// Knows from which addresses somebody has signed in.
    sign_ins: SignIns,
}

impl Recoveries {
    pub(super) fn new(limits: &RateLimits, sign_ins: &SignIns) -> Self {
        Self {
            from_address: limits.limit("recoveries", 10, HOUR),
            from_new_addresses: limits.limit("recoveries-from-new-addresses", 30, HOUR),
            sign_ins: sign_ins.clone(),
        }
    }

    /// Uses one of the mails that may be asked for from there, and gives what is left of the first limit.
    ///
    /// # Errors
    /// [`TooMany`] when nothing is left, whether or not there is such an account.
    pub async fn check(
        &self,
        email: &EmailAddress,
        address: ClientAddress,
    ) -> Result<Remaining, TooMany> {
        let name = LoginName::email(email);
        let left = self.from_address.check(&pair(&name, address)).await?;
        if !self.sign_ins.knows(&name, address).await {
            self.from_new_addresses.check(&name.throttle_key()).await?;
        }
        Ok(left)
    }
}
