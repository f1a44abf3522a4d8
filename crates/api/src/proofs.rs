//! Checkpoints, proofs and leaves of audit logs: a tenant's, and an agency's own.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::http::header::ContentType;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, get};
use weighhouse_core::Ctx;
use weighhouse_core::audit::{self, LogName};
use weighhouse_types::audit::{
    AuditConsistency, AuditInclusion, AuditLeaves, AuditSigned, ConsistencyQuery, InclusionQuery, LeavesQuery,
};

fn of_tenant(slug: Path<String>) -> LogName {
    LogName::Tenant(slug.into_inner())
}

fn of_agency(slug: Path<String>) -> LogName {
    LogName::Agency(slug.into_inner())
}

async fn checkpoint(ctx: &Ctx, log: &LogName) -> Result<HttpResponse> {
    let note = audit::audit_checkpoint(ctx, log).await.or_problem(ctx)?;
    Ok(HttpResponse::Ok().content_type(ContentType::plaintext()).body(note))
}

/// What is signed of the tenant's log. The newest checkpoint, the public key
/// that signed it, and whether the signer has refused to go on.
#[utoipa::path(tag = "audit", responses((status = 200, body = AuditSigned)))]
#[get("/tenants/{tenant}/audit/signed")]
pub(crate) async fn audit_signed(ctx: Caller, tenant: Path<String>) -> Result<Json<AuditSigned>> {
    audit::audit_signed(&ctx, &of_tenant(tenant)).await.or_problem(&ctx).map(Json)
}

/// The newest checkpoint of the tenant's log: a C2SP signed note (tlog-checkpoint).
#[utoipa::path(tag = "audit", responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/tenants/{tenant}/audit/checkpoint")]
pub(crate) async fn audit_checkpoint(ctx: Caller, tenant: Path<String>) -> Result<HttpResponse> {
    checkpoint(&ctx, &of_tenant(tenant)).await
}

/// Proof that a leaf is in the tenant's log (RFC 6962, verified as RFC 9162 says).
#[utoipa::path(tag = "audit", params(InclusionQuery), responses((status = 200, body = AuditInclusion)))]
#[get("/tenants/{tenant}/audit/inclusion")]
pub(crate) async fn audit_inclusion(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<InclusionQuery>,
) -> Result<Json<AuditInclusion>> {
    audit::audit_inclusion(&ctx, &of_tenant(tenant), &query).await.or_problem(&ctx).map(Json)
}

/// Proof that the tenant's log only grew from one size to another.
#[utoipa::path(tag = "audit", params(ConsistencyQuery), responses((status = 200, body = AuditConsistency)))]
#[get("/tenants/{tenant}/audit/consistency")]
pub(crate) async fn audit_consistency(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<ConsistencyQuery>,
) -> Result<Json<AuditConsistency>> {
    audit::audit_consistency(&ctx, &of_tenant(tenant), &query).await.or_problem(&ctx).map(Json)
}

/// The leaves of the tenant's log in order, as they are hashed. They come with
/// their payloads, and are what `wh audit export` writes.
#[utoipa::path(tag = "audit", params(LeavesQuery), responses((status = 200, body = AuditLeaves)))]
#[get("/tenants/{tenant}/audit/leaves")]
pub(crate) async fn audit_leaves(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<LeavesQuery>,
) -> Result<Json<AuditLeaves>> {
    audit::audit_leaves(&ctx, &of_tenant(tenant), &query).await.or_problem(&ctx).map(Json)
}

/// A tile of the tenant's log (C2SP tlog-tiles): up to 256 hashes of 32 bytes.
#[utoipa::path(tag = "audit",
    params(("path" = String, Path, description = "`<level>/<index>[.p/<width>]`, such as `0/000` or `0/x001/234.p/12`")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
#[get("/tenants/{tenant}/audit/tile/{path:.*}")]
pub(crate) async fn audit_tile(ctx: Caller, path: Path<(String, String)>) -> Result<HttpResponse> {
    let (tenant, path) = path.into_inner();
    let tile = audit::audit_tile(&ctx, &LogName::Tenant(tenant), &path).await.or_problem(&ctx)?;
    Ok(HttpResponse::Ok().content_type(ContentType::octet_stream()).body(tile))
}

/// What is signed of the agency's own log.
#[utoipa::path(tag = "audit", responses((status = 200, body = AuditSigned)))]
#[get("/agencies/{agency}/audit/signed")]
pub(crate) async fn agency_audit_signed(ctx: Caller, agency: Path<String>) -> Result<Json<AuditSigned>> {
    audit::audit_signed(&ctx, &of_agency(agency)).await.or_problem(&ctx).map(Json)
}

/// The newest checkpoint of the agency's own log: a C2SP signed note.
#[utoipa::path(tag = "audit", responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/agencies/{agency}/audit/checkpoint")]
pub(crate) async fn agency_audit_checkpoint(ctx: Caller, agency: Path<String>) -> Result<HttpResponse> {
    checkpoint(&ctx, &of_agency(agency)).await
}

/// Proof that a leaf is in the agency's own log.
#[utoipa::path(tag = "audit", params(InclusionQuery), responses((status = 200, body = AuditInclusion)))]
#[get("/agencies/{agency}/audit/inclusion")]
pub(crate) async fn agency_audit_inclusion(
    ctx: Caller,
    agency: Path<String>,
    query: Query<InclusionQuery>,
) -> Result<Json<AuditInclusion>> {
    audit::audit_inclusion(&ctx, &of_agency(agency), &query).await.or_problem(&ctx).map(Json)
}

/// Proof that the agency's own log only grew from one size to another.
#[utoipa::path(tag = "audit", params(ConsistencyQuery), responses((status = 200, body = AuditConsistency)))]
#[get("/agencies/{agency}/audit/consistency")]
pub(crate) async fn agency_audit_consistency(
    ctx: Caller,
    agency: Path<String>,
    query: Query<ConsistencyQuery>,
) -> Result<Json<AuditConsistency>> {
    audit::audit_consistency(&ctx, &of_agency(agency), &query).await.or_problem(&ctx).map(Json)
}

/// The leaves of the agency's own log in order, as they are hashed.
#[utoipa::path(tag = "audit", params(LeavesQuery), responses((status = 200, body = AuditLeaves)))]
#[get("/agencies/{agency}/audit/leaves")]
pub(crate) async fn agency_audit_leaves(
    ctx: Caller,
    agency: Path<String>,
    query: Query<LeavesQuery>,
) -> Result<Json<AuditLeaves>> {
    audit::audit_leaves(&ctx, &of_agency(agency), &query).await.or_problem(&ctx).map(Json)
}
