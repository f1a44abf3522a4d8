//! Experiments: the groups that a project's runs are in.

mod queries;

pub use queries::ExperimentName;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::tx::TenantTx;
use crate::runs::filter::{Clause, Order};
use weighhouse_types::audit::Event;
use weighhouse_types::experiments::{EXPERIMENT_NAME_MAX, EXPERIMENT_TAG_MAX, Experiment, View};
use weighhouse_types::permission::Action;

/// The most tags that an experiment is made with.
const TAGS_MAX: usize = 100;

/// Makes an experiment; gives its number.
///
/// # Errors
/// When the name is taken, also by a deleted one, or cannot be one.
pub async fn experiment_create(
    ctx: &Ctx,
    tenant: &str,
    project: &str,
    name: &str,
    tags: &[(String, String)],
) -> Result<u32> {
    name_check(name)?;
    if tags.len() > TAGS_MAX {
        return Err(Error::invalid("tags", format!("An experiment is made with at most {TAGS_MAX} tags.")));
    }
    tags.iter().try_for_each(|(key, value)| tag_check(key, value))?;
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let (id, number) = queries::experiment_insert(&mut tx, &place, name).await.map_err(|e| taken(e, name))?;
    for (key, value) in tags {
        queries::tag_set(&mut tx, id, key, value).await?;
    }
    let project = project.to_owned();
    tx.commit(&Event::ExperimentCreated { project, experiment: number, name: name.to_owned() }).await?;
    Ok(number)
}

fn taken(error: Error, name: &str) -> Error {
    error.or_conflict("experiments_name_key", || {
        format!("There is an experiment ‘{name}’ already; a deleted one keeps its name.")
    })
}

fn name_check(name: &str) -> Result<()> {
    let length = name.chars().count();
    if length == 0 || length > EXPERIMENT_NAME_MAX || name.contains('\0') {
        let detail = format!("An experiment's name has 1 to {EXPERIMENT_NAME_MAX} characters.");
        return Err(Error::invalid("name", detail));
    }
    Ok(())
}

fn tag_check(key: &str, value: &str) -> Result<()> {
    crate::runs::key_check("key", key)?;
    if value.chars().count() > EXPERIMENT_TAG_MAX || value.contains('\0') {
        let detail =
            format!("A tag of an experiment has at most {EXPERIMENT_TAG_MAX} characters, none of them NUL.");
        return Err(Error::invalid("value", detail));
    }
    Ok(())
}

/// One experiment, deleted or not.
///
/// # Errors
/// When the project has none of this number or name.
pub async fn experiment_get(
    ctx: &Ctx,
    tenant: &str,
    project: &str,
    which: &ExperimentName,
) -> Result<Experiment> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = queries::experiment(&mut tx, &place, which).await?;
    tx.finish().await?;
    found.ok_or_else(|| Error::not_found("experiment"))
}

/// Which experiments are asked for.
#[derive(Debug, Default)]
pub struct ExperimentSearch {
    pub view: View,
    pub filter: Vec<Clause>,
    pub order: Vec<Order>,
    pub offset: u64,
    pub limit: u32,
}

/// Experiments that match, and whether there are more.
///
/// # Errors
/// When the filter names what experiments do not have.
pub async fn experiment_search(
    ctx: &Ctx,
    tenant: &str,
    project: &str,
    search: &ExperimentSearch,
) -> Result<(Vec<Experiment>, bool)> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let mut found = queries::experiments(&mut tx, &place, search).await?;
    tx.finish().await?;
    let limit: usize = fit(search.limit)?;
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((found, more))
}

/// Gives an experiment another name.
///
/// # Errors
/// When there is no such experiment that is not deleted, or the name is taken.
pub async fn experiment_rename(
    ctx: &Ctx,
    tenant: &str,
    project: &str,
    number: u32,
    name: &str,
) -> Result<()> {
    name_check(name)?;
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = locked(&mut tx, &place, number).await?;
    refuse_deleted(&found)?;
    if found.name == name {
        return tx.finish().await;
    }
    queries::experiment_rename(&mut tx, &found, name).await.map_err(|e| taken(e, name))?;
    let (project, name, before) = (project.to_owned(), name.to_owned(), found.name);
    tx.commit(&Event::ExperimentRenamed { project, experiment: number, name, before }).await
}

/// Deletes an experiment and with it all its runs, until it is restored.
///
/// # Errors
/// When there is no such experiment, or it is deleted.
pub async fn experiment_delete(ctx: &Ctx, tenant: &str, project: &str, number: u32) -> Result<()> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = locked(&mut tx, &place, number).await?;
    refuse_deleted(&found)?;
    queries::experiment_deleted_set(&mut tx, &found, true).await?;
    let (project, name) = (project.to_owned(), found.name);
    tx.commit(&Event::ExperimentDeleted { project, experiment: number, name }).await
}

/// Restores a deleted experiment with its runs.
///
/// # Errors
/// When there is no such experiment, or it is not deleted.
pub async fn experiment_restore(ctx: &Ctx, tenant: &str, project: &str, number: u32) -> Result<()> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = locked(&mut tx, &place, number).await?;
    if found.deleted_at.is_none() {
        return Err(Error::conflict(format!("The experiment ‘{}’ is not deleted.", found.name)));
    }
    queries::experiment_deleted_set(&mut tx, &found, false).await?;
    let (project, name) = (project.to_owned(), found.name);
    tx.commit(&Event::ExperimentRestored { project, experiment: number, name }).await
}

async fn locked(tx: &mut TenantTx<'_>, project: &authz::Project, number: u32) -> Result<Experiment> {
    let found = queries::experiment_locked(tx, project, number).await?;
    found.ok_or_else(|| Error::not_found("experiment"))
}

fn refuse_deleted(experiment: &Experiment) -> Result<()> {
    match experiment.deleted_at {
        Some(_) => Err(Error::conflict(format!(
            "The experiment ‘{}’ is deleted. Restore it first.",
            experiment.name
        ))),
        None => Ok(()),
    }
}

/// Sets a tag of an experiment, or removes it where there is no value.
///
/// # Errors
/// When there is no such experiment, it is deleted, or has no such tag.
pub async fn experiment_tag(
    ctx: &Ctx,
    tenant: &str,
    project: &str,
    number: u32,
    (key, value): (&str, Option<&str>),
) -> Result<()> {
    tag_check(key, value.unwrap_or_default())?;
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = locked(&mut tx, &place, number).await?;
    refuse_deleted(&found)?;
    match value {
        Some(value) => queries::tag_set(&mut tx, found.id, key, value).await?,
        None if queries::tag_delete(&mut tx, found.id, key).await? => {}
        None => return Err(Error::not_found("tag")),
    }
    tx.commit_tracking().await
}
