//! Models: what versions are versions of.

mod queries;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::TenantTx;
use weighhouse_types::audit::Event;
use weighhouse_types::context::Kind;
use weighhouse_types::models::{DESCRIPTION_MAX, Model, ModelCreate};
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::permission::Action;
use weighhouse_types::reference::{ModelRef, model_name_check};

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
    if description.chars().count() > DESCRIPTION_MAX {
        let detail = format!("A description has at most {DESCRIPTION_MAX} characters.");
        return Err(Error::invalid("description", detail));
    }
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

/// The models of a project by name.
///
/// # Errors
/// When the tenant or project is not visible.
pub async fn model_list(ctx: &Ctx, tenant: &str, project: &str, query: &PageQuery) -> Result<Page<Model>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let project = authz::project(&mut tx, project).await?;
    let after: Option<String> = page::after(query)?;
    let filter = queries::Filter { after: after.as_deref(), name: None, limit: page::fetch(query) };
    let models = queries::models(&mut tx, &project, &filter).await?;
    tx.finish().await?;
    page::cut(query, models, |model| model.name.clone())
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
    let filter = queries::Filter { after: None, name: Some(&reference.model), limit: 1 };
    let found = queries::models(tx, project, &filter).await?;
    found.into_iter().next().ok_or_else(|| Error::not_found("model"))
}
