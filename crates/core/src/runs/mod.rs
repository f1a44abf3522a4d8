//! Runs: executions of training code, and what they log.
//!
//! The workspace, not the record: what runs log is not audited singly;
//! deleting and restoring them is.

pub mod filter;
mod history;
mod keys;
mod names;
mod points;
mod queries;
mod search;
mod writer;

pub use history::{metric_history, metric_history_many};
pub use search::{RunSearch, run_search};

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::experiments::{
    BATCH_MAX, BATCH_METRICS_MAX, BATCH_VALUES_MAX, Batch, KEY_MAX, PARAM_MAX, Run, RunCreate, RunInfo,
    RunUpdate, TAG_MAX,
};
use weighhouse_types::ids::RunId;
use weighhouse_types::permission::Action;
use writer::{What, Write};

/// The tag that holds a run's name, and is it.
pub const NAME_TAG: &str = "mlflow.runName";

/// Starts a run.
///
/// # Errors
/// When there is no such experiment, it is deleted, or a tag cannot be one.
pub async fn run_create(ctx: &Ctx, tenant: &str, project: &str, mut run: RunCreate) -> Result<Run> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    if run.tags.len() > BATCH_MAX {
        return Err(Error::invalid("tags", format!("A run is created with at most {BATCH_MAX} tags.")));
    }
    values_check("tags", &mut run.tags, TAG_MAX)?;
    text_check("user_id", &run.user)?;
    name_settle(&mut run)?;
    let what = What::Create { id: RunId(Uuid::now_v7()), by: ctx.user()?.id.into(), run };
    let tags = match &what {
        What::Create { run, .. } => run.tags.iter().cloned().collect(),
        What::Log { .. } => Default::default(),
    };
    let info = writer::write(ctx, &tenant, Write { project: place.id, what }).await?;
    let info = info.ok_or_else(|| Error::internal("a new run was not written"))?;
    Ok(Run { info, params: Default::default(), tags, metrics: Default::default() })
}

/// A run has one name, in its own place and in its tag; where neither says
/// one, it is made up.
fn name_settle(run: &mut RunCreate) -> Result<()> {
    let tagged = run.tags.iter().rev().find(|(key, _)| key == NAME_TAG).map(|(_, name)| name.clone());
    match (run.name.is_empty(), tagged) {
        (true, Some(name)) => run.name = name,
        (false, Some(name)) if name != run.name => {
            let detail = format!(
                "The run is called ‘{}’ and its tag {NAME_TAG} says ‘{name}’. Say one of them, or the same.",
                run.name
            );
            return Err(Error::invalid("run_name", detail));
        }
        (false, Some(_)) => {}
        (empty, None) => {
            if empty {
                run.name = names::made_up();
            }
            run.tags.push((NAME_TAG.to_owned(), run.name.clone()));
        }
    }
    text_check("run_name", &run.name)
}

/// Logs parameters, tags and metric points of a run: all of them, or nothing.
///
/// # Errors
/// When there is no such run, it is deleted, a limit is passed, or a
/// parameter has another value already.
pub async fn run_log(ctx: &Ctx, tenant: &str, project: &str, run: RunId, mut batch: Batch) -> Result<()> {
    batch_check(&mut batch)?;
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let what = What::Log { run, batch };
    writer::write(ctx, &tenant, Write { project: place.id, what }).await.map(drop)
}

fn batch_check(batch: &mut Batch) -> Result<()> {
    let (metrics, params, tags) = (batch.metrics.len(), batch.params.len(), batch.tags.len());
    let over = |what: &str, count: usize, max: usize| {
        let detail = format!("A batch has at most {max} {what}; this one has {count}. Send several.");
        Err(Error::invalid(what, detail))
    };
    if metrics > BATCH_METRICS_MAX {
        return over("metrics", metrics, BATCH_METRICS_MAX);
    }
    if params > BATCH_VALUES_MAX {
        return over("params", params, BATCH_VALUES_MAX);
    }
    if tags > BATCH_VALUES_MAX {
        return over("tags", tags, BATCH_VALUES_MAX);
    }
    if metrics + params + tags > BATCH_MAX {
        return over("entries", metrics + params + tags, BATCH_MAX);
    }
    for (key, point) in &mut batch.metrics {
        key_check("metrics", key)?;
        if point.at < 0 {
            let detail = format!("The time of ‘{key}’ is before 1970: it is milliseconds since then.");
            return Err(Error::invalid("timestamp", detail));
        }
        // JSON carries no infinity; NaN has many forms and is stored as one.
        point.value = if point.value.is_nan() { f64::NAN } else { point.value.clamp(f64::MIN, f64::MAX) };
    }
    values_check("params", &mut batch.params, PARAM_MAX)?;
    values_check("tags", &mut batch.tags, TAG_MAX)
}

/// Checks keys and cuts values that are too long, as MLflow does.
fn values_check(what: &str, values: &mut [(String, String)], max: usize) -> Result<()> {
    for (key, value) in values {
        key_check(what, key)?;
        text_check(what, value)?;
        if let Some((end, _)) = value.char_indices().nth(max) {
            value.truncate(end);
        }
    }
    Ok(())
}

fn text_check(what: &str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::invalid(what, "A text holds the character NUL, which cannot be stored."));
    }
    Ok(())
}

