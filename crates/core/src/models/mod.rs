//! Models: what versions are versions of.

mod csv;
mod queries;

use crate::annotations;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::TenantTx;
use std::collections::HashMap;
use weighhouse_types::audit::Event;
use weighhouse_types::context::Kind;
use weighhouse_types::models::{Model, ModelCreate, ModelQuery};
use weighhouse_types::page::{MAX_LIMIT, Page};
use weighhouse_types::permission::Action;
use weighhouse_types::projects::Project;
use weighhouse_types::reference::{ModelRef, model_name_check};

/// The most pages of a list in one table: 10,000 models.
const CSV_PAGES_MAX: u32 = 50;

/// Makes a model.
///
/// # Errors
/// When the project has one of this name, or the name cannot be a model's.
pub async fn model_create(ctx: &Ctx, tenant: &str, project: &str, new: ModelCreate) -> Result<Model> {
    let tenant = authz::tenant(ctx, tenant, Action::ModelCreate).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let project_handle = authz::project(&mut tx, project).await?;
    let (name, description, kind) = (new.name, new.description, new.kind);
    model_name_check(&name).map_err(|e| Error::invalid("name", e))?;
    annotations::description_check(&description)?;
    queries::model_insert(&mut tx, &project_handle, &name, &description, kind).await.map_err(|e| {
        e.or_conflict("models_name_key", || format!("There is a model ‘{name}’ in {project} already."))
    })?;
    let reference = ModelRef { tenant: tenant.slug().into(), project: project.into(), model: name };
    let model = read(&mut tx, &project_handle, &reference).await?;
    tx.commit(&Event::ModelCreated { model: reference.to_string() }).await?;
    Ok(model)
}

/// Makes the model of a version that is about to be registered, unless the
/// project has it; says whether it was made.
pub(crate) async fn model_ensure_in_tx(
    tx: &mut TenantTx<'_>,
    reference: &ModelRef,
    kind: Kind,
) -> Result<bool> {
    model_name_check(&reference.model).map_err(|e| Error::invalid("model", e))?;
    let project = authz::project(tx, &reference.project).await?;
    queries::model_insert_if_missing(tx, &project, &reference.model, kind).await
}

/// The models of a tenant or project, filtered and sorted.
///
/// # Errors
/// When the tenant or project is not visible, or the cursor is of another sort.
pub async fn model_list(ctx: &Ctx, tenant: &str, query: &ModelQuery) -> Result<Page<Model>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let project = match &query.project {
        Some(project) => Some(authz::project(&mut tx, project).await?),
        None => None,
    };
    let page = query.page();
    let after = page::after(&page)?;
    let models = queries::listed(&mut tx, &tenant, project.as_ref(), query, after).await?;
    tx.finish().await?;
    page::cut(&page, models, |model| queries::key_of(query.sort.unwrap_or_default(), model))
}

/// The first models by name of each of the projects, at most so many of each.
///
/// # Errors
/// When the tenant is not visible.
pub async fn model_list_first(
    ctx: &Ctx,
    tenant: &str,
    projects: &[Project],
    each: u32,
) -> Result<Vec<Vec<Model>>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let ids: Vec<_> = projects.iter().map(|project| project.id.0).collect();
    let models = queries::first(&mut tx, &ids, each).await?;
    tx.finish().await?;
    let mut of: HashMap<String, Vec<Model>> = HashMap::new();
    for model in models {
        of.entry(model.project.clone()).or_default().push(model);
    }
    Ok(projects.iter().map(|project| of.remove(&project.slug).unwrap_or_default()).collect())
}

/// The list of a tenant or project as a table for a spreadsheet, all of its pages.
///
/// # Errors
/// As [`model_list`].
pub async fn model_csv(ctx: &Ctx, tenant: &str, query: ModelQuery) -> Result<String> {
    // It has all pages; a limit that no page can have is wrong here as well.
    page::after::<serde_json::Value>(&query.page())?;
    let mut query = ModelQuery { cursor: None, limit: Some(MAX_LIMIT), ..query };
    let mut table = csv::head();
    for _ in 0..CSV_PAGES_MAX {
        let page = model_list(ctx, tenant, &query).await?;
        page.items.iter().for_each(|model| csv::row(&mut table, tenant, model));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    Ok(table)
}

/// One model.
///
/// # Errors
/// When there is none of this name for the caller.
pub async fn model_get(ctx: &Ctx, reference: &ModelRef) -> Result<Model> {
    let tenant = authz::tenant(ctx, &reference.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let project = authz::project(&mut tx, &reference.project).await?;
    let model = read(&mut tx, &project, reference).await?;
    tx.finish().await?;
    Ok(model)
}

async fn read(tx: &mut TenantTx<'_>, project: &authz::Project, reference: &ModelRef) -> Result<Model> {
    let found = queries::named(tx, project, &reference.model).await?;
    found.ok_or_else(|| Error::not_found("model"))
}
