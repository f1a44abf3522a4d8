//! Schema: the cluster's roles, once, and the embedded migrations; and
//! whether a database has what this program needs.

use super::app::App;
use super::db::Connector;
use super::error::{Error, Result};
use super::sql::sql_query;
use super::tx::PlatformTx;
use diesel::migration::MigrationSource;
use diesel::sql_types::Text;
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use weighhouse_types::error::Code;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Roles belong to the whole cluster, so they are no migration: databases of
/// one cluster would race. The lock is the cluster's, too.
const ROLES: &str = "
    BEGIN;
    SELECT pg_advisory_xact_lock(7305808869231650152);
    DO $$
    DECLARE
        wanted text;
    BEGIN
        FOREACH wanted IN ARRAY ARRAY['weighhouse_tenant', 'weighhouse_portfolio', 'weighhouse_platform',
                                      'weighhouse_sweep'] LOOP
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
            END IF;
        END LOOP;
        -- The application's login: owns nothing, inherits nothing, and may
        -- become those roles.
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'weighhouse_app') THEN
            CREATE ROLE weighhouse_app LOGIN NOINHERIT;
        END IF;
        GRANT weighhouse_tenant, weighhouse_portfolio, weighhouse_platform, weighhouse_sweep TO weighhouse_app;
    END $$;
    COMMIT";

/// What was done.
#[derive(Debug)]
pub struct Migrated {
    /// Names of the migrations applied now, oldest first.
    pub applied: Vec<String>,
}

/// Makes the roles and brings the schema of the database at `url`, an owner's
/// login, to this program's version.
///
/// # Errors
/// When the database does not answer, or its schema is of a newer program.
pub async fn migrate(url: &str) -> Result<Migrated> {
    let connected = Connector::new(url)?.connect().await;
    let mut conn = connected.map_err(|e| Error::Connection(e.to_string()))?;
    conn.batch_execute(ROLES).await?;
    refuse_newer(&mut conn).await?;
    let mut harness = AsyncMigrationHarness::new(conn);
    tokio::task::spawn_blocking(move || {
        let applied = harness.run_pending_migrations(MIGRATIONS).map_err(Error::internal)?;
        Ok(Migrated { applied: applied.iter().map(ToString::to_string).collect() })
    })
    .await
    .map_err(Error::internal)?
}

const APPLIED: &str = "SELECT version FROM __diesel_schema_migrations ORDER BY version";

/// The versions of this program's migrations, oldest first.
fn known() -> Result<Vec<String>> {
    let known = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS).map_err(Error::internal)?;
    let mut known: Vec<String> = known.iter().map(|m| m.name().version().to_string()).collect();
    known.sort_unstable();
    Ok(known)
}

/// Refuses a database that lacks a migration of this program. One that has
/// more is a newer program's and fits: migrations expand before they contract.
pub(crate) async fn check(app: &App) -> Result<()> {
    let applied: Vec<String> = match applied(app).await {
        Err(Error::Database(error)) if unmigrated(&error.to_string()) => Vec::new(),
        // A cluster without the roles: every connection of the pool takes one.
        Err(Error::Connection(error)) if error.contains("\"weighhouse_platform\" does not exist") => {
            Vec::new()
        }
        applied => applied?,
    };
    let lacking: Vec<String> = known()?.into_iter().filter(|version| !applied.contains(version)).collect();
    let Some(first) = lacking.as_slice().first() else { return Ok(()) };
    let how = if applied.is_empty() { "was never migrated" } else { "is older than this program" };
    Err(Error::refused(
        Code::Unavailable,
        format!(
            "the database {how}: it lacks {} migrations, from {first} on. \
             Run ‘weighhouse migrate’ with the owner's URL first.",
            lacking.len()
        ),
    ))
}

async fn applied(app: &App) -> Result<Vec<String>> {
    let mut tx = PlatformTx::begin(app).await?;
    let rows: Vec<Applied> = sql_query(APPLIED).load(tx.conn()?).await?;
    tx.finish().await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Whether role or table are not there, or not yet to be read.
fn unmigrated(text: &str) -> bool {
    text.contains("does not exist") || text.contains("permission denied")
}

#[derive(diesel::QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// A database that a newer program has migrated is left alone.
async fn refuse_newer(conn: &mut AsyncPgConnection) -> Result<()> {
    let applied: Vec<Applied> = sql_query(APPLIED).load(conn).await.unwrap_or_default();
    let known = known()?;
    match applied.into_iter().find(|row| !known.contains(&row.version)) {
        None => Ok(()),
        Some(newer) => Err(Error::conflict(format!(
            "The data was written by a newer Weighhouse (its schema has {}). \
             Start that version or a later one; nothing was changed.",
            newer.version
        ))),
    }
}
