//! Promotion requests: evidence, decisions, and what is in production.

mod blocks;
mod decide;
mod evidence;
mod moves;
mod production;
mod queries;
mod rules;

pub use decide::promotion_decide;
pub use production::{production_at, production_history, production_rollback};
pub(crate) use queries::ProductionColumns;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::page;
use crate::kernel::tx::{PortfolioTx, TenantTx};
use crate::versions::{self, Moved};
use crate::{notifications, systems};
use queries::PromotionRow;
use weighhouse_types::audit::Event;
use weighhouse_types::compare::{MetricChange, evaluations, metric_changes};
use weighhouse_types::ids::PromotionId;
use weighhouse_types::page::Page;
use weighhouse_types::permission::Action;
use weighhouse_types::promotions::{
    Evidence, Promotion, PromotionOpen, PromotionQuery, PromotionState, PromotionSummary,
};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::tenancy::InboxItem;
use weighhouse_types::versions::Stage;

/// Asks for a version to be promoted. Where the policy demands no approval
/// (staging, unless changed) it is promoted at once.
///
/// # Errors
/// When there is no way from its stage to the target, or a request of its
/// model for the target is open.
pub async fn promotion_open(ctx: &Ctx, reference: &VersionRef, new: PromotionOpen) -> Result<Promotion> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::PromotionOpen).await?;
    if !matches!(new.target, Stage::Staging | Stage::Production) {
        return Err(Error::invalid("target", "A version is promoted to staging or to production."));
    }
    let reason = versions::reason_optional(&new.reason)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    let parts = moves::lock_with_parts(&mut tx, &version).await?;
    let from = versions::stage_of(&mut tx, &version).await?;
    rules::may_open(&reference.to_string(), from, new.target).map_err(Error::conflict)?;
    versions::refuse_swept_in_tx(&mut tx, &version).await?;
    moves::refuse_unready(&mut tx, &version, new.target, &parts).await?;
    blocks::refuse_blocked_in_tx(&mut tx, &version, new.target).await?;
    if let Some(open) = queries::open_for(&mut tx, &version.model, new.target).await? {
        return Err(Error::conflict(format!(
            "A request to promote {} to {} is open already: {}. Wait for its decision or withdraw it.",
            open.version,
            new.target,
            ctx.app().config.link(&notifications::promotion_path(tenant.slug(), open.id)),
        )));
    }
    let policy = rules::default_policy(new.target);
    let evidence = evidence::gather(&mut tx, &version, new.target).await?;
    let state = if policy.quorum == 0 { PromotionState::Approved } else { PromotionState::Open };
    let insert = queries::NewPromotion {
        target: new.target,
        state,
        author: versions::author_of(&mut tx, &version).await?,
        reason: &reason,
        quorum: policy.quorum,
        evidence: &evidence,
    };
    let id = queries::promotion_insert(&mut tx, &version, &insert).await?;
    let event = if state == PromotionState::Open {
        opened(&mut tx, &tenant, id, &evidence, reason).await?
    } else {
        let moved = Moved { from, to: new.target, why: why("promoted to staging", &reason) };
        versions::stage_set(&mut tx, &version, &moved).await?;
        Event::VersionStaged {
            version: reference.to_string(),
            digest: evidence.evidence.version_digest.clone(),
            promotion: id.to_string(),
            reason,
        }
    };
    let promotion = read(&mut tx, &tenant, id).await?;
    tx.commit(&event).await?;
    Ok(promotion)
}

/// Tells those who decide of a new request; gives its event.
async fn opened(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    id: PromotionId,
    weighed: &evidence::Weighed,
    reason: String,
) -> Result<Event> {
    let evidence = &weighed.evidence;
    let version = authz::version(tx, &evidence.version).await?;
    let request = notifications::Requested {
        id,
        evidence,
        changes: &changes(evidence),
        affected: &systems::affected_in_tx(tx, &version).await?,
        reason: &reason,
    };
    notifications::promotion_requested(tx, tenant, &request).await?;
    Ok(Event::PromotionOpened {
        version: evidence.version.to_string(),
        target: evidence.target,
        promotion: id.to_string(),
        evidence: weighed.digest_hex(),
        reason,
    })
}

