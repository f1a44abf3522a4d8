//! A tenant's jobs that failed or are dead.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use weighhouse_core::jobs;
use weighhouse_types::ids::JobId;
use weighhouse_types::jobs::{JobDiscard, JobSummary};
use weighhouse_types::page::{Page, PageQuery};

/// Jobs, such as mails, that failed and wait for another attempt, or are dead; newest first.
#[utoipa::path(tag = "jobs", params(PageQuery), responses((status = 200, body = Page<JobSummary>)))]
#[get("/tenants/{tenant}/jobs")]
pub(crate) async fn job_list(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Page<JobSummary>>> {
    jobs::job_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}

/// Try a job again now; a dead one gets all its attempts anew.
#[utoipa::path(tag = "jobs", responses((status = 204)))]
#[post("/tenants/{tenant}/jobs/{job}/retry")]
pub(crate) async fn job_retry(ctx: Caller, path: Path<(String, JobId)>) -> Result<HttpResponse> {
    jobs::job_retry(&ctx, &path.0, path.1).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Give a job up, with the reason.
#[utoipa::path(tag = "jobs", responses((status = 204)))]
#[post("/tenants/{tenant}/jobs/{job}/discard")]
pub(crate) async fn job_discard(
    ctx: Caller,
    path: Path<(String, JobId)>,
    body: Json<JobDiscard>,
) -> Result<HttpResponse> {
    jobs::job_discard(&ctx, &path.0, path.1, &body.reason).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}
