//! Annotations: what people say of models and versions, outside any digest,
//! with its own history. All changes of one model wait for its row.

mod queries;
mod rules;

pub(crate) use queries::annotations_of as annotations_in_tx;
pub(crate) use rules::description_check;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::TenantTx;
use weighhouse_types::annotations::{
    Alias, AliasSet, Annotate, AnnotationChange, AnnotationQuery, Annotations, Change, ChangeOf,
};
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::page::Page;
use weighhouse_types::permission::Action;
use weighhouse_types::reference::{ALIASES_DERIVED, ModelRef, VersionRef, alias_check};
use weighhouse_types::versions::Stage;

/// Says something of a version. What says nothing new changes nothing.
///
/// # Errors
/// When it is not what the caller saw any more, or a text is too long.
pub async fn version_annotate(ctx: &Ctx, reference: &VersionRef, edit: Annotate) -> Result<Annotations> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::Annotate).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    queries::model_lock(&mut tx, &version.model).await?;
    let before = queries::annotations_of(&mut tx, &version).await?;
    let (after, changes) = rules::edited(&before, edit)?;
    if changes.is_empty() {
        tx.finish().await?;
        return Ok(before);
    }
    queries::version_set(&mut tx, &version, &after).await?;
    queries::changes_insert(&mut tx, &version.model, Some(&version), &changes).await?;
    tx.commit(&Event::VersionAnnotated { version: reference.to_string(), changes }).await?;
    Ok(after)
}

/// Says something of a model. What says nothing new changes nothing.
///
/// # Errors
/// As [`version_annotate`].
pub async fn model_annotate(ctx: &Ctx, reference: &ModelRef, edit: Annotate) -> Result<Annotations> {
    let tenant = authz::tenant(ctx, &reference.tenant, Action::Annotate).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let model = authz::model(&mut tx, reference).await?;
    queries::model_lock(&mut tx, &model).await?;
    let before = queries::annotations_of_model(&mut tx, &model).await?;
    let (after, changes) = rules::edited(&before, edit)?;
    if changes.is_empty() {
        tx.finish().await?;
        return Ok(before);
    }
    queries::model_set(&mut tx, &model, &after).await?;
    queries::changes_insert(&mut tx, &model, None, &changes).await?;
    tx.commit(&Event::ModelAnnotated { model: reference.to_string(), changes }).await?;
    Ok(after)
}

/// Gives an alias to a version, taking it from the one that has it, in one step.
///
/// # Errors
/// When it is not where the caller believes it, or cannot be an alias.
pub async fn alias_set(ctx: &Ctx, model: &ModelRef, name: &str, set: AliasSet) -> Result<Alias> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::Annotate).await?;
    rules::alias_free(name)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let reference = VersionRef { model: model.clone(), number: set.version };
    let version = authz::version(&mut tx, &reference).await?;
    queries::model_lock(&mut tx, &version.model).await?;
    let before = queries::aliased(&mut tx, &version.model, name).await?;
    rules::alias_where(name, set.from, before.as_ref().map(|alias| alias.version.number))?;
    queries::alias_set(&mut tx, &version, name).await?;
    let alias = queries::aliased(&mut tx, &version.model, name).await?;
    let alias = alias.ok_or_else(|| Error::internal("the alias was just set"))?;
    if before.as_ref() == Some(&alias) {
        tx.finish().await?;
        return Ok(alias);
    }
    let numbers = (before.map(|alias| alias.version.number), Some(set.version));
    record(tx, &version.model, moved(name, numbers)).await?;
    Ok(alias)
}

/// Takes an alias away.
///
/// # Errors
/// When the model has none of this name.
pub async fn alias_remove(ctx: &Ctx, reference: &ModelRef, name: &str) -> Result<()> {
    let tenant = authz::tenant(ctx, &reference.tenant, Action::Annotate).await?;
    alias_check(name).map_err(|e| Error::invalid("alias", e))?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let model = authz::model(&mut tx, reference).await?;
    queries::model_lock(&mut tx, &model).await?;
    let Some(before) = queries::aliased(&mut tx, &model, name).await? else {
        return Err(no_alias(reference, name));
    };
    queries::alias_remove(&mut tx, &model, name).await?;
    record(tx, &model, moved(name, (Some(before.version.number), None))).await
}

fn moved(name: &str, (before, after): (Option<u32>, Option<u32>)) -> Change {
    let text = |number: Option<u32>| number.map(|number| number.to_string());
    Change { what: ChangeOf::Alias, key: name.to_owned(), before: text(before), after: text(after) }
}

async fn record(mut tx: TenantTx<'_>, model: &authz::Model, change: Change) -> Result<()> {
    let changes = vec![change];
    queries::changes_insert(&mut tx, model, None, &changes).await?;
    tx.commit(&Event::ModelAnnotated { model: model.reference.to_string(), changes }).await
}

/// The version that an alias stands for; `latest`, `staging` and `production`
/// follow from the versions.
///
/// # Errors
/// When none has it, or several versions are in staging.
pub async fn alias_get(ctx: &Ctx, reference: &ModelRef, name: &str) -> Result<Alias> {
    let tenant = authz::tenant(ctx, &reference.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let model = authz::model(&mut tx, reference).await?;
    let mut found = match name {
        "latest" => queries::latest(&mut tx, &model).await?,
        "staging" => queries::in_stage(&mut tx, &model, Stage::Staging).await?,
        "production" => queries::in_stage(&mut tx, &model, Stage::Production).await?,
        name => queries::aliased(&mut tx, &model, name).await?.into_iter().collect(),
    };
    tx.finish().await?;
    let alias = found.pop().ok_or_else(|| no_alias(reference, name))?;
    if found.is_empty() {
        return Ok(alias);
    }
    let others: Vec<_> = found.iter().map(|other| other.version.number.to_string()).collect();
    let several = format!("{}, {}", others.join(", "), alias.version.number);
    Err(Error::conflict(format!("Versions {several} of {reference} are in {name}. Name one by its number.")))
}

fn no_alias(model: &ModelRef, name: &str) -> Error {
    let detail = if ALIASES_DERIVED.contains(&name) {
        format!("{model} has no version that is ‘{name}’.")
    } else {
        format!("{model} has no alias ‘{name}’. Its page and `wh model show` list those that it has.")
    };
    Error::refused(Code::NotFound, detail)
}

/// What was said of a model and its versions, newest first.
///
/// # Errors
/// When the model is not visible.
pub async fn annotation_list(
    ctx: &Ctx,
    reference: &ModelRef,
    query: &AnnotationQuery,
) -> Result<Page<AnnotationChange>> {
    let tenant = authz::tenant(ctx, &reference.tenant, Action::TenantRead).await?;
    if query.version.is_some_and(|number| i32::try_from(number).is_err()) {
        return Err(Error::invalid("version", "No version has such a number."));
    }
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let model = authz::model(&mut tx, reference).await?;
    let before = page::after(&query.page())?;
    let limit = page::fetch(&query.page());
    let changes = queries::changes(&mut tx, &model, query.version, before, limit).await?;
    tx.finish().await?;
    let page = page::cut(&query.page(), changes, |(id, _)| *id)?;
    Ok(Page { items: page.items.into_iter().map(|(_, change)| change).collect(), next: page.next })
}
