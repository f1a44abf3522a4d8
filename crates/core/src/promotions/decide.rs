//! Deciding about a request, and what the last approval brings about.

use super::moves::{self, Done, Move, Reason};
use super::queries::{self, PromotionRow};
use super::{Opened, blocks, evidence, open_locked, rules, why};
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::tx::TenantTx;
use crate::{notifications, systems, versions};
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::permission::Action;
use weighhouse_types::promotions::{Decision, Promotion, PromotionDecide, PromotionState};
use weighhouse_types::versions::PeriodCause;

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
    let opened = open_locked(&mut tx, &tenant, id).await?;
    let row = &opened.row;
    let parties = rules::Parties { caller: &caller, requester: &row.requester_id, author: &row.author_id };
    if let Some(own) = rules::own_work(&parties) {
        return Err(Error::refused(Code::Forbidden, own));
    }
    if systems::part_authors_in_tx(&mut tx, &opened.version).await?.contains(&caller) {
        return Err(Error::refused(Code::Forbidden, rules::OWN_PART));
    }
    if decide.evidence_digest != hex::encode(&row.evidence_digest) {
        return Err(Error::conflict(
            "The evidence has changed since you looked: approvals given before are void. Read the request again, then decide.",
        ));
    }
    queries::approval_insert(&mut tx, row, decide.decision, &reason).await.map_err(|e| {
        e.or_conflict("approvals_pkey", || "You have decided about this evidence already.".into())
    })?;
    let event = match decide.decision {
        Decision::Reject => reject(&mut tx, row, &reason).await?,
        Decision::Approve => approve(&mut tx, &opened, &reason).await?,
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

async fn approve(tx: &mut TenantTx<'_>, opened: &Opened, reason: &str) -> Result<Event> {
    let row = &opened.row;
    let summary = row.summary()?;
    let given = queries::approvals(tx, row).await?;
    let counting = given.iter().filter(|a| a.counts(row)).count();
    let complete = counting >= fit::<_, usize>(row.quorum)?;
    let (mut done, mut renewed) = (Vec::new(), Vec::new());
    if complete {
        blocks::refuse_blocked_in_tx(tx, &opened.version, summary.target).await?;
        queries::promotion_close(tx, summary.id, PromotionState::Approved).await?;
        (done, renewed) = put_into_production(tx, opened).await?;
    }
    let mut done = done.into_iter();
    let replaced = done.next().and_then(|version| version.from);
    Ok(Event::PromotionApproved {
        version: summary.version.to_string(),
        target: summary.target,
        promotion: summary.id.to_string(),
        evidence: hex::encode(&row.evidence_digest),
        reason: reason.to_owned(),
        complete,
        replaced: replaced.map(|old| old.to_string()),
        moved: done.map(|part| part.moved()).collect(),
        renewed,
    })
}

/// Moves production to a version and, of a system, to everything that it
/// holds. Gives what moved, the version itself first, and the requests of
/// others whose evidence changed with it.
async fn put_into_production(tx: &mut TenantTx<'_>, opened: &Opened) -> Result<(Vec<Done>, Vec<String>)> {
    let Opened { row, version, parts } = opened;
    moves::refuse_unready(tx, version, row.summary()?.target, parts).await?;
    let all = || std::iter::once(version).chain(parts);
    let system = version.reference();
    let to = |moving: &authz::Version| {
        let reference = moving.reference();
        let (comes, with) = if reference == system {
            ("approved for production".to_owned(), String::new())
        } else {
            (format!("into production with {system}"), format!(", with {system}"))
        };
        Move {
            model: moving.model.clone(),
            to: Some(moving.clone()),
            comes: why(&comes, &row.reason),
            goes: format!("replaced in production by {reference}{with}"),
        }
    };
    let reason = Reason {
        cause: PeriodCause::Promotion,
        promotion: Some(row.id),
        user: row.requester_id,
        reason: &row.reason,
    };
    let (_, done) = moves::apply(tx, all().map(to).collect(), &reason).await?;
    let models: Vec<Uuid> = all().map(|version| version.model.id.0).collect();
    let renewed = evidence::refresh(tx, &models).await?;
    Ok((done, renewed.into_iter().map(|request| request.id.to_string()).collect()))
}
