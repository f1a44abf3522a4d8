//! What the pages of this feature need of core.

use weighhouse_core::{Ctx, Error, Result, audit, tenancy};
use weighhouse_types::audit::{AuditEntry, AuditHead};
use weighhouse_types::page::PageQuery;
use weighhouse_types::tenancy::Tenant;

/// One page of a log, and the log's head.
pub(crate) struct Log {
    pub(crate) head: AuditHead,
    pub(crate) entries: Vec<AuditEntry>,
    pub(crate) next: Option<String>,
}

pub(crate) async fn tenant_log(ctx: &Ctx, slug: &str, cursor: Option<String>) -> Result<(Tenant, Log)> {
    let query = PageQuery { cursor, limit: None };
    let page = audit::audit_list(ctx, slug, &query).await?;
    let head = audit::audit_head(ctx, slug).await?;
    let tenant = tenancy::tenant_get(ctx, slug).await?;
    Ok((tenant, Log { head, entries: page.items, next: page.next }))
}

pub(crate) async fn agency_log(ctx: &Ctx, slug: &str, cursor: Option<String>) -> Result<(String, Log)> {
    let query = PageQuery { cursor, limit: None };
    let page = audit::agency_audit_list(ctx, slug, &query).await?;
    let head = audit::agency_audit_head(ctx, slug).await?;
    let agencies = tenancy::agency_list(ctx).await?;
    let agency = agencies.into_iter().find(|membership| membership.agency.slug == slug);
    let agency = agency.ok_or_else(|| Error::not_found("agency"))?.agency;
    Ok((agency.name, Log { head, entries: page.items, next: page.next }))
}
