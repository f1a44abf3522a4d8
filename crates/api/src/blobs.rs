//! Files on their way in.

use crate::error::{Answer, ApiError, Result};
use crate::extract::Caller;
use crate::request::RequestId;
use actix_web::web::{Json, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, post, put};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use weighhouse_core::Error;
use weighhouse_core::blobs::{self, PartPut};
use weighhouse_types::blobs::{BlobQuery, BlobStatus, BlobsQuery};

/// Ask which of your files, and which of their parts, the server holds.
#[utoipa::path(tag = "files", responses((status = 200, body = Vec<BlobStatus>)))]
#[post("/tenants/{tenant}/blobs/query")]
pub(crate) async fn blob_query(
    ctx: Caller,
    tenant: Path<String>,
    query: Json<BlobsQuery>,
) -> Result<Json<Vec<BlobStatus>>> {
    blobs::blob_query(&ctx, &tenant, &query.files).await.or_problem(&ctx).map(Json)
}

/// Send a part of a file: 8 MiB, less for the last. Its SHA-256 stands in the
/// header `Content-Digest: sha-256=:<base64>:` (RFC 9530). Sending a part
/// again does no harm.
#[utoipa::path(tag = "files",
    params(("Content-Digest" = String, Header, description = "`sha-256=:<base64 of the part's SHA-256>:`",
        pattern = "^sha-256=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:$",
        example = "sha-256=:LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=:")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204)))]
#[put("/tenants/{tenant}/blobs/{sha256}/parts/{number}")]
pub(crate) async fn part_put(
    ctx: Caller,
    request: HttpRequest,
    path: Path<(String, String, u32)>,
    body: Payload,
) -> Result<HttpResponse> {
    let (tenant, blob, number) = path.into_inner();
    let sha256 = content_digest(&request).map_err(|e| ApiError::new(&e, RequestId::of(&request)))?;
    let put = PartPut { blob, number, sha256 };
    blobs::part_put(&ctx, &tenant, put, body).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

fn content_digest(request: &HttpRequest) -> weighhouse_core::Result<[u8; 32]> {
    let header = request.headers().get("content-digest").and_then(|value| value.to_str().ok());
    let digest = header.and_then(|text| text.strip_prefix("sha-256=:")?.strip_suffix(':'));
    let digest = digest.and_then(|text| STANDARD.decode(text).ok()?.try_into().ok());
    digest.ok_or_else(|| {
        Error::invalid(
            "Content-Digest",
            "Send the part's digest as “Content-Digest: sha-256=:<base64>:” (RFC 9530).",
        )
    })
}

/// Send many small files whole: at most 200 and 4 MiB at a time. The body is, file after file, the SHA-256 (32
/// bytes), the size (4 bytes, the highest first) and the bytes. All are kept, or none; sending them again does no
/// harm.
#[utoipa::path(tag = "files",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204)))]
#[put("/tenants/{tenant}/blobs")]
pub(crate) async fn batch_put(ctx: Caller, tenant: Path<String>, body: Payload) -> Result<HttpResponse> {
    blobs::batch_put(&ctx, &tenant, body).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Make the file of its parts. They are read back and must have the digest.
#[utoipa::path(tag = "files", responses((status = 200, body = BlobStatus)))]
#[post("/tenants/{tenant}/blobs/{sha256}/complete")]
pub(crate) async fn blob_complete(
    ctx: Caller,
    path: Path<(String, String)>,
    file: Json<BlobQuery>,
) -> Result<Json<BlobStatus>> {
    let (tenant, sha256) = path.into_inner();
    if sha256 != file.sha256 {
        let error = Error::invalid("sha256", "The digest in the body is not that of the address.");
        return Err(error).or_problem(&ctx);
    }
    blobs::blob_complete(&ctx, &tenant, &file).await.or_problem(&ctx).map(Json)
}
