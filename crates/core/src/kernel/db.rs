//! Connections to Postgres, and their pool. Nothing but `tx` takes one from it.

use super::error::{Error, Result};
use super::tls;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::NoTls;
use tokio_postgres::config::{Config, Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Connections to Postgres.
pub(crate) type Pool = deadpool::Pool<AsyncPgConnection>;

/// How long a request waits for a connection before it is refused.
const WAIT: Duration = Duration::from_secs(5);
/// How long a server that is gone without a word is believed to be there.
const SILENCE: Duration = Duration::from_secs(15);

/// What every connection is told: no statement and no forgotten transaction
/// holds a lock for good. Whoever needs longer says so in a transaction.
/// Outside of transactions, a connection can read what belongs to no tenant.
const LIMITS: &str = "SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '30s';
    SET default_transaction_read_only = on; SET ROLE weighhouse_platform";

/// How a connection is made.
pub(crate) struct Connector {
    config: Config,
    /// None for a Unix socket and `sslmode=disable`.
    tls: Option<MakeRustlsConnect>,
}

impl Connector {
    /// Reads the URL with what libpq knows of TLS: `sslmode` and `sslrootcert`.
    pub(crate) fn new(url: &str) -> Result<Self> {
        let (url, wanted) = tls::Wanted::split(url)?;
        let mut config: Config = url.parse().map_err(|e| wrong(&e))?;
        let local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        let tls = if local { None } else { wanted.connector()? };
        config.ssl_mode(match (&tls, wanted.required()) {
            (None, _) => SslMode::Disable,
            (Some(_), false) => SslMode::Prefer,
            (Some(_), true) => SslMode::Require,
        });
        if config.get_application_name().is_none() {
            config.application_name("weighhouse");
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(WAIT);
        }
        Ok(Self { config, tls })
    }

    /// A connection, without the limits of the pool's.
    pub(crate) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(|e| bad(&e))?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(|e| bad(&e))?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        }
    }

    async fn connect_limited(&self) -> ConnectionResult<AsyncPgConnection> {
        let mut conn = self.connect().await?;
        conn.batch_execute(LIMITS).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }
}

fn wrong(e: &dyn std::error::Error) -> Error {
    Error::invalid("database-url", format!("The database URL cannot be used: {}", causes(e)))
}

fn bad(e: &dyn std::error::Error) -> ConnectionError {
    ConnectionError::BadConnection(causes(e))
}

/// An error with what caused it: the driver's own words alone are "error
/// connecting to server". None of them holds a password.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = inner.source();
    }
    text
}

/// A pool that connects when first asked.
pub(crate) fn pool(url: &str, size: usize) -> Result<Pool> {
    let connector = Arc::new(Connector::new(url)?);
    let mut config = ManagerConfig::default();
    // A round trip to ask whether the connection lives would only say that it
    // did: `tx` takes another one when it turns out dead.
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_url| {
        let connector = Arc::clone(&connector);
        Box::pin(async move { connector.connect_limited().await })
    });
    // The connector has the URL; the manager's own would only be one more place for it.
    let manager = AsyncDieselConnectionManager::new_with_config("", config);
    deadpool::Pool::builder(manager)
        .max_size(size)
        .runtime(::deadpool::Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .recycle_timeout(Some(WAIT))
        .build()
        .map_err(Error::internal)
}
