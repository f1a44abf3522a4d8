//! Schema: the cluster's roles, once, and the embedded migrations.

use super::error::{Error, Result};
use diesel::sql_types::Text;
use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

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
    let mut conn = connect(url).await?;
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

#[expect(clippy::disallowed_methods, reason = "migrations run as the owner, outside of tenants")]
async fn connect(url: &str) -> Result<AsyncPgConnection> {
    AsyncPgConnection::establish(url).await.map_err(|e| Error::Connection(e.to_string()))
}

#[derive(diesel::QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// A database that a newer program has migrated is left alone.
async fn refuse_newer(conn: &mut AsyncPgConnection) -> Result<()> {
    use diesel::migration::MigrationSource;
    let applied: Vec<Applied> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version")
            .load(conn)
            .await
            .unwrap_or_default();
    let known = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS).map_err(Error::internal)?;
    let known: Vec<String> = known.iter().map(|m| m.name().version().to_string()).collect();
    match applied.into_iter().find(|row| !known.contains(&row.version)) {
        None => Ok(()),
        Some(newer) => Err(Error::conflict(format!(
            "The data was written by a newer Weighhouse (its schema has {}). \
             Start that version or a later one; nothing was changed.",
            newer.version
        ))),
    }
}
