//! What the pages of this feature need of core.

use weighhouse_core::audit::LogName;
use weighhouse_core::{Ctx, Error, Result, audit, tenancy};
use weighhouse_types::audit::{AuditEntry, AuditHead, AuditQuery, AuditSigned};
use weighhouse_types::tenancy::Tenant;

/// One page of a log, the log's head, and what is signed of it.
pub(crate) struct Log {
    pub(crate) head: AuditHead,
    pub(crate) signed: AuditSigned,
    pub(crate) entries: Vec<AuditEntry>,
    pub(crate) next: Option<String>,
}

pub(crate) async fn tenant_log(ctx: &Ctx, slug: &str, query: &AuditQuery) -> Result<(Tenant, Log)> {
    let page = audit::audit_list(ctx, slug, query).await?;
    let head = audit::audit_head(ctx, slug).await?;
    let signed = audit::audit_signed(ctx, &LogName::Tenant(slug.into())).await?;
    let tenant = tenancy::tenant_get(ctx, slug).await?;
    Ok((tenant, Log { head, signed, entries: page.items, next: page.next }))
}

pub(crate) async fn agency_log(ctx: &Ctx, slug: &str, query: &AuditQuery) -> Result<(String, Log)> {
    let page = audit::agency_audit_list(ctx, slug, query).await?;
    let head = audit::agency_audit_head(ctx, slug).await?;
    let signed = audit::audit_signed(ctx, &LogName::Agency(slug.into())).await?;
    let agencies = tenancy::agency_list(ctx).await?;
    let agency = agencies.into_iter().find(|membership| membership.agency.slug == slug);
    let agency = agency.ok_or_else(|| Error::not_found("agency"))?.agency;
    Ok((agency.name, Log { head, signed, entries: page.items, next: page.next }))
}
