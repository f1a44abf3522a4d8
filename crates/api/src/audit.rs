//! A tenant's audit log.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::get;
use actix_web::web::{Json, Path, Query};
use weighhouse_core::audit;
use weighhouse_types::audit::{AuditEntry, AuditHead, AuditQuery};
use weighhouse_types::page::Page;

/// The tenant's log, newest first.
#[utoipa::path(tag = "audit", params(AuditQuery), responses((status = 200, body = Page<AuditEntry>)))]
#[get("/tenants/{tenant}/audit")]
pub(crate) async fn audit_list(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>> {
    audit::audit_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}

/// Size and root of the tenant's log.
#[utoipa::path(tag = "audit", responses((status = 200, body = AuditHead)))]
#[get("/tenants/{tenant}/audit/head")]
pub(crate) async fn audit_head(ctx: Caller, tenant: Path<String>) -> Result<Json<AuditHead>> {
    audit::audit_head(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}
