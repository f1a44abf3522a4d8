//! How long records are kept: the tenant's policy, a preview of the next
//! sweep, the sweep itself, and the list of what sweeps removed.

mod preview;
mod queries;
mod rules;
mod sweep;

pub use preview::sweep_preview;
pub use sweep::{sweep, sweep_all};

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::TenantTx;
use queries::Policy;
use weighhouse_types::audit::Event;
use weighhouse_types::ids::SweepId;
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::permission::Action;
use weighhouse_types::retention::{Retention, RetentionSet, Sweep, SweepBatch, templates};

/// The name under which sweeps stand in the schedule.
pub const SCHEDULE: &str = "retention-sweep";

/// A tenant's policy. One that was never set keeps everything.
///
/// # Errors
/// When the caller may not read it.
pub async fn retention_get(ctx: &Ctx, tenant: &str) -> Result<Retention> {
    let tenant = authz::tenant(ctx, tenant, Action::RetentionRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let policy = queries::policy(&mut tx).await?;
    tx.finish().await?;
    Ok(retention(policy))
}

fn retention(policy: Option<Policy>) -> Retention {
    let set_at = policy.as_ref().map(|policy| policy.set_at);
    Retention {
        terms: policy.as_ref().map(|policy| policy.terms).unwrap_or_default(),
        revision: policy.as_ref().map_or(0, |policy| policy.revision),
        set_by: policy.and_then(|policy| policy.set_by),
        set_at,
        effective_at: set_at.map(rules::effective_at),
        templates: templates(),
    }
}

/// Sets how long each class is kept. Sweeps follow it a day later; until then
/// nothing is swept, so that a mistake can be taken back.
///
/// # Errors
/// When a term is out of bounds, or somebody changed the policy meanwhile.
pub async fn retention_set(ctx: &Ctx, tenant: &str, new: RetentionSet) -> Result<Retention> {
    let tenant = authz::tenant(ctx, tenant, Action::RetentionManage).await?;
    new.terms.check().map_err(|(class, why)| {
        Error::invalid(&format!("terms.{}", class.as_str().replace('-', "_")), why)
    })?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    // No sweep is under way, and nobody else sets it meanwhile.
    crate::holds::lock_in_tx(&mut tx).await?;
    let before = retention(queries::policy(&mut tx).await?);
    if new.revision.is_some_and(|seen| seen != before.revision) {
        return Err(changed_meanwhile(&before, &new));
    }
    if new.terms == before.terms && before.revision > 0 {
        tx.finish().await?;
        return Ok(before);
    }
    let revision = before.revision.saturating_add(1);
    queries::policy_set(&mut tx, &new.terms, revision).await?;
    tx.commit(&Event::RetentionSet { terms: new.terms, before: before.terms, revision }).await?;
    retention_get(ctx, tenant.slug()).await
}

fn changed_meanwhile(now: &Retention, wanted: &RetentionSet) -> Error {
    let who = now.set_by.as_deref().unwrap_or("The operator");
    let differs = wanted.terms.changes(&now.terms);
    let differs = if differs.is_empty() { "nothing".to_owned() } else { differs.join("; ") };
    Error::conflict(format!(
        "{who} changed the policy since you looked; nothing of yours was saved. Against what is set now, yours would change: {differs}."
    ))
}

/// What sweeps removed, newest first.
///
/// # Errors
/// When the caller may not read it.
pub async fn sweep_list(ctx: &Ctx, tenant: &str, query: &PageQuery) -> Result<Page<Sweep>> {
    let tenant = authz::tenant(ctx, tenant, Action::RetentionRead).await?;
    let before = page::after(query)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let sweeps = queries::sweeps(&mut tx, &tenant, before, page::fetch(query)).await?;
    tx.finish().await?;
    page::cut(query, sweeps, |sweep| sweep.id)
}

/// One sweep.
///
/// # Errors
/// When there is none of this id for the caller.
pub async fn sweep_get(ctx: &Ctx, tenant: &str, id: SweepId) -> Result<Sweep> {
    let tenant = authz::tenant(ctx, tenant, Action::RetentionRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let sweep = queries::sweep(&mut tx, id).await?;
    tx.finish().await?;
    sweep.ok_or_else(|| Error::not_found("sweep"))
}

/// What one sweep removed, transaction by transaction.
///
/// # Errors
/// When there is none of this id for the caller.
pub async fn sweep_batches(
    ctx: &Ctx,
    tenant: &str,
    id: SweepId,
    query: &PageQuery,
) -> Result<Page<SweepBatch>> {
    let tenant = authz::tenant(ctx, tenant, Action::RetentionRead).await?;
    let after = page::after(query)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    queries::sweep(&mut tx, id).await?.ok_or_else(|| Error::not_found("sweep"))?;
    let batches = queries::batches(&mut tx, id, after, page::fetch(query)).await?;
    tx.finish().await?;
    let cut = page::cut(query, batches, |(id, _)| *id)?;
    Ok(Page { items: cut.items.into_iter().map(|(_, batch)| batch).collect(), next: cut.next })
}
