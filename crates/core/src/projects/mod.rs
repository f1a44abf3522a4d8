//! Projects: the folders of a tenant's models.

mod queries;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use weighhouse_types::audit::Event;
use weighhouse_types::permission::Action;
use weighhouse_types::projects::{Project, ProjectCreate};
use weighhouse_types::reference::slug_check;

/// Makes a project.
///
/// # Errors
/// When the tenant has one of this slug, or the slug is malformed.
pub async fn project_create(ctx: &Ctx, tenant: &str, new: ProjectCreate) -> Result<Project> {
    let tenant = authz::tenant(ctx, tenant, Action::ProjectCreate).await?;
    slug_check(&new.slug).map_err(|e| Error::invalid("slug", e))?;
    let name = new.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name: String = name.unwrap_or(&new.slug).chars().take(200).collect();
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let project = queries::project_insert(&mut tx, &new.slug, &name).await?;
    tx.commit(&Event::ProjectCreated { project: new.slug, name }).await?;
    Ok(project)
}

/// A tenant's projects by slug, at most 500.
///
/// # Errors
/// When the tenant is not visible.
pub async fn project_list(ctx: &Ctx, tenant: &str) -> Result<Vec<Project>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let projects = queries::projects(&mut tx, &tenant, None).await?;
    tx.finish().await?;
    Ok(projects)
}

/// One project.
///
/// # Errors
/// When the tenant has none of this slug.
pub async fn project_get(ctx: &Ctx, tenant: &str, project: &str) -> Result<Project> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = queries::projects(&mut tx, &tenant, Some(project)).await?;
    tx.finish().await?;
    found.into_iter().next().ok_or_else(|| authz::no_project(project))
}
