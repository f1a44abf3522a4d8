//! Passwords: argon2id on a blocking thread, a few at a time.

use super::error::{Error, Result};
use super::metrics::{InFlight, metrics};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use weighhouse_types::error::Code;

/// OWASP's first choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// How long one waits for others' hashes.
const WAIT: Duration = Duration::from_secs(20);

/// Hashes and verifies passwords.
pub(crate) struct Passwords {
    /// Hashing is work that strangers can ask for: bounded to the cores, so
    /// that sign-ins never starve everything else.
    permits: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { permits: Arc::new(Semaphore::new(cores.div_ceil(2))) }
    }

    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.blocking(move || {
            let hash = argon2()?.hash_password(password.as_bytes()).map_err(Error::internal)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the hashed one. Without a hash (an unknown
    /// login) the same work is done on a dummy, so that time tells nothing.
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let password = password.to_owned();
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash.to_owned(),
            None => DUMMY.to_owned(),
        };
        self.blocking(move || {
            let hash = PasswordHash::new(&hash).map_err(Error::internal)?;
            Ok(argon2()?.verify_password(password.as_bytes(), &hash).is_ok() && known)
        })
        .await
    }

    /// The permit moves into the task: a caller who leaves early does not
    /// free it before the work is over.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (waiting, waited) =
            (InFlight::enter(&metrics().passwords_waiting), metrics().password_wait.start_timer());
        let permit = tokio::time::timeout(WAIT, Arc::clone(&self.permits).acquire_owned()).await;
        drop((waiting, waited));
        let permit = permit.map_err(|_late| busy())?.map_err(Error::internal)?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(Error::internal)?
    }
}

fn busy() -> Error {
    Error::refused(Code::Unavailable, "Too many people sign in at this moment. Try again shortly.")
}

/// A hash of a random text nobody knows, with the parameters above.
const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZS1kdW1teS1zYWx0LTE$tWSiS4jPDcYGMfSJSEDtTRrJRkrd8bkBl6YgXZf+e2U";

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn verifies_only_the_right_password() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("correct horse battery", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("anything", None).await.unwrap());
    }
}
