//! What a running process has: database, object store, mail, settings.

use super::authz;
use super::config::Config;
use super::ctx::Actor;
use super::db::{self, Pool};
use super::error::Result;
use super::jwt::Jwt;
use super::mail::Mailer;
use super::migrate;
use super::password::Passwords;
use super::recent::Recent;
use super::store::Store;
use super::throttle::Gates;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, Semaphore};
use weighhouse_types::ids::TokenId;

/// The parts that operations work with; one a process.
pub struct App {
    pub config: Config,
    pub(crate) pool: Pool,
    pub(crate) store: Store,
    pub(crate) mailer: Mailer,
    pub(crate) passwords: Passwords,
    pub(crate) jwt: Jwt,
    /// Who came with which API token, by its hash and by its id.
    pub(crate) tokens: Recent<[u8; 32], Actor>,
    pub(crate) token_ids: Recent<TokenId, Actor>,
    /// Where a token's owner reached which project.
    pub(crate) places: Recent<(TokenId, String, String), (authz::Tenant, authz::Project)>,
    pub(crate) gates: Gates,
    /// What features keep in this process, by its type.
    parts: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
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
            tokens: Recent::default(),
            token_ids: Recent::default(),
            places: Recent::default(),
            gates: Gates::new()?,
            parts: Mutex::default(),
            archives: Arc::new(Semaphore::new(4)),
            jobs_wake: Notify::new(),
            schema_fits: AtomicBool::new(false),
            config,
        }))
    }

    /// What a feature keeps in this process: made when first asked for.
    pub(crate) fn part<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let part = Arc::clone(parts.entry(TypeId::of::<T>()).or_insert_with(|| Arc::<T>::default()));
        drop(parts);
        part.downcast().unwrap_or_default()
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
