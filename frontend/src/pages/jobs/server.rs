//! What the pages of this feature need of core.

use crate::forms::{Done, Form, Posted, id, post};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Result, jobs, tenancy};
use weighhouse_types::jobs::JobSummary;
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::tenancy::Tenant;

pub(crate) async fn of_tenant(
    ctx: &Ctx,
    slug: &str,
    cursor: Option<String>,
) -> Result<(Tenant, Page<JobSummary>)> {
    let page = jobs::job_list(ctx, slug, &PageQuery { cursor, limit: None }).await?;
    Ok((tenancy::tenant_get(ctx, slug).await?, page))
}

pub(crate) async fn of_all(ctx: &Ctx, cursor: Option<String>) -> Result<Page<JobSummary>> {
    jobs::operator_job_list(ctx, &PageQuery { cursor, limit: None }).await
}

/// The list that a form stands in: a client's, or the operator's.
fn form_of(tenant: &str, name: &'static str) -> Form {
    let back = match tenant {
        "" => "/operator/jobs".to_owned(),
        tenant => links::tenant_page(&links::encode(tenant), "jobs"),
    };
    Form { back, name, kept: Vec::new() }
}

#[server(prefix = "/do", endpoint = "job-retry")]
pub(crate) async fn retry(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] job: String,
) -> Posted {
    let form = form_of(&tenant, Retry::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let job = id(&job, "failed job")?;
        match tenant.as_str() {
            "" => jobs::operator_job_retry(&ctx, job).await?,
            tenant => jobs::job_retry(&ctx, tenant, job).await?,
        }
        Ok(Done::to(back).saying("The job is tried again now. It comes back to this list if it fails."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "job-discard")]
pub(crate) async fn discard(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] job: String,
    #[server(default)] reason: String,
) -> Posted {
    let form = form_of(&tenant, Discard::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let job = id(&job, "failed job")?;
        match tenant.as_str() {
            "" => jobs::operator_job_discard(&ctx, job, &reason).await?,
            tenant => jobs::job_discard(&ctx, tenant, job, &reason).await?,
        }
        Ok(Done::to(back).saying("The job is given up; the audit log says why."))
    })
    .await
}
