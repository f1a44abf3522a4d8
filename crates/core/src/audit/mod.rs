//! Reading the audit logs. They are written where mutations commit: see
//! `kernel::tx` and `kernel::log`. `sign` hashes them into tiles and signs
//! their checkpoints, `proofs` proves from these.

mod log;
mod proofs;
mod queries;
mod rules;
mod sign;

pub use log::LogName;
pub use proofs::{
    audit_checkpoint, audit_consistency, audit_inclusion, audit_leaves, audit_signed, audit_tile,
};
pub use sign::checkpoints_sign;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::{PlatformTx, TenantTx};
use weighhouse_types::audit::{AuditEntry, AuditHead, AuditQuery};
use weighhouse_types::page::Page;
use weighhouse_types::permission::{Action, AgencyAction};
use weighhouse_types::reference::ModelRef;

/// A tenant's log, newest first.
///
/// # Errors
/// When the caller may not read it, or the filter makes no sense.
pub async fn audit_list(ctx: &Ctx, tenant: &str, query: &AuditQuery) -> Result<Page<AuditEntry>> {
    let tenant = authz::tenant(ctx, tenant, Action::AuditRead).await?;
    filter_check(query)?;
    let page = query.page();
    let before: Option<i64> = page::after(&page)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let entries = queries::tenant_entries(&mut tx, &tenant, query, before, page::fetch(&page)).await?;
    tx.finish().await?;
    page::cut(&page, entries, |entry| entry.index)
}

/// The size and root of a tenant's log.
///
/// # Errors
/// When the caller may not read it.
pub async fn audit_head(ctx: &Ctx, tenant: &str) -> Result<AuditHead> {
    proofs::head(ctx, &LogName::Tenant(tenant.into())).await
}

/// An agency's log, newest first: what has no tenant.
///
/// # Errors
/// When the caller may not read it, or the filter makes no sense.
pub async fn agency_audit_list(ctx: &Ctx, agency: &str, query: &AuditQuery) -> Result<Page<AuditEntry>> {
    let agency = authz::agency(ctx, agency, AgencyAction::AgencyAuditRead).await?;
    filter_check(query)?;
    let page = query.page();
    let before: Option<i64> = page::after(&page)?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let entries = queries::agency_entries(&mut tx, &agency, query, before, page::fetch(&page)).await?;
    tx.finish().await?;
    page::cut(&page, entries, |entry| entry.index)
}

/// The size and root of an agency's log.
///
/// # Errors
/// When the caller may not read it.
pub async fn agency_audit_head(ctx: &Ctx, agency: &str) -> Result<AuditHead> {
    proofs::head(ctx, &LogName::Agency(agency.into())).await
}

/// Refuses a filter that would find nothing for a reason that nobody sees.
fn filter_check(query: &AuditQuery) -> Result<()> {
    if let (Some(since), Some(until)) = (query.since, query.until)
        && since >= until
    {
        return Err(Error::invalid("until", "‘until’ must be later than ‘since’."));
    }
    let word = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '-');
    if query.event.as_ref().is_some_and(|event| !event.chars().all(word)) {
        return Err(Error::invalid(
            "event",
            "Events are named like promotion.approved, or all of a kind by its first word: promotion.",
        ));
    }
    if let Some(model) = &query.model {
        model.parse::<ModelRef>().map_err(|e| Error::invalid("model", format!("{e}.")))?;
    }
    Ok(())
}