/// Checks the key of a parameter, tag or metric. Keys are paths elsewhere, so
/// that none leads out of its folder.
pub(crate) fn key_check(what: &str, key: &str) -> Result<()> {
    let wrong = |detail: String| Err(Error::invalid(what, detail));
    if key.is_empty() {
        return wrong("A key must not be empty.".into());
    }
    if key.chars().count() > KEY_MAX {
        return wrong(format!("A key has at most {KEY_MAX} characters; ‘{}…’ has more.", short(key)));
    }
    let bad = |c: char| !(c.is_alphanumeric() || "_-./: ".contains(c));
    if let Some(c) = key.chars().find(|c| bad(*c) || c.is_control()) {
        return wrong(format!(
            "The key ‘{}’ holds ‘{}’: letters, digits and _ - . / : and spaces are allowed.",
            short(key),
            c.escape_default()
        ));
    }
    if key.starts_with('/') || key.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return wrong(format!("The key ‘{}’ is no clean path: no part may be empty, . or ..", short(key)));
    }
    Ok(())
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A run with what it logged, deleted or not.
///
/// # Errors
/// When the project has none of this id.
pub async fn run_get(ctx: &Ctx, tenant: &str, project: &str, run: RunId) -> Result<Run> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let info = queries::run(&mut tx, &place, run).await?;
    let info = info.ok_or_else(|| Error::not_found("run"))?;
    let run = queries::with_data(&mut tx, vec![info]).await?.pop();
    tx.finish().await?;
    run.ok_or_else(|| Error::internal("a run went away while it was read"))
}

/// Changes how a run stands, or its name.
///
/// # Errors
/// When there is no such run, or it is deleted.
pub async fn run_update(
    ctx: &Ctx,
    tenant: &str,
    project: &str,
    run: RunId,
    update: &RunUpdate,
) -> Result<RunInfo> {
    if let Some(name) = &update.name {
        text_check("run_name", name)?;
    }
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = locked(&mut tx, &place, run).await?;
    refuse_deleted(&found)?;
    queries::run_update(&mut tx, run, update).await?;
    if let Some(name) = &update.name {
        let ids = keys::intern(&mut tx, &[NAME_TAG].into()).await?;
        let id = ids.get(NAME_TAG).ok_or_else(|| Error::internal("a key has no id"))?;
        queries::tag_set(&mut tx, run, *id, name).await?;
    }
    let info = locked(&mut tx, &place, run).await?;
    tx.commit_tracking().await?;
    Ok(info)
}

async fn locked(tx: &mut TenantTx<'_>, project: &authz::Project, run: RunId) -> Result<RunInfo> {
    queries::run_locked(tx, project, run).await?.ok_or_else(|| Error::not_found("run"))
}

fn refuse_deleted(run: &RunInfo) -> Result<()> {
    if run.deleted {
        return Err(Error::conflict("The run is deleted. Restore it first."));
    }
    Ok(())
}

/// Removes a tag of a run.
///
/// # Errors
/// When there is no such run, it is deleted, or has no such tag.
pub async fn run_tag_delete(ctx: &Ctx, tenant: &str, project: &str, run: RunId, key: &str) -> Result<()> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    refuse_deleted(&locked(&mut tx, &place, run).await?)?;
    let ids = keys::find(&mut tx, &[key].into()).await?;
    let removed = match ids.get(key) {
        Some(id) => queries::tag_delete(&mut tx, run, *id).await?,
        None => false,
    };
    if !removed {
        return Err(Error::not_found("tag"));
    }
    tx.commit_tracking().await
}

/// Deletes a run until it is restored.
///
/// # Errors
/// When there is no such run, or it is deleted.
pub async fn run_delete(ctx: &Ctx, tenant: &str, project: &str, run: RunId) -> Result<()> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = locked(&mut tx, &place, run).await?;
    refuse_deleted(&found)?;
    queries::deleted_set(&mut tx, run, true).await?;
    let (project, run) = (project.to_owned(), run.0.simple().to_string());
    tx.commit(&Event::RunDeleted { project, run, name: found.name }).await
}

/// Restores a deleted run.
///
/// # Errors
/// When there is no such run, or it is not deleted itself.
pub async fn run_restore(ctx: &Ctx, tenant: &str, project: &str, run: RunId) -> Result<()> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunLog).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = locked(&mut tx, &place, run).await?;
    if !queries::deleted_set(&mut tx, run, false).await? {
        return Err(Error::conflict("The run is not deleted."));
    }
    let (project, run) = (project.to_owned(), run.0.simple().to_string());
    tx.commit(&Event::RunRestored { project, run, name: found.name }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_clean_paths() {
        for key in ["a/b", "a b", "a.b-c_d", "système", "x:y", &"k".repeat(250)] {
            key_check("key", key).unwrap();
        }
        for key in ["", "../x", "a/../b", "/a", "a//b", "a/", "a\nb", "a;b", &"k".repeat(251)] {
            assert!(key_check("key", key).is_err(), "{key}");
        }
    }

    #[test]
    fn values_are_cut_and_numbers_are_those_of_json() {
        let point = |value| weighhouse_types::experiments::Point { step: 0, at: 0, value };
        let mut batch = Batch {
            metrics: vec![("a".into(), point(f64::INFINITY)), ("b".into(), point(f64::NAN))],
            params: vec![("p".into(), "ä".repeat(7000))],
            tags: Vec::new(),
        };
        batch_check(&mut batch).unwrap();
        assert_eq!(batch.params[0].1.chars().count(), PARAM_MAX);
        assert_eq!(batch.metrics[0].1.value, f64::MAX);
        assert!(batch.metrics[1].1.value.is_nan());
    }
}
