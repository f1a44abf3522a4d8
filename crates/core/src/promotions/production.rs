//! What is and was in production, and the way back.

use super::evidence::{self, Renewed};
use super::moves::{self, Done, Move, Reason};
use super::queries::{self, Which};
use super::rules::{self, Step};
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use crate::{notifications, systems, versions};
use chrono::Utc;
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::permission::Action;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{
    AsOf, PeriodCause, ProductionAnswer, ProductionPeriod, Rollback, RolledBack,
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
/// without a new approval, and tells the approvers. A system is rolled back
/// together with what it holds.
///
/// # Errors
/// When nothing is in production, nothing earlier is good, or production is
/// not what the caller believes.
pub async fn production_rollback(ctx: &Ctx, model: &ModelRef, rollback: Rollback) -> Result<RolledBack> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::ProductionRollback).await?;
    let reason = versions::reason_required(&rollback.reason)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    let (from, to) = rollback_ends(&mut tx, &handle, rollback.from).await?;
    let moves = rollback_moves(&mut tx, &from, &to, &reason).await?;
    let models: Vec<Uuid> = moves.iter().map(|one| one.model.id.0).collect();
    let why =
        Reason { cause: PeriodCause::Rollback, promotion: None, user: ctx.user()?.id.0, reason: &reason };
    let (at, done) = moves::apply(&mut tx, moves, &why).await?;
    let (own, parts): (Vec<Done>, Vec<Done>) =
        done.into_iter().partition(|done| done.to.as_ref().is_some_and(|to| to.model == *model));
    let withdrawn = own.into_iter().find_map(|done| done.answered);
    let renewed = evidence::refresh(&mut tx, &models).await?;
    let done = RolledBack {
        digest: queries::digest_hex(&mut tx, &handle, to.number).await?,
        moved: parts.iter().map(Done::moved).collect(),
        affected: systems::affected_in_tx(&mut tx, &to).await?,
        from: from.reference(),
        to: to.reference(),
        at,
    };
    notifications::rolled_back(&mut tx, &tenant, &done, &reason).await?;
    let (mine, others): (Vec<Renewed>, Vec<Renewed>) =
        renewed.into_iter().partition(|request| request.model == *model);
    let event = Event::ProductionRolledBack {
        from: done.from.to_string(),
        to: done.to.to_string(),
        digest: done.digest.clone(),
        reason,
        withdrawn: withdrawn.map(|id| id.to_string()),
        evidence: mine.into_iter().next().map(|request| request.digest),
        moved: done.moved.clone(),
        renewed: others.into_iter().map(|request| request.id.to_string()).collect(),
    };
    tx.commit(&event).await?;
    Ok(done)
}

/// What is in production and what a rollback restores, under the locks of both
/// and of all that goes with them.
async fn rollback_ends(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    believed: Option<u32>,
) -> Result<(authz::Version, authz::Version)> {
    let name = &model.reference;
    // From here on nobody else changes what is in production.
    queries::production_lock(tx).await?;
    let current = queries::current(tx, model).await?.ok_or_else(|| {
        Error::conflict(format!("No version of {name} is in production; there is nothing to roll back."))
    })?;
    if let Some(believed) = believed.filter(|believed| *believed != current.number) {
        return Err(Error::conflict(format!(
            "{name}@{} is in production by now, not @{believed}. Look again before you roll back.",
            current.number
        )));
    }
    let target = super::rollback_target_in_tx(tx, model).await?.ok_or_else(|| {
        Error::conflict(format!(
            "There is no earlier production version of {name} to go back to that was not itself rolled back from."
        ))
    })?;
    let version_ref = |number| VersionRef { model: name.clone(), number };
    let from = authz::version(tx, &version_ref(current.number)).await?;
    let to = authz::version(tx, &version_ref(target)).await?;
    let mut held = systems::parts_in_tx(tx, &from).await?;
    held.extend(systems::parts_in_tx(tx, &to).await?);
    let models: Vec<_> = std::iter::once(model).chain(held.iter().map(|part| &part.model)).collect();
    moves::lock(tx, &models).await?;
    // A retirement may have come before the locks.
    if super::rollback_target_in_tx(tx, model).await? != Some(target) {
        return Err(Error::conflict(format!(
            "What a rollback of {name} restores changed at this moment. Look again before you roll back."
        )));
    }
    Ok((from, to))
}

/// What a rollback moves: the version itself first and, of a system, what it
/// and the one restored hold.
async fn rollback_moves(
    tx: &mut TenantTx<'_>,
    from: &authz::Version,
    to: &authz::Version,
    reason: &str,
) -> Result<Vec<Move>> {
    let (left, restored) = (from.reference(), to.reference());
    let comes = format!("restored by a rollback from {left}: {reason}");
    let goes = format!("rolled back to {restored}: {reason}");
    let mut moves = vec![Move { model: to.model.clone(), to: Some(to.clone()), comes: comes.clone(), goes }];
    let mut parts = systems::parts_in_tx(tx, to).await?;
    let wanted = parts.len();
    parts.extend(systems::parts_in_tx(tx, from).await?);
    let (kept, dropped) = parts.split_at(wanted);
    let mut models: Vec<&authz::Model> = kept.iter().map(|part| &part.model).collect();
    for part in dropped {
        if !models.iter().any(|model| model.id == part.model.id) {
            models.push(&part.model);
        }
    }
    let ids: Vec<Uuid> = models.iter().map(|model| model.id.0).collect();
    let mut standings = queries::standings(tx, &from.model, &ids).await?;
    for standing in &mut standings {
        let wanted = kept.iter().find(|part| part.model.id.0 == standing.model);
        standing.wanted = wanted.map(|part| part.number);
    }
    for (standing, step) in standings.iter().zip(rules::rollback_steps(&standings)) {
        let model = models.iter().find(|model| model.id.0 == standing.model);
        let model = model.ok_or_else(|| Error::internal("a model that was not asked about"))?;
        let to = match step {
            Step::Stay => continue,
            Step::Clear => None,
            Step::Put(number) => {
                Some(authz::version(tx, &VersionRef { model: model.reference.clone(), number }).await?)
            }
        };
        let goes = format!("archived with {left}, which was rolled back to {restored}: {reason}");
        moves.push(Move { model: (*model).clone(), to, comes: comes.clone(), goes });
    }
    Ok(moves)
}
