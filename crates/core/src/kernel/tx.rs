//! The third wall: the only ways to a connection.
//!
//! `TenantTx` writes to exactly one tenant, `PortfolioTx` reads across the
//! caller's own list, `PlatformTx` serves what has no single tenant and
//! `PlatformLook` reads it. Each runs as a role that owns nothing. The fourth
//! wall stands here too: a transaction that writes commits only together with
//! its audit event.

use super::app::App;
use super::authz;
use super::ctx::Ctx;
use super::error::{Error, Result, lost};
use super::idempotency;
use super::log::{self, Log};
use super::metrics::metrics;
use diesel::QueryResult;
use diesel_async::pooled_connection::deadpool::{Object, PoolError};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use std::time::Duration;
use weighhouse_types::audit::Event;
use weighhouse_types::ids::{AgencyId, TenantId};

/// How long Postgres may take to begin or to commit: one that was halted
/// keeps its connections and answers nothing.
const ANSWER: Duration = Duration::from_secs(5);

/// Commits. A transaction that was given up unseen would answer COMMIT with a
/// rollback and no error: the empty SELECT before it has one then.
const COMMIT: &str = "SELECT; COMMIT";

/// An open transaction. Dropped before its end (a client went away, an error
/// left early) it discards its connection: the pool's recycle check would
/// hand it on with the transaction open and the old tenant set.
struct Open {
    conn: Option<Object<AsyncPgConnection>>,
    /// Whether it leaves a job, which a worker of this process is woken for.
    job: bool,
}

impl Open {
    /// A connection that died in the pool is found out here, where nothing was
    /// done yet: another one takes its place.
    async fn begin(app: &App, begin: &str) -> Result<Self> {
        let mut spare = app.config.database_connections;
        loop {
            let mut open = Self::take(app).await?;
            match open.send(begin).await {
                Err(Error::Database(error)) if lost(&error) && spare > 0 => spare -= 1,
                begun => return begun.map(|()| open),
            }
        }
    }

    async fn take(app: &App) -> Result<Self> {
        let waiting = metrics().database.wait.start_timer();
        #[expect(clippy::disallowed_methods, reason = "the one place that takes connections")]
        let conn = app.pool.get().await.map_err(|e| unavailable(&e))?;
        waiting.observe_duration();
        Ok(Self { conn: Some(conn), job: false })
    }

    /// Begins or ends, in bounded time.
    async fn send(&mut self, what: &str) -> Result<()> {
        let sent = tokio::time::timeout(ANSWER, self.get()?.batch_execute(what)).await;
        Ok(sent.map_err(|_late| silent())??)
    }

    fn get(&mut self) -> Result<&mut AsyncPgConnection> {
        let conn = self.conn.as_mut().ok_or_else(|| Error::internal("transaction is over"))?;
        Ok(&mut **conn)
    }

    /// Writes the event's leaf and commits. From the moment that COMMIT is
    /// sent, an answer that does not come leaves both possible.
    async fn commit_audited(mut self, ctx: &Ctx, log: Log, event: &Event) -> Result<()> {
        let conn = self.get()?;
        let append = async {
            idempotency::mark(conn, ctx).await?;
            log::append(conn, ctx, log, event).await
        };
        tokio::time::timeout(ANSWER, append).await.map_err(|_late| silent())??;
        match self.end(COMMIT).await {
            Err(Error::Connection(cause)) => Err(Error::InDoubt(cause)),
            Err(Error::Database(error)) if lost(&error) => Err(Error::InDoubt(error.to_string())),
            Ok(()) => {
                metrics().audit_appends.with_label_values(&[log.kind()]).inc();
                Ok(())
            }
            refused => refused,
        }
    }

    /// The connection, for what leaves a job that is due.
    fn conn_for_job(&mut self) -> Result<&mut AsyncPgConnection> {
        self.job = true;
        self.get()
    }

    async fn end(mut self, how: &str) -> Result<()> {
        self.send(how).await?;
        self.give_back();
        Ok(())
    }

    /// Lets the pool have the connection back: nothing is under way on it.
    fn give_back(mut self) {
        drop(self.conn.take());
    }
}

