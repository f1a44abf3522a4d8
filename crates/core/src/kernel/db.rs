//! The pool. Nothing but `tx` takes a connection from it.

use super::error::{Error, Result};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool;
use std::time::Duration;

/// Connections to Postgres.
pub(crate) type Pool = deadpool::Pool<AsyncPgConnection>;

/// How long a request waits for a connection before it is refused.
const WAIT: Duration = Duration::from_secs(5);

/// A pool that connects when first asked.
pub(crate) fn pool(url: &str, size: usize) -> Result<Pool> {
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
    deadpool::Pool::builder(manager)
        .max_size(size)
        .runtime(::deadpool::Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .recycle_timeout(Some(WAIT))
        .build()
        .map_err(Error::internal)
}
