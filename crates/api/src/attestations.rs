//! What is attested about versions, and whose signatures are trusted.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use crate::versions::VersionPath;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, delete, get, post};
use weighhouse_core::attestations;
use weighhouse_types::attestations::{
    Attestation, AttestationAdd, AttestationQuery, Comment, Signer, SignerAdd,
};
use weighhouse_types::ids::SignerId;
use weighhouse_types::page::Page;

/// What was attested about a version, newest first.
#[utoipa::path(tag = "attestations",
    params(AttestationQuery, ("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = Page<Attestation>)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/attestations")]
pub(crate) async fn attestation_list(
    ctx: Caller,
    path: Path<VersionPath>,
    query: Query<AttestationQuery>,
) -> Result<Json<Page<Attestation>>> {
    let version = path.into_inner().reference();
    attestations::attestation_list(&ctx, &version, &query).await.or_problem(&ctx).map(Json)
}

/// Append an evaluation, a model card or a signature to a version. Evaluations
/// and signatures are evidence: a new one voids the approvals of an open
/// request. A signature is checked at once, and what does not fit is listed.
#[utoipa::path(tag = "attestations",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 201, body = Attestation)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/attestations")]
pub(crate) async fn attestation_add(
    ctx: Caller,
    path: Path<VersionPath>,
    new: Json<AttestationAdd>,
) -> Result<HttpResponse> {
    let version = path.into_inner().reference();
    let added = attestations::attestation_add(&ctx, &version, new.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(added))
}

/// Say something about a version, for everybody who sees it.
#[utoipa::path(tag = "attestations",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 201, body = Attestation)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/comments")]
pub(crate) async fn comment_add(
    ctx: Caller,
    path: Path<VersionPath>,
    comment: Json<Comment>,
) -> Result<HttpResponse> {
    let version = path.into_inner().reference();
    let added = attestations::comment_add(&ctx, &version, comment.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(added))
}

/// The keys whose signatures the tenant trusts, by name.
#[utoipa::path(tag = "attestations", responses((status = 200, body = Page<Signer>)))]
#[get("/tenants/{tenant}/signers")]
pub(crate) async fn signer_list(ctx: Caller, tenant: Path<String>) -> Result<Json<Page<Signer>>> {
    attestations::signer_list(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}

/// Trust a public key or the key of a certificate. A person's act: an API
/// token cannot.
#[utoipa::path(tag = "attestations", responses((status = 201, body = Signer)))]
#[post("/tenants/{tenant}/signers")]
pub(crate) async fn signer_add(
    ctx: Caller,
    tenant: Path<String>,
    new: Json<SignerAdd>,
) -> Result<HttpResponse> {
    let signer = attestations::signer_add(&ctx, &tenant, new.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(signer))
}

/// No longer trust a key. What was verified with it before stays as it is.
#[utoipa::path(tag = "attestations", responses((status = 204)))]
#[delete("/tenants/{tenant}/signers/{signer}")]
pub(crate) async fn signer_remove(ctx: Caller, path: Path<(String, SignerId)>) -> Result<HttpResponse> {
    attestations::signer_remove(&ctx, &path.0, path.1).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}
