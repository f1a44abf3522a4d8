//! What is and was in production, and the way back.

use super::queries::Which;
use super::{evidence, queries, rules};
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use crate::notifications;
use crate::versions::{self, Moved};
use chrono::{DateTime, Utc};
use weighhouse_types::audit::Event;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::permission::Action;
use weighhouse_types::promotions::PromotionState;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{
    AsOf, PeriodCause, ProductionAnswer, ProductionPeriod, Rollback, RolledBack, Stage,
};

/// What was in production at a moment: who asked, who approved, since when,
/// and what a rollback now would restore.
///
/// # Errors
/// When the model is not visible.
pub async fn production_at(ctx: &Ctx, model: &ModelRef, as_of: &AsOf) -> Result<ProductionAnswer> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    // What is in production now is what was put there last, even where the
    // clock was set back since: then it began “later”.
    let which = as_of.at.map_or(Which::Now, Which::At);
    let production = queries::periods(&mut tx, &handle, which).await?.into_iter().next();
    let began = production.as_ref().map(|production| production.from);
    let at = as_of.at.unwrap_or_else(|| began.map_or_else(Utc::now, |began| began.max(Utc::now())));
    let rollback_target = super::rollback_target_in_tx(&mut tx, &handle).await?;
    tx.finish().await?;
    Ok(ProductionAnswer { at, production, rollback_target })
}

/// Every span of time in which a version was in production, newest first.
///
/// # Errors
/// When the model is not visible.
pub async fn production_history(ctx: &Ctx, model: &ModelRef) -> Result<Vec<ProductionPeriod>> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    let periods = queries::periods(&mut tx, &handle, Which::All).await?;
    tx.finish().await?;
    Ok(periods)
}

/// Puts the latest earlier good version back into production, at once and
/// without a new approval, and tells the approvers.
///
/// # Errors
/// When nothing is in production, nothing earlier is good, or production is
/// not what the caller believes.
pub async fn production_rollback(ctx: &Ctx, model: &ModelRef, rollback: Rollback) -> Result<RolledBack> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::ProductionRollback).await?;
    let reason = versions::reason_required(&rollback.reason)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    versions::model_lock_in_tx(&mut tx, &handle).await?;
    let past = queries::past(&mut tx, &handle).await?;
    let current = queries::current(&mut tx, &handle).await?.ok_or_else(|| {
        Error::conflict(format!("No version of {model} is in production; there is nothing to roll back."))
    })?;
    if rollback.from.is_some_and(|from| from != current.number) {
        return Err(Error::conflict(format!(
            "{model}@{} is in production by now, not @{}. Look again before you roll back.",
            current.number,
            rollback.from.unwrap_or_default()
        )));
    }
    let target = rules::rollback_target(&past).ok_or_else(|| {
        Error::conflict(format!(
            "There is no earlier production version of {model} to go back to that was not itself rolled back from."
        ))
    })?;
    let version_ref = |number| VersionRef { model: model.clone(), number };
    let (from, to) = (version_ref(current.number), version_ref(target));
    let (at, withdrawn) = swap(&mut tx, &from, &to, &reason).await?;
    let evidence = evidence::refresh(&mut tx, &handle).await?;
    let digest = queries::digest_hex(&mut tx, &handle, target).await?;
    let done = RolledBack { from, to, digest, at };
    notifications::rolled_back(&mut tx, &tenant, &done, &reason).await?;
    let event = Event::ProductionRolledBack {
        from: done.from.to_string(),
        to: done.to.to_string(),
        digest: done.digest.clone(),
        reason,
        withdrawn: withdrawn.map(|id| id.to_string()),
        evidence,
    };
    tx.commit(&event).await?;
    Ok(done)
}

/// Archives one version and puts the other into production; gives the moment,
/// and the request that this answered.
async fn swap(
    tx: &mut TenantTx<'_>,
    from: &VersionRef,
    to: &VersionRef,
    reason: &str,
) -> Result<(DateTime<Utc>, Option<PromotionId>)> {
    let (left, restored) = (authz::version(tx, from).await?, authz::version(tx, to).await?);
    let ended = queries::period_end(tx, &left.model, PeriodCause::Rollback).await?;
    let ended = ended.ok_or_else(|| Error::internal("production ended meanwhile"))?;
    let archived =
        Moved { from: Stage::Production, to: Stage::Archived, why: format!("rolled back to {to}: {reason}") };
    versions::stage_set(tx, &left, &archived).await?;
    // What was good before may have been staged again meanwhile, and asked
    // for production: the rollback answers that request.
    let answered = super::open_of_in_tx(tx, &restored).await?;
    if let Some(open) = answered {
        queries::promotion_close(tx, open, PromotionState::Withdrawn).await?;
    }
    let was = versions::stage_of(tx, &restored).await?;
    let back = Moved {
        from: was,
        to: Stage::Production,
        why: format!("restored by a rollback from {from}: {reason}"),
    };
    versions::stage_set(tx, &restored, &back).await?;
    let begin = queries::PeriodBegin {
        at: Some(ended.at),
        cause: PeriodCause::Rollback,
        promotion: None,
        user: tx.ctx().user()?.id.0,
        reason,
    };
    queries::period_begin(tx, &restored, &begin).await?;
    Ok((ended.at, answered))
}
