//! How often a password may be guessed.

use std::time::Duration;

use nova_service::http::ClientAddress;
use nova_service::rate_limit::{Known, Limit, RateLimits, Remaining, TooMany};

use crate::domain::{Account, LoginName};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// How long an address is known after somebody signed in from it: as long as a session lives without being used.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Limits of sign-ins to an account, whether there is such an account or not.
///
/// They are counted by account and address, so that a stranger who guesses does not lock the owner out. An address
/// from which nobody has signed in to the account lately is a new one: what comes from all of these together is
/// limited as well, or whoever has many addresses could guess as often. It takes ten of them to use that up, and it
/// is no limit to the addresses that the owner signs in from.
#[derive(Debug, Clone)]
pub struct SignIns {
    /// To one account from one address: 10 a minute.
    from_address: Limit,
    /// To one account from one new address: 30 an hour.
    from_new_address: Limit,
    /// To one account from all new addresses together: 300 an hour.
    from_new_addresses: Limit,
    /// From which addresses somebody has signed in to which account.
    known: Known,
}

impl SignIns {
    pub(super) fn new(limits: &RateLimits) -> Self {
        Self {
            from_address: limits.limit("sign-ins", 10, MINUTE),
            from_new_address: limits.limit("sign-ins-from-new-address", 30, HOUR),
            from_new_addresses: limits.limit("sign-ins-from-new-addresses", 300, HOUR),
            known: limits.known("sign-ins-known", KNOWN_FOR),
        }
    }

    /// Uses one of the attempts to sign in by that name from there, and gives what is left of the first limit.
    ///
    /// # Errors
    /// [`TooMany`] when nothing is left, whether or not the password is right.
    pub async fn check(
        &self,
        name: &LoginName,
        address: ClientAddress,
    ) -> Result<Remaining, TooMany> {
        let pair = pair(name, address);
        let left = self.from_address.check(&pair).await?;
        if !self.known.knows(&pair).await {
            // One after the other: what is refused here is nothing that others have to share.
            self.from_new_address.check(&pair).await?;
            let account = name.throttle_key();
            self.from_new_addresses.check(&account).await?;
        }
        Ok(left)
    }

    /// Whether somebody has signed in by that name from there lately.
    pub(super) async fn knows(&self, name: &LoginName, address: ClientAddress) -> bool {
        self.known.knows(&pair(name, address)).await
    }

    /// Somebody has signed in to the account from there.
    pub async fn know(&self, account: &Account, address: ClientAddress) {
        for name in LoginName::of(account) {
            self.known.remember(&pair(&name, address)).await;
        }
    }
}

pub(super) fn pair(name: &LoginName, address: ClientAddress) -> String {
    format!("{} {}", name.throttle_key(), address.group())
}
