//! Moving production: of one model, or of several as one, at one moment.

use super::queries::{self, PeriodBegin};
use super::rules;
use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use crate::systems;
use crate::versions::{self, Moved};
use chrono::{DateTime, Utc};
use uuid::Uuid;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::promotions::PromotionState;
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::{MovedVersion, PeriodCause, Stage};

/// A model's production, from what is there to what is to be there.
pub(super) struct Move {
    pub(super) model: authz::Model,
    /// Absent: nothing is in production from now on.
    pub(super) to: Option<authz::Version>,
    /// Why, for the history of what comes and of what goes.
    pub(super) comes: String,
    pub(super) goes: String,
}

/// What moves rest on.
pub(super) struct Reason<'a> {
    pub(super) cause: PeriodCause,
    pub(super) promotion: Option<Uuid>,
    /// Who asked.
    pub(super) user: Uuid,
    /// In their words.
    pub(super) reason: &'a str,
}

/// What one move did.
pub(super) struct Done {
    pub(super) from: Option<VersionRef>,
    pub(super) to: Option<VersionRef>,
    /// The open request for what came, which this answered.
    pub(super) answered: Option<PromotionId>,
}

impl Done {
    pub(super) fn moved(&self) -> MovedVersion {
        let text = |version: &Option<VersionRef>| version.as_ref().map(ToString::to_string);
        let answered = self.answered.map(|id| id.to_string());
        MovedVersion { from: text(&self.from), to: text(&self.to), answered }
    }
}

/// Waits until nobody else changes what is in production at the tenant, and
/// keeps them waiting until the transaction ends. Then the rows of these models
/// are locked, in the order of their ids: other changes take one row at most,
/// and nothing after it but the log's lock, so that nobody waits in a circle.
pub(super) async fn lock(tx: &mut TenantTx<'_>, models: &[&authz::Model]) -> Result<()> {
    queries::production_lock(tx).await?;
    versions::models_lock_in_tx(tx, models).await
}

/// A version and everything that goes into production with it, locked.
pub(super) async fn lock_with_parts(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<Vec<authz::Version>> {
    // What a version holds never changes.
    let parts = systems::parts_in_tx(tx, version).await?;
    let models: Vec<_> = std::iter::once(version).chain(&parts).map(|version| &version.model).collect();
    lock(tx, &models).await?;
    Ok(parts)
}

/// Refuses where a system's parts are not ready to go with it, or have no files.
pub(super) async fn refuse_unready(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    target: Stage,
    parts: &[authz::Version],
) -> Result<()> {
    let mut standing = Vec::new();
    for part in parts {
        versions::refuse_swept_in_tx(tx, part).await?;
        let stage = versions::stage_of(tx, part).await?;
        standing.push(rules::Part { name: part.reference().to_string(), stage });
    }
    rules::parts_ready(&version.reference().to_string(), target, &standing).map_err(Error::conflict)
}

/// Moves production of every model at one moment, which it gives. Called under
/// their locks; what is there already stays.
pub(super) async fn apply(
    tx: &mut TenantTx<'_>,
    moves: Vec<Move>,
    reason: &Reason<'_>,
) -> Result<(DateTime<Utc>, Vec<Done>)> {
    let models: Vec<Uuid> = moves.iter().map(|one| one.model.id.0).collect();
    let at = queries::moment(tx, &models).await?;
    let mut done = Vec::new();
    for one in moves {
        let now = queries::current(tx, &one.model).await?.map(|current| current.number);
        if now == one.to.as_ref().map(|to| to.number) {
            continue;
        }
        done.push(apply_one(tx, &one, now, at, reason).await?);
    }
    Ok((at, done))
}

async fn apply_one(
    tx: &mut TenantTx<'_>,
    one: &Move,
    now: Option<u32>,
    at: DateTime<Utc>,
    reason: &Reason<'_>,
) -> Result<Done> {
    let mut done = Done { from: None, to: None, answered: None };
    if let Some(number) = now {
        let left = VersionRef { model: one.model.reference.clone(), number };
        let handle = authz::version(tx, &left).await?;
        queries::period_end(tx, &one.model, reason.cause, at).await?;
        let moved = Moved { from: Stage::Production, to: Stage::Archived, why: one.goes.clone() };
        versions::stage_set(tx, &handle, &moved).await?;
        done.from = Some(left);
    }
    if let Some(to) = &one.to {
        // Who asked for it to be in production has it there.
        done.answered = super::open_of_in_tx(tx, to).await?;
        if let Some(open) = done.answered {
            queries::promotion_close(tx, open, PromotionState::Withdrawn).await?;
        }
        let from = versions::stage_of(tx, to).await?;
        let moved = Moved { from, to: Stage::Production, why: one.comes.clone() };
        versions::stage_set(tx, to, &moved).await?;
        let begin = PeriodBegin {
            at,
            cause: reason.cause,
            promotion: reason.promotion,
            user: reason.user,
            reason: reason.reason,
        };
        queries::period_begin(tx, to, &begin).await?;
        done.to = Some(to.reference());
    }
    Ok(done)
}
