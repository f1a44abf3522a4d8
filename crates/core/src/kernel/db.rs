//! The pool. Nothing but `tx` takes a connection from it.

use super::error::{Error, Result};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool,
};
use std::time::Duration;

/// Connections to Postgres.
pub(crate) type Pool = deadpool::Pool<AsyncPgConnection>;

/// How long a request waits for a connection before it is refused.
const WAIT: Duration = Duration::from_secs(5);

/// A pool that connects when first asked.
pub(crate) fn pool(url: &str, size: usize) -> Result<Pool> {
    let mut config = ManagerConfig::default();
    // Without a query of its own at every turn: a connection that died unseen
    // is noticed by the transaction that begins on it, which takes another.
    config.recycling_method = RecyclingMethod::Fast;
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(url, config);
    deadpool::Pool::builder(manager)
        .max_size(size)
        .runtime(::deadpool::Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .recycle_timeout(Some(WAIT))
        .build()
        .map_err(Error::internal)
}
