//! Agencies' tenants and the portfolio.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use weighhouse_core::{audit, tenancy};
use weighhouse_types::audit::{AuditEntry, AuditHead, AuditQuery};
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::tenancy::{Agency, AgencyMembership, Portfolio, Tenant, TenantCreate};

/// The clients that you reach, what is approved for production at each, and
/// all requests that wait.
#[utoipa::path(tag = "tenancy", params(PageQuery), responses((status = 200, body = Portfolio)))]
#[get("/portfolio")]
pub(crate) async fn portfolio(ctx: Caller, query: Query<PageQuery>) -> Result<Json<Portfolio>> {
    tenancy::portfolio(&ctx, &query).await.or_problem(&ctx).map(Json)
}

/// The agencies that you work at, and your role there.
#[utoipa::path(tag = "agencies", responses((status = 200, body = Vec<AgencyMembership>)))]
#[get("/agencies")]
pub(crate) async fn agency_list(ctx: Caller) -> Result<Json<Vec<AgencyMembership>>> {
    tenancy::agency_list(&ctx).await.or_problem(&ctx).map(Json)
}

/// An agency that you work at.
#[utoipa::path(tag = "agencies", responses((status = 200, body = Agency)))]
#[get("/agencies/{agency}")]
pub(crate) async fn agency_get(ctx: Caller, agency: Path<String>) -> Result<Json<Agency>> {
    tenancy::agency_get(&ctx, &agency).await.or_problem(&ctx).map(Json)
}

/// Make a tenant: a client engagement of an agency.
#[utoipa::path(tag = "tenancy", responses((status = 201, body = Tenant)))]
#[post("/agencies/{agency}/tenants")]
pub(crate) async fn tenant_create(
    ctx: Caller,
    agency: Path<String>,
    new: Json<TenantCreate>,
) -> Result<HttpResponse> {
    let tenant = tenancy::tenant_create(&ctx, &agency, new.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(tenant))
}

/// The agency's own log, newest first: what has no tenant.
#[utoipa::path(tag = "audit", params(AuditQuery), responses((status = 200, body = Page<AuditEntry>)))]
#[get("/agencies/{agency}/audit")]
pub(crate) async fn agency_audit_list(
    ctx: Caller,
    agency: Path<String>,
    query: Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>> {
    audit::agency_audit_list(&ctx, &agency, &query).await.or_problem(&ctx).map(Json)
}

/// Size and root of the agency's own log.
#[utoipa::path(tag = "audit", responses((status = 200, body = AuditHead)))]
#[get("/agencies/{agency}/audit/head")]
pub(crate) async fn agency_audit_head(ctx: Caller, agency: Path<String>) -> Result<Json<AuditHead>> {
    audit::agency_audit_head(&ctx, &agency).await.or_problem(&ctx).map(Json)
}

/// A tenant that you reach.
#[utoipa::path(tag = "tenancy", responses((status = 200, body = Tenant)))]
#[get("/tenants/{tenant}")]
pub(crate) async fn tenant_get(ctx: Caller, tenant: Path<String>) -> Result<Json<Tenant>> {
    tenancy::tenant_get(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}
