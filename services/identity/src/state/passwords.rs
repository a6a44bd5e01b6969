//! Hashing passwords without stopping everything else.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use nova_resilience::{Code, Fault};
use tokio::sync::Semaphore;

use crate::domain::{HashError, Password, PasswordHash};

/// How many may wait for each core. One hash takes some 30 ms, so nobody waits much longer than two
/// seconds, and a flood of sign-ins is refused instead of piling up.
const QUEUE_PER_CORE: usize = 64;

/// The cores, to hash passwords on. One hash per core at a time: each takes a core and 19 MiB.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    cores: Arc<Semaphore>,
    decoy: PasswordHash,
}

/// A password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordsError {
    /// Too many are waiting.
    #[error("too many passwords are being hashed")]
    Busy,
    /// Hashing failed.
    #[error("hashing failed")]
    Hash(#[source] HashError),
    /// The hashing task ended without an answer.
    #[error("the hashing task ended early")]
    Gone,
}

impl Fault for PasswordsError {
    fn code(&self) -> Code {
        match self {
            Self::Busy => Code::Unavailable,
            Self::Hash(_) | Self::Gone => Code::Internal,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        matches!(self, Self::Busy).then_some(Duration::from_secs(2))
    }
}

impl Passwords {
    /// As many as there are cores.
    ///
    /// # Errors
    /// When this machine cannot hash at all.
    pub fn new() -> Result<Self, HashError> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            places: Arc::new(Semaphore::new(cores * QUEUE_PER_CORE)),
            cores: Arc::new(Semaphore::new(cores)),
            decoy: Password::decoy().hash()?,
        })
    }

    /// Hashes a password that someone chose.
    ///
    /// # Errors
    /// When too many are waiting, and when hashing fails.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, PasswordsError> {
        self.run(move || password.hash())
            .await?
            .map_err(PasswordsError::Hash)
    }

    /// Whether that is the password. Without a hash the answer is no and takes as long, so that time does not
    /// tell whether there is such an account.
    ///
    /// # Errors
    /// When too many are waiting.
    pub async fn matches(
        &self,
        hash: Option<PasswordHash>,
        password: Password,
    ) -> Result<bool, PasswordsError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let matches = self.run(move || hash.is_of(&password)).await?;
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordsError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| PasswordsError::Busy)?;
        let core = Arc::clone(&self.cores)
            .acquire_owned()
            .await
            .map_err(|_| PasswordsError::Gone)?;
        // The job keeps its core when the request is given up: it cannot be stopped half-way.
        let done = tokio::task::spawn_blocking(move || {
            let done = job();
            drop((core, place));
            done
        });
        done.await.map_err(|_| PasswordsError::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_hash_nothing_matches() {
        let passwords = Passwords::new().unwrap();
        let password = Password::choose("password", "correct horse").unwrap();
        let hash = passwords.hash(password.clone()).await.unwrap();
        assert!(
            passwords
                .matches(Some(hash), password.clone())
                .await
                .unwrap()
        );
        assert!(!passwords.matches(None, password).await.unwrap());
        assert!(!passwords.matches(None, Password::decoy()).await.unwrap());
    }

    #[tokio::test]
    async fn whoever_finds_no_place_is_told_when_to_come_back() {
        let passwords = Passwords::new().unwrap();
        let all = u32::try_from(passwords.places.available_permits()).unwrap();
        let _full = passwords.places.acquire_many(all).await.unwrap();
        let error = passwords.hash(Password::decoy()).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        assert!(error.retry_after().is_some());
    }
}
