//! Jobs that failed: a client's people see and mend their own, the
//! installation's operator all of them. Running jobs is `kernel::jobs`.

mod queries;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::{PlatformTx, TenantTx};
use queries::Troubled;
use weighhouse_types::audit::Event;
use weighhouse_types::ids::JobId;
use weighhouse_types::jobs::JobSummary;
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::permission::Action;

/// The longest reason, in characters.
const REASON_MAX: usize = 2000;

/// A tenant's jobs that failed, newest first.
///
/// # Errors
/// When the caller may not see them.
pub async fn job_list(ctx: &Ctx, tenant: &str, query: &PageQuery) -> Result<Page<JobSummary>> {
    let tenant = authz::tenant(ctx, tenant, Action::JobRead).await?;
    let before = page::after(query)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let jobs = queries::of_tenant(&mut tx, &tenant, before, page::fetch(query)).await?;
    tx.finish().await?;
    page::cut(query, jobs, |job| job.id)
}

/// Has a tenant's job tried again now.
///
/// # Errors
/// When there is no such failed job, or a worker is about it.
pub async fn job_retry(ctx: &Ctx, tenant: &str, job: JobId) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::JobManage).await?;
    mend(ctx, &tenant, job, Mend::Retry).await
}

/// Gives a tenant's job up.
///
/// # Errors
/// As [`job_retry`], or without a reason.
pub async fn job_discard(ctx: &Ctx, tenant: &str, job: JobId, reason: &str) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::JobManage).await?;
    mend(ctx, &tenant, job, Mend::Discard(reason_check(reason)?)).await
}

/// Every job of the installation that failed, newest first.
///
/// # Errors
/// For all but the operator the list does not exist.
pub async fn operator_job_list(ctx: &Ctx, query: &PageQuery) -> Result<Page<JobSummary>> {
    operator_only(ctx)?;
    let before = page::after(query)?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let jobs = queries::of_all(&mut tx, before, page::fetch(query)).await?;
    tx.finish().await?;
    page::cut(query, jobs, |job| job.id)
}

/// Has any job tried again now.
///
/// # Errors
/// As [`job_retry`].
pub async fn operator_job_retry(ctx: &Ctx, job: JobId) -> Result<()> {
    operator_mend(ctx, job, Mend::Retry).await
}

/// Gives any job up.
///
/// # Errors
/// As [`job_discard`].
pub async fn operator_job_discard(ctx: &Ctx, job: JobId, reason: &str) -> Result<()> {
    operator_mend(ctx, job, Mend::Discard(reason_check(reason)?)).await
}

/// What is done about a failed job.
#[derive(Clone, Copy)]
enum Mend<'a> {
    Retry,
    Discard(&'a str),
}

impl Mend<'_> {
    fn event(self, job: &Troubled) -> Event {
        let (id, kind, about) = (job.id.to_string(), job.kind.clone(), job.about.clone());
        match self {
            Self::Retry => Event::JobRetried { job: id, kind, about },
            Self::Discard(reason) => Event::JobDiscarded { job: id, kind, about, reason: reason.to_owned() },
        }
    }
}

async fn mend(ctx: &Ctx, tenant: &authz::Tenant, job: JobId, how: Mend<'_>) -> Result<()> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    let job = queries::lock(tx.conn()?, job).await?;
    let job = job.ok_or_else(|| Error::not_found("failed job"))?;
    refuse_running(&job)?;
    match how {
        Mend::Retry => queries::retry(tx.conn_for_job()?, &job).await?,
        Mend::Discard(_) => queries::discard(tx.conn()?, &job).await?,
    }
    tx.commit(&how.event(&job)).await
}

/// A client's job is mended in the client, and audited there; the
/// installation's own is audited in the log of the operator's agency.
async fn operator_mend(ctx: &Ctx, job: JobId, how: Mend<'_>) -> Result<()> {
    operator_only(ctx)?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let found = queries::lock(tx.conn()?, job).await?.ok_or_else(|| Error::not_found("failed job"))?;
    if let Some(tenant) = found.tenant_id {
        tx.finish().await?;
        let tenant = authz::operated_tenant(ctx, tenant.into()).await?;
        return mend(ctx, &tenant, job, how).await;
    }
    refuse_running(&found)?;
    let agency = authz::agencies(ctx, None).await?.into_iter().next();
    let (agency, _) = agency.ok_or_else(|| {
        Error::conflict("The installation has no agency whose log could record this. Set one up first.")
    })?;
    match how {
        Mend::Retry => queries::retry(tx.conn_for_job()?, &found).await?,
        Mend::Discard(_) => queries::discard(tx.conn()?, &found).await?,
    }
    tx.commit(ctx, agency.id(), &how.event(&found)).await
}

fn operator_only(ctx: &Ctx) -> Result<()> {
    if ctx.is_operator() { Ok(()) } else { Err(Error::not_found("page")) }
}

fn refuse_running(job: &Troubled) -> Result<()> {
    if job.running {
        return Err(Error::conflict("A worker is about this job at this moment. Look again shortly."));
    }
    Ok(())
}

fn reason_check(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_MAX {
        return Err(Error::invalid(
            "reason",
            format!("Say why it is given up, in at most {REASON_MAX} characters: the audit log keeps it."),
        ));
    }
    Ok(reason)
}