fn why(what: &str, reason: &str) -> String {
    if reason.is_empty() { what.to_owned() } else { format!("{what}: {reason}") }
}

/// A request with what a reviewer needs.
///
/// # Errors
/// When there is none of this id for the caller.
pub async fn promotion_get(ctx: &Ctx, tenant: &str, id: PromotionId) -> Result<Promotion> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let promotion = read(&mut tx, &tenant, id).await?;
    tx.finish().await?;
    Ok(promotion)
}

/// A request as it is answered; see `versions::read`.
async fn read(tx: &mut TenantTx<'_>, tenant: &authz::Tenant, id: PromotionId) -> Result<Promotion> {
    let row = queries::promotion(tx, tenant, id).await?;
    let row = row.ok_or_else(|| Error::not_found("promotion request"))?;
    let approvals = queries::approvals(tx, &row).await?;
    let version = authz::version(tx, &row.summary()?.version).await?;
    let own_part = systems::part_authors_in_tx(tx, &version).await?.contains(&tx.ctx().user()?.id.0);
    let affected = match row.summary()?.target {
        Stage::Production => systems::affected_in_tx(tx, &version).await?,
        _ => Vec::new(),
    };
    let cannot_decide = cannot_decide(tx.ctx(), tenant, &row, &approvals, own_part)?;
    Ok(Promotion { affected, cannot_decide, ..assemble(row, approvals)? })
}

/// What a request says of itself, whoever asks.
fn assemble(row: PromotionRow, approvals: Vec<queries::ApprovalRow>) -> Result<Promotion> {
    let evidence: Evidence = serde_json::from_value(row.evidence.clone()).map_err(Error::internal)?;
    Ok(Promotion {
        changes: changes(&evidence),
        cannot_decide: None,
        affected: Vec::new(),
        approvals: approvals.into_iter().map(|a| a.approval(&row)).collect::<Result<_>>()?,
        author: row.author.clone(),
        evidence_digest: hex::encode(&row.evidence_digest),
        quorum: fit(row.quorum)?,
        summary: row.summary()?,
        evidence,
    })
}

/// What the version changes against production, metric by metric.
fn changes(evidence: &Evidence) -> Vec<MetricChange> {
    let before = evidence.production.as_ref().and_then(|production| production.evaluation.as_ref());
    metric_changes(&evaluations(before), &evaluations(evidence.evaluation.as_ref()))
}

/// Why the caller cannot decide, in words; `None` where they can.
fn cannot_decide(
    ctx: &Ctx,
    tenant: &authz::Tenant,
    row: &PromotionRow,
    approvals: &[queries::ApprovalRow],
    own_part: bool,
) -> Result<Option<String>> {
    let user = ctx.user()?.id.0;
    let parties = rules::Parties { caller: &user, requester: &row.requester_id, author: &row.author_id };
    let decided = approvals.iter().any(|a| a.approver_id == user && a.evidence_digest == row.evidence_digest);
    let why = if row.state()? != PromotionState::Open {
        Some(format!("This request is {}.", row.state()?.as_str()))
    } else if !tenant.may(Action::PromotionDecide) {
        Some(format!("An approver of {} decides.", tenant.info().name))
    } else if let Some(own) = rules::own_work(&parties) {
        Some(own.to_owned())
    } else if own_part {
        Some(rules::OWN_PART.to_owned())
    } else if ctx.csrf().is_none() {
        Some("An API token cannot decide: it is a person's act in the browser.".to_owned())
    } else {
        decided.then(|| "You have decided about this evidence.".to_owned())
    };
    Ok(why)
}

/// A tenant's requests, newest first.
///
/// # Errors
/// When the tenant is not visible.
pub async fn promotion_list(
    ctx: &Ctx,
    tenant: &str,
    query: &PromotionQuery,
) -> Result<Page<PromotionSummary>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let model = query.model.as_deref().map(str::parse::<ModelRef>).transpose();
    let model = model.map_err(|e| Error::invalid("model", format!("{e}.")))?;
    let page = query.page();
    let before = page::after(&page)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let wanted = queries::Wanted { state: query.state, model };
    let rows = queries::promotions(&mut tx, &tenant, &wanted, before, page::fetch(&page)).await?;
    tx.finish().await?;
    let summaries = rows.into_iter().map(|row| row.summary()).collect::<Result<_>>()?;
    page::cut(&page, summaries, |row| (row.created_at, row.id))
}

