//! Deciding about a request, and what the last approval brings about.

use super::queries::{self, PromotionRow};
use super::{blocks, open_locked, rules, why};
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::tx::TenantTx;
use crate::notifications;
use crate::versions::{self, Moved};
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::permission::Action;
use weighhouse_types::promotions::{Decision, Promotion, PromotionDecide, PromotionState};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::{PeriodCause, Stage};

/// Approves or rejects a request. The last approval needed puts the version
/// into production and archives the one before, in the same transaction.
///
/// # Errors
/// When the caller made the request or the version, when the evidence has
/// changed since they looked, or the request is closed.
pub async fn promotion_decide(
    ctx: &Ctx,
    tenant: &str,
    id: PromotionId,
    decide: PromotionDecide,
) -> Result<Promotion> {
    let tenant = authz::tenant(ctx, tenant, Action::PromotionDecide).await?;
    let reason = versions::reason_required(&decide.reason)?;
    let caller = ctx.user()?.id.0;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let (row, version) = open_locked(&mut tx, &tenant, id).await?;
    let parties = rules::Parties { caller: &caller, requester: &row.requester_id, author: &row.author_id };
    if let Some(own) = rules::own_work(&parties) {
        return Err(Error::refused(Code::Forbidden, own));
    }
    if decide.evidence_digest != hex::encode(&row.evidence_digest) {
        return Err(Error::conflict(
            "The evidence has changed since you looked: approvals given before are void. Read the request again, then decide.",
        ));
    }
    queries::approval_insert(&mut tx, &row, decide.decision, &reason).await.map_err(|e| {
        e.or_conflict("approvals_pkey", || "You have decided about this evidence already.".into())
    })?;
    let event = match decide.decision {
        Decision::Reject => reject(&mut tx, &row, &reason).await?,
        Decision::Approve => approve(&mut tx, &row, &version, &reason).await?,
    };
    notifications::promotion_decided(&mut tx, &tenant, &row.notice()?, &event).await?;
    let promotion = super::read(&mut tx, &tenant, id).await?;
    tx.commit(&event).await?;
    Ok(promotion)
}

async fn reject(tx: &mut TenantTx<'_>, row: &PromotionRow, reason: &str) -> Result<Event> {
    let summary = row.summary()?;
    queries::promotion_close(tx, summary.id, PromotionState::Rejected).await?;
    Ok(Event::PromotionRejected {
        version: summary.version.to_string(),
        target: summary.target,
        promotion: summary.id.to_string(),
        evidence: hex::encode(&row.evidence_digest),
        reason: reason.to_owned(),
    })
}

async fn approve(
    tx: &mut TenantTx<'_>,
    row: &PromotionRow,
    version: &authz::Version,
    reason: &str,
) -> Result<Event> {
    let summary = row.summary()?;
    let given = queries::approvals(tx, row).await?;
    let counting = given.iter().filter(|a| a.counts(row)).count();
    let complete = counting >= fit::<_, usize>(row.quorum)?;
    let replaced = if complete {
        blocks::refuse_blocked_in_tx(tx, version, summary.target).await?;
        queries::promotion_close(tx, summary.id, PromotionState::Approved).await?;
        put_into_production(tx, row, version).await?
    } else {
        None
    };
    Ok(Event::PromotionApproved {
        version: summary.version.to_string(),
        target: summary.target,
        promotion: summary.id.to_string(),
        evidence: hex::encode(&row.evidence_digest),
        reason: reason.to_owned(),
        complete,
        replaced: replaced.map(|old| old.to_string()),
    })
}

/// Moves production to a version; gives the one that it replaces.
async fn put_into_production(
    tx: &mut TenantTx<'_>,
    row: &PromotionRow,
    version: &authz::Version,
) -> Result<Option<VersionRef>> {
    let ended = queries::period_end(tx, &version.model, PeriodCause::Promotion).await?;
    let replaced = match &ended {
        Some(ended) => {
            let reference = VersionRef { model: version.model.reference.clone(), number: ended.number };
            let old = authz::version(tx, &reference).await?;
            let moved = Moved {
                from: Stage::Production,
                to: Stage::Archived,
                why: format!("replaced in production by {}", version.reference()),
            };
            versions::stage_set(tx, &old, &moved).await?;
            Some(reference)
        }
        None => None,
    };
    let from = versions::stage_of(tx, version).await?;
    let moved = Moved { from, to: Stage::Production, why: why("approved for production", &row.reason) };
    versions::stage_set(tx, version, &moved).await?;
    let begin = queries::PeriodBegin {
        at: ended.map(|ended| ended.at),
        cause: PeriodCause::Promotion,
        promotion: Some(row.id),
        user: row.requester_id,
        reason: &row.reason,
    };
    queries::period_begin(tx, version, &begin).await?;
    Ok(replaced)
}
