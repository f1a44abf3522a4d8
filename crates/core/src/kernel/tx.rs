//! The third wall: the only ways to a connection.
//!
//! `TenantTx` writes to exactly one tenant, `PortfolioTx` reads across the
//! caller's own list, `PlatformTx` serves what has no single tenant. Each
//! runs as a role that owns nothing. The fourth wall stands here too: a
//! transaction that writes commits only together with its audit event.

use super::app::App;
use super::authz;
use super::ctx::Ctx;
use super::error::{Error, Result};
use super::idempotency;
use super::log::{self, Log};
use super::metrics::metrics;
use diesel_async::pooled_connection::deadpool::{Object, PoolError};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use weighhouse_types::audit::Event;
use weighhouse_types::ids::{AgencyId, TenantId};

/// An open transaction. Dropped before its end (a client went away, an error
/// left early) it discards its connection: the pool's recycle check would
/// hand it on with the transaction open and the old tenant set.
struct Open {
    conn: Option<Object<AsyncPgConnection>>,
}

impl Open {
    async fn begin(app: &App, begin: &str) -> Result<Self> {
        let waiting = metrics().database.wait.start_timer();
        #[expect(clippy::disallowed_methods, reason = "the one place that takes connections")]
        let conn = app.pool.get().await.map_err(|e| unavailable(&e))?;
        waiting.observe_duration();
        let mut open = Self { conn: Some(conn) };
        open.get()?.batch_execute(begin).await?;
        Ok(open)
    }

    fn get(&mut self) -> Result<&mut AsyncPgConnection> {
        let conn = self.conn.as_mut().ok_or_else(|| Error::internal("transaction is over"))?;
        Ok(&mut **conn)
    }

    async fn end(mut self, how: &str) -> Result<()> {
        self.get()?.batch_execute(how).await?;
        // Only now may the pool have it back.
        drop(self.conn.take());
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            drop(Object::take(conn));
        }
    }
}

/// Why there is no connection: all in use, or the database does not answer.
fn unavailable(error: &PoolError) -> Error {
    let reason = match error {
        PoolError::Timeout(_) => "timeout",
        _ => "refused",
    };
    metrics().database.failures.with_label_values(&[reason]).inc();
    Error::Connection(error.to_string())
}

/// A transaction in one tenant.
pub(crate) struct TenantTx<'c> {
    open: Open,
    ctx: &'c Ctx,
    tenant: TenantId,
}

impl<'c> TenantTx<'c> {
    /// Begins, as the tenant's role, with the tenant set.
    pub(crate) async fn begin(ctx: &'c Ctx, tenant: &authz::Tenant) -> Result<Self> {
        let tenant = tenant.id();
        let begin = format!("BEGIN; SET LOCAL ROLE weighhouse_tenant; SET LOCAL app.tenant = '{tenant}'");
        Ok(Self { open: Open::begin(&ctx.app, &begin).await?, ctx, tenant })
    }

    pub(crate) fn conn(&mut self) -> Result<&mut AsyncPgConnection> {
        self.open.get()
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn ctx(&self) -> &'c Ctx {
        self.ctx
    }

    /// Writes the event's leaf, taking the log's lock last, and commits.
    pub(crate) async fn commit(mut self, event: &Event) -> Result<()> {
        let (ctx, log) = (self.ctx, Log::Tenant(self.tenant));
        idempotency::mark(self.open.get()?, ctx).await?;
        log::append(self.open.get()?, ctx, log, event).await?;
        self.open.end("COMMIT").await?;
        metrics().audit_appends.with_label_values(&["tenant"]).inc();
        ctx.app.jobs_wake.notify_one();
        Ok(())
    }

    /// Keeps what a client sent ahead of a change, such as parts of a file:
    /// nothing that anybody sees, and so no event. Only the blob feature's
    /// staging uses it.
    pub(crate) async fn commit_staging(self) -> Result<()> {
        self.open.end("COMMIT").await
    }

    /// Keeps what follows from the log's own leaves: its tiles and signed
    /// checkpoint. An event about them would need the next checkpoint. Only
    /// the audit feature's signer uses it.
    pub(crate) async fn commit_checkpoint(self) -> Result<()> {
        self.open.end("COMMIT").await
    }

    /// Ends without a change.
    pub(crate) async fn finish(self) -> Result<()> {
        self.open.end("ROLLBACK").await
    }
}

/// A read-only transaction across the tenants that the caller reaches.
pub(crate) struct PortfolioTx {
    open: Open,
}

impl PortfolioTx {
    /// Begins with the caller's own tenants as the limit.
    pub(crate) async fn begin(ctx: &Ctx, tenants: &[authz::Tenant]) -> Result<Self> {
        let ids: Vec<_> = tenants.iter().map(|tenant| tenant.id().to_string()).collect();
        let begin = format!(
            "BEGIN READ ONLY; SET LOCAL ROLE weighhouse_portfolio; SET LOCAL app.tenants = '{{{}}}'",
            ids.join(",")
        );
        Ok(Self { open: Open::begin(&ctx.app, &begin).await? })
    }

    pub(crate) fn conn(&mut self) -> Result<&mut AsyncPgConnection> {
        self.open.get()
    }

    /// Ends.
    pub(crate) async fn finish(self) -> Result<()> {
        self.open.end("ROLLBACK").await
    }
}

/// A transaction on the tables that belong to no tenant.
pub(crate) struct PlatformTx<'a> {
    open: Open,
    app: &'a App,
}

impl<'a> PlatformTx<'a> {
    /// Begins, as the platform's role.
    pub(crate) async fn begin(app: &'a App) -> Result<Self> {
        let open = Open::begin(app, "BEGIN; SET LOCAL ROLE weighhouse_platform").await?;
        Ok(Self { open, app })
    }

    pub(crate) fn conn(&mut self) -> Result<&mut AsyncPgConnection> {
        self.open.get()
    }

    /// Writes the event into an agency's log and commits.
    pub(crate) async fn commit(mut self, ctx: &Ctx, agency: AgencyId, event: &Event) -> Result<()> {
        idempotency::mark(self.open.get()?, ctx).await?;
        log::append(self.open.get()?, ctx, Log::Agency(agency), event).await?;
        self.open.end("COMMIT").await?;
        metrics().audit_appends.with_label_values(&["agency"]).inc();
        self.app.jobs_wake.notify_one();
        Ok(())
    }

    /// Keeps the platform's own bookkeeping: leases of jobs, mails marked as
    /// sent, when a session or token was last used, checkpoints of an agency's log.
    pub(crate) async fn commit_bookkeeping(self) -> Result<()> {
        self.open.end("COMMIT").await
    }

    /// Ends without a change.
    pub(crate) async fn finish(self) -> Result<()> {
        self.open.end("ROLLBACK").await
    }
}

/// Whether the database answers.
pub(crate) async fn ping(app: &App) -> Result<()> {
    let open = Open::begin(app, "BEGIN READ ONLY").await?;
    open.end("ROLLBACK").await
}