fn silent() -> Error {
    Error::Connection(format!("no answer within {} s", ANSWER.as_secs()))
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
        let begin =
            format!("BEGIN READ WRITE; SET LOCAL ROLE weighhouse_tenant; SET LOCAL app.tenant = '{tenant}'");
        Ok(Self { open: Open::begin(&ctx.app, &begin).await?, ctx, tenant })
    }

    pub(crate) fn conn(&mut self) -> Result<&mut AsyncPgConnection> {
        self.open.get()
    }

    /// The connection, for what leaves a job that is due: the commit wakes a worker.
    pub(crate) fn conn_for_job(&mut self) -> Result<&mut AsyncPgConnection> {
        self.open.conn_for_job()
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn ctx(&self) -> &'c Ctx {
        self.ctx
    }

    /// Writes the event's leaf, taking the log's lock last, and commits.
    pub(crate) async fn commit(self, event: &Event) -> Result<()> {
        let job = self.open.job;
        self.open.commit_audited(self.ctx, Log::Tenant(self.tenant), event).await?;
        wake(&self.ctx.app, job);
        Ok(())
    }

    /// Writes a leaf for each of many events and commits: the made-up history
    /// of a generator, which nobody waits for.
    pub(crate) async fn commit_past(mut self, past: &[log::Past]) -> Result<()> {
        log::append_past(self.open.get()?, self.ctx, self.tenant, past).await?;
        self.open.end(COMMIT).await
    }

    /// Becomes the role that may delete what has expired and do nothing else,
    /// until [`Sweeper::done`]. Forgotten, it leaves the transaction unable to
    /// write its event, and so to commit.
    pub(crate) async fn sweeper(&mut self) -> Result<Sweeper<'_, 'c>> {
        self.conn()?.batch_execute("SET LOCAL ROLE weighhouse_sweep").await?;
        Ok(Sweeper { tx: self })
    }

    /// Keeps what a client sent ahead of a change, such as parts of a file, and
    /// what clears such parts away: nothing that anybody sees, and so no event.
    /// Only the blob feature's staging and collection use it.
    pub(crate) async fn commit_staging(self) -> Result<()> {
        self.open.end(COMMIT).await
    }

    /// Keeps what follows from the log's own leaves: its tiles and signed
    /// checkpoint. An event about them would need the next checkpoint. Only
    /// the audit feature's signer uses it.
    pub(crate) async fn commit_checkpoint(self) -> Result<()> {
        self.open.end(COMMIT).await
    }

    /// Keeps the documents of what others changed, so that it is found. Only
    /// the search's index uses it.
    pub(crate) async fn commit_index(self) -> Result<()> {
        self.open.end(COMMIT).await
    }

    /// Keeps what training code logs: the workspace, not the record. What is
    /// deleted there, restored and registered is audited.
    pub(crate) async fn commit_tracking(self) -> Result<()> {
        self.open.end(COMMIT).await
    }

    /// Ends without a change.
    pub(crate) async fn finish(self) -> Result<()> {
        self.open.end("ROLLBACK").await
    }
}

/// A tenant's transaction in the role of the sweep.
pub(crate) struct Sweeper<'t, 'c> {
    tx: &'t mut TenantTx<'c>,
}

impl Sweeper<'_, '_> {
    pub(crate) fn conn(&mut self) -> Result<&mut AsyncPgConnection> {
        self.tx.conn()
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.tx.tenant
    }

    /// Becomes the tenant's role again.
    pub(crate) async fn done(self) -> Result<()> {
        self.tx.conn()?.batch_execute("SET LOCAL ROLE weighhouse_tenant").await?;
        Ok(())
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
        let open = Open::begin(app, "BEGIN READ WRITE; SET LOCAL ROLE weighhouse_platform").await?;
        Ok(Self { open, app })
    }

    pub(crate) fn conn(&mut self) -> Result<&mut AsyncPgConnection> {
        self.open.get()
    }

    /// The connection, for what leaves a job that is due: the commit wakes a worker.
    pub(crate) fn conn_for_job(&mut self) -> Result<&mut AsyncPgConnection> {
        self.open.conn_for_job()
    }

    /// Writes the event into an agency's log and commits.
    pub(crate) async fn commit(self, ctx: &Ctx, agency: AgencyId, event: &Event) -> Result<()> {
        let job = self.open.job;
        self.open.commit_audited(ctx, Log::Agency(agency), event).await?;
        wake(self.app, job);
        Ok(())
    }

    /// Keeps the platform's own bookkeeping: leases of jobs, mails marked as
    /// sent, when a session or token was last used, checkpoints of an agency's log.
    pub(crate) async fn commit_bookkeeping(self) -> Result<()> {
        let job = self.open.job;
        self.open.end(COMMIT).await?;
        wake(self.app, job);
        Ok(())
    }

    /// Ends without a change.
    pub(crate) async fn finish(self) -> Result<()> {
        self.open.end("ROLLBACK").await
    }
}

fn wake(app: &App, job: bool) {
    if job {
        app.jobs_wake.notify_one();
    }
}

/// A look at the tables that belong to no tenant, without a transaction: every
/// request begins by such looks, and one round trip does instead of three. The
/// database refuses a statement that writes.
pub(crate) struct PlatformLook {
    open: Open,
}

impl PlatformLook {
    pub(crate) async fn begin(app: &App) -> Result<Self> {
        Ok(Self { open: Open::take(app).await? })
    }

    pub(crate) fn conn(&mut self) -> Result<&mut AsyncPgConnection> {
        self.open.get()
    }

    /// Ends. Dropped before, with a query under way, it discards the connection.
    pub(crate) fn finish(self) {
        self.open.give_back();
    }
}

/// What a query answers within [`ANSWER`]: no transaction was begun before it,
/// whose beginning would have been waited for no longer.
pub(crate) async fn in_time<T>(query: impl Future<Output = QueryResult<T>>) -> Result<T> {
    Ok(tokio::time::timeout(ANSWER, query).await.map_err(|_late| silent())??)
}

/// Whether the database answers.
pub(crate) async fn ping(app: &App) -> Result<()> {
    let open = Open::begin(app, "BEGIN READ ONLY").await?;
    open.end("ROLLBACK").await
}
