//! What the pages of this feature need of core.

use crate::forms::{Done, Form, Posted, post};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Result, models, projects, tenancy};
use weighhouse_types::models::{Model, ModelQuery};
use weighhouse_types::page::Page;
use weighhouse_types::projects::{Project, ProjectCreate};
use weighhouse_types::tenancy::Tenant;

/// What a project's page shows.
pub(crate) struct ProjectShown {
    pub(crate) tenant: Tenant,
    pub(crate) project: Project,
    pub(crate) models: Page<Model>,
    /// Where this installation is reached.
    pub(crate) url: String,
}

pub(crate) async fn project(
    ctx: &Ctx,
    tenant: &str,
    query: &ModelQuery,
    project: &str,
) -> Result<ProjectShown> {
    Ok(ProjectShown {
        project: projects::project_get(ctx, tenant, project).await?,
        models: models::model_list(ctx, tenant, query).await?,
        tenant: tenancy::tenant_get(ctx, tenant).await?,
        url: ctx.app().config.link(""),
    })
}

#[server(prefix = "/do", endpoint = "project-create")]
pub(crate) async fn new_project(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] name: String,
    #[server(default)] slug: String,
) -> Posted {
    let kept = vec![("name", name.clone()), ("slug", slug.clone())];
    let form = Form { back: links::tenant(&links::encode(&tenant)), name: NewProject::PATH, kept };
    post(form, &csrf, async move |ctx| {
        let new = ProjectCreate { slug, name: Some(name).filter(|name| !name.trim().is_empty()) };
        let project = projects::project_create(&ctx, &tenant, new).await?;
        let made = format!("The project {} is made.", project.name);
        Ok(Done::to(links::project(&tenant, &project.slug)).saying(made))
    })
    .await
}
