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
use crate::kernel::error::Result;
use crate::kernel::page;
use crate::kernel::tx::{PlatformTx, TenantTx};
use weighhouse_types::audit::{AuditEntry, AuditHead};
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::permission::{Action, AgencyAction};

/// A tenant's log, newest first.
///
/// # Errors
/// When the caller may not read it.
pub async fn audit_list(ctx: &Ctx, tenant: &str, query: &PageQuery) -> Result<Page<AuditEntry>> {
    let tenant = authz::tenant(ctx, tenant, Action::AuditRead).await?;
    let before: Option<i64> = page::after(query)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let entries = queries::tenant_entries(&mut tx, &tenant, before, page::fetch(query)).await?;
    tx.finish().await?;
    page::cut(query, entries, |entry| entry.index)
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
/// When the caller may not read it.
pub async fn agency_audit_list(ctx: &Ctx, agency: &str, query: &PageQuery) -> Result<Page<AuditEntry>> {
    let agency = authz::agency(ctx, agency, AgencyAction::AgencyAuditRead).await?;
    let before: Option<i64> = page::after(query)?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let entries = queries::agency_entries(&mut tx, &agency, before, page::fetch(query)).await?;
    tx.finish().await?;
    page::cut(query, entries, |entry| entry.index)
}

/// The size and root of an agency's log.
///
/// # Errors
/// When the caller may not read it.
pub async fn agency_audit_head(ctx: &Ctx, agency: &str) -> Result<AuditHead> {
    proofs::head(ctx, &LogName::Agency(agency.into())).await
}
