//! What a running process has: database, object store, mail, settings.

use super::config::Config;
use super::db::{self, Pool};
use super::error::Result;
use super::jwt::Jwt;
use super::mail::Mailer;
use super::migrate;
use super::password::Passwords;
use super::store::Store;
use super::throttle::Gates;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Notify, Semaphore};

/// The parts that operations work with; one a process.
pub struct App {
    pub config: Config,
    pub(crate) pool: Pool,
    pub(crate) store: Store,
    pub(crate) mailer: Mailer,
    pub(crate) passwords: Passwords,
    pub(crate) jwt: Jwt,
    pub(crate) gates: Gates,
    /// Archives that may be written at once: each holds a blocking thread and
    /// waits for others.
    pub(crate) archives: Arc<Semaphore>,
    /// Wakes this process's worker when a job was enqueued here.
    pub jobs_wake: Notify,
    /// Whether the database was seen to have what this program needs.
    schema_fits: AtomicBool,
}

impl App {
    /// Connects lazily: no part needs to answer yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(config: Config) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            pool: db::pool(&config.database_url, config.database_connections)?,
            store: Store::open(&config.store)?,
            mailer: Mailer::new(&config.mail)?,
            passwords: Passwords::new()?,
            jwt: Jwt::new(&config.jwt)?,
            gates: Gates::new()?,
            archives: Arc::new(Semaphore::new(4)),
            jobs_wake: Notify::new(),
            schema_fits: AtomicBool::new(false),
            config,
        }))
    }

    /// How often this process hashed a password, or compared one with a hash.
    #[must_use]
    pub fn password_runs(&self) -> u64 {
        self.passwords.runs()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn database_ready(&self) -> Result<()> {
        super::tx::ping(self).await
    }

    /// Whether the database answers and has what this program needs.
    ///
    /// # Errors
    /// When it does not, or was not migrated.
    pub async fn schema_ready(&self) -> Result<()> {
        if self.schema_fits.load(Ordering::Relaxed) {
            return self.database_ready().await;
        }
        migrate::check(self).await?;
        self.schema_fits.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether database and object store answer.
    ///
    /// # Errors
    /// Names the part that does not.
    pub async fn ready(&self) -> Result<()> {
        self.schema_ready().await?;
        self.store_ready().await
    }

    /// Whether the object store answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn store_ready(&self) -> Result<()> {
        self.store.ping().await
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}
