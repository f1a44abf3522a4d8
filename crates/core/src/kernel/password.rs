//! Passwords: argon2id on threads of its own, which give way to everything else.

use super::error::{Error, Result};
use super::metrics::{InFlight, metrics};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use weighhouse_types::error::Code;

/// OWASP's first choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// How many may wait: strangers can ask for this work, too.
const QUEUE: usize = 512;
/// How long one waits for others' hashes.
const WAIT: Duration = Duration::from_secs(15);
/// What is said to those who cannot wait here, in seconds.
const RETRY: u64 = 5;
/// How far the threads step back behind those that answer requests.
const NICE: i32 = 5;

type Work = Box<dyn FnOnce() + Send>;

/// Hashes and verifies passwords: half of the cores do, at a low priority,
/// from a queue that refuses when it is full.
pub(crate) struct Passwords {
    queue: SyncSender<Work>,
    runs: Arc<AtomicU64>,
}

impl Passwords {
    /// The threads end once this is dropped and the queue is empty.
    pub(crate) fn new() -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (queue, work) = sync_channel(QUEUE);
        let work = Arc::new(Mutex::new(work));
        for _ in 0..cores.div_ceil(2) {
            let work = Arc::clone(&work);
            let thread = std::thread::Builder::new().name("passwords".into());
            thread.spawn(move || hash_until_closed(&work)).map_err(Error::internal)?;
        }
        Ok(Self { queue, runs: Arc::default() })
    }

    /// How often argon2 ran.
    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        self.queued(move || {
            let hash = argon2()?.hash_password(password.as_bytes()).map_err(Error::internal)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the hashed one. Without a hash (an unknown
    /// login) the same work is done on a dummy, so that time tells nothing.
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let password = password.to_owned();
        let hash = hash.unwrap_or(UNUSABLE).to_owned();
        self.queued(move || {
            let parsed = PasswordHash::new(&hash).map_err(Error::internal)?;
            let matches = argon2()?.verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(matches && hash != UNUSABLE)
        })
        .await
    }

    /// Work whose asker has left by its turn is not done.
    async fn queued<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let runs = Arc::clone(&self.runs);
        let waiting = (InFlight::enter(&metrics().passwords_waiting), metrics().password_wait.start_timer());
        let work: Work = Box::new(move || {
            drop(waiting);
            if !reply.is_closed() {
                runs.fetch_add(1, Ordering::Relaxed);
                // Nobody may be left to hear it.
                let _ = reply.send(work());
            }
        });
        self.queue.try_send(work).map_err(|_full| busy())?;
        let answer = tokio::time::timeout(WAIT, answer).await;
        answer.map_err(|_late| busy())?.map_err(Error::internal)?
    }
}

fn hash_until_closed(work: &Mutex<Receiver<Work>>) {
    // Linux counts niceness by thread. Where it cannot be had, hashing is as
    // urgent as the rest.
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "passwords are hashed at the usual priority");
    }
    loop {
        let next = work.lock().map(|work| work.recv());
        let Ok(Ok(next)) = next else { return };
        next();
    }
}

fn busy() -> Error {
    Error::later(
        Code::Unavailable,
        "Too many people sign in at this moment. Nothing was changed; wait {wait}, then try again.",
        Duration::from_secs(RETRY),
    )
}

/// The hash that no password has, with the parameters above: of a random text
/// nobody knows. A login whose password must not work any more has it.
pub(crate) const UNUSABLE: &str =
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
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("correct horse battery", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("anything", None).await.unwrap());
        assert!(!passwords.verify("anything", Some(UNUSABLE)).await.unwrap());
        assert_eq!(passwords.runs(), 5);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_says_when_to_come_back() {
        let passwords = Arc::new(Passwords::new().unwrap());
        let (release, held) = std::sync::mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let busy_threads = std::thread::available_parallelism().unwrap().get().div_ceil(2);
        let (start, started) = std::sync::mpsc::channel::<()>();
        // What occupies the threads until it is told, and then what fills the queue.
        for _ in 0..busy_threads {
            let (held, start) = (Arc::clone(&held), start.clone());
            let work: Work = Box::new(move || {
                start.send(()).unwrap();
                let _ = held.lock().unwrap().recv();
            });
            passwords.queue.send(work).unwrap();
            started.recv().unwrap();
        }
        while passwords.queue.try_send(Box::new(|| {})).is_ok() {}
        let refused = passwords.hash("one too many").await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
        assert_eq!(refused.problem().retry_after, Some(RETRY));
        drop(release);
        // And what waits is done once there is room again.
        while passwords.hash("patience").await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}