/// Takes a request back.
///
/// # Errors
/// When it is not open.
pub async fn promotion_withdraw(ctx: &Ctx, tenant: &str, id: PromotionId) -> Result<Promotion> {
    let tenant = authz::tenant(ctx, tenant, Action::PromotionWithdraw).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let Opened { row, .. } = open_locked(&mut tx, &tenant, id).await?;
    queries::promotion_close(&mut tx, id, PromotionState::Withdrawn).await?;
    let summary = row.summary()?;
    let event = Event::PromotionWithdrawn {
        version: summary.version.to_string(),
        target: summary.target,
        promotion: id.to_string(),
    };
    let promotion = read(&mut tx, &tenant, id).await?;
    tx.commit(&event).await?;
    Ok(promotion)
}

/// An open request, its version and what goes with that.
struct Opened {
    row: PromotionRow,
    version: authz::Version,
    parts: Vec<authz::Version>,
}

/// An open request, under the locks of all that it would move: what is read
/// from here on stays true until the transaction ends.
async fn open_locked(tx: &mut TenantTx<'_>, tenant: &authz::Tenant, id: PromotionId) -> Result<Opened> {
    let missing = || Error::not_found("promotion request");
    let row = queries::promotion(tx, tenant, id).await?.ok_or_else(missing)?;
    let version = authz::version(tx, &row.summary()?.version).await?;
    let parts = moves::lock_with_parts(tx, &version).await?;
    let row = queries::promotion(tx, tenant, id).await?.ok_or_else(missing)?;
    match row.state()? {
        PromotionState::Open => Ok(Opened { row, version, parts }),
        closed => {
            Err(Error::conflict(format!("This request is {} already; nothing was changed.", closed.as_str())))
        }
    }
}

/// The open request for production about a version.
pub(crate) async fn open_of_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<Option<PromotionId>> {
    queries::open_of(tx, version, Stage::Production).await
}

/// Whether a rollback now would restore a version: one of its model, or of a
/// system that holds it.
pub(crate) async fn restorable_in_tx(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<bool> {
    let systems = systems::systems_with_in_tx(tx, version).await?;
    for version in std::iter::once(version).chain(&systems) {
        if rollback_target_in_tx(tx, &version.model).await? == Some(version.number) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Locks what the evidence about a model is gathered under.
pub(crate) async fn evidence_lock_in_tx(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<()> {
    moves::lock(tx, &[model]).await
}

/// Renews the evidence of the open requests about a model, or about systems
/// with it, after something was attested; gives the new digest of its own.
pub(crate) async fn evidence_refresh_in_tx(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
) -> Result<Option<String>> {
    let renewed = evidence::refresh(tx, &[model.id.0]).await?;
    Ok(renewed.into_iter().find(|request| request.model == model.reference).map(|request| request.digest))
}

/// What a rollback of a model would restore.
pub(crate) async fn rollback_target_in_tx(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
) -> Result<Option<u32>> {
    Ok(rules::rollback_target(&queries::past(tx, model).await?))
}

/// Open requests across the caller's tenants, those that need the caller first.
pub(crate) async fn inbox_in_tx(
    tx: &mut PortfolioTx,
    ctx: &Ctx,
    tenants: &[authz::Tenant],
) -> Result<Vec<InboxItem>> {
    let user = ctx.user()?.id.0;
    let decides: Vec<&str> =
        tenants.iter().filter(|t| t.may(Action::PromotionDecide)).map(authz::Tenant::slug).collect();
    let mut items = Vec::new();
    for row in queries::open_everywhere(tx, user).await? {
        let parties = rules::Parties { caller: &user, requester: &row.requester_id, author: &row.author_id };
        let needs_me = decides.contains(&row.tenant.as_str())
            && rules::own_work(&parties).is_none()
            && !row.decided_by_caller;
        items.push(InboxItem { promotion: row.summary()?, needs_me });
    }
    items.sort_by_key(|item| !item.needs_me);
    Ok(items)
}
