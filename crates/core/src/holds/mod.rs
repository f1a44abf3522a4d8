//! Legal holds: placed by one person, lifted by two, and stopping every sweep
//! of what they cover from the moment they are placed.

mod queries;
mod rules;

pub(crate) use queries::{in_force as in_force_in_tx, sessions_lock as sessions_lock_in_tx};

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::TenantTx;
use crate::versions;
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::holds::{Hold, HoldLift, HoldPlace};
use weighhouse_types::ids::HoldId;
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::permission::{Action, Role};
use weighhouse_types::reference::ModelRef;

/// The holds in force in a tenant.
#[derive(Clone, Default, Debug)]
pub(crate) struct InForce {
    /// Whether one covers everything.
    pub(crate) everything: bool,
    /// The models that others cover.
    pub(crate) models: Vec<(Uuid, ModelRef)>,
}

/// Waits until no sweep and no other hold of the tenant is under way, and
/// keeps them waiting until the transaction ends: a hold is either seen by a
/// sweep's transaction or comes after it.
pub(crate) async fn lock_in_tx(tx: &mut TenantTx<'_>) -> Result<()> {
    queries::tenant_lock(tx).await
}

/// The holds of a tenant, newest first, lifted ones too.
///
/// # Errors
/// When the caller may not read them.
pub async fn hold_list(ctx: &Ctx, tenant: &str, query: &PageQuery) -> Result<Page<Hold>> {
    let tenant = authz::tenant(ctx, tenant, Action::RetentionRead).await?;
    let before = page::after(query)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let holds = queries::holds(&mut tx, &tenant, before, page::fetch(query)).await?;
    tx.finish().await?;
    page::cut(query, holds, |hold| (hold.placed_at, hold.id))
}

/// Places a hold on a tenant or one of its models. It is in force when this
/// returns: what a sweep was just removing is removed, and nothing after it.
///
/// # Errors
/// When no reason is given, or there is no such model.
pub async fn hold_place(ctx: &Ctx, tenant: &str, new: HoldPlace) -> Result<Hold> {
    let tenant = authz::tenant(ctx, tenant, Action::HoldManage).await?;
    let reason = versions::reason_required(&new.reason)?;
    let caller = ctx.user()?;
    let owner = new.owner.as_deref().map(str::trim).filter(|owner| !owner.is_empty());
    let owner = owner.unwrap_or(&caller.name).to_owned();
    if owner.chars().count() > 200 {
        return Err(Error::invalid("owner", "The owner has at most 200 characters."));
    }
    let reference = new.model.as_deref().map(str::trim).filter(|model| !model.is_empty());
    let reference = reference.map(|text| model_of(&tenant, text)).transpose()?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    lock_in_tx(&mut tx).await?;
    queries::sessions_lock(&mut tx).await?;
    let model = match &reference {
        Some(reference) => Some(authz::model(&mut tx, reference).await?),
        None => None,
    };
    let by_client = is_client(&tenant);
    let id = queries::hold_insert(&mut tx, model.as_ref(), &reason, &owner, by_client).await?;
    let event = Event::HoldPlaced {
        hold: id.to_string(),
        model: reference.map(|model| model.to_string()),
        reason,
        owner,
    };
    tx.commit(&event).await?;
    hold_get(ctx, &tenant, id).await
}

/// A model of the tenant, as a caller names it.
fn model_of(tenant: &authz::Tenant, text: &str) -> Result<ModelRef> {
    let model: ModelRef = text.parse().map_err(|e: String| Error::invalid("model", e))?;
    if model.tenant == tenant.slug() { Ok(model) } else { Err(Error::not_found("model")) }
}

/// Whether the caller is one of the client's own people. Whoever works at the
/// agency is not, whatever role the client gave them besides.
fn is_client(tenant: &authz::Tenant) -> bool {
    matches!(tenant.info().role, Role::Tenant(_))
}

async fn hold_get(ctx: &Ctx, tenant: &authz::Tenant, id: HoldId) -> Result<Hold> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    let row = queries::hold(&mut tx, id).await?;
    tx.finish().await?;
    Ok(row.ok_or_else(|| Error::not_found("hold"))?.hold(tenant.slug(), ctx.user_id()))
}

/// Asks for a hold to be lifted. It stays in force until another person confirms.
///
/// # Errors
/// When it is lifted already, somebody has asked before, or no reason is given.
pub async fn hold_lift_ask(ctx: &Ctx, tenant: &str, id: HoldId, lift: HoldLift) -> Result<Hold> {
    let tenant = authz::tenant(ctx, tenant, Action::HoldManage).await?;
    let reason = versions::reason_required(&lift.reason)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let row = locked(&mut tx, id).await?;
    if let Some(asked) = &row.asked_by_name {
        return Err(Error::conflict(format!(
            "{asked} has asked for this already; another person confirms it."
        )));
    }
    queries::lift_ask(&mut tx, id, &reason, is_client(&tenant)).await?;
    tx.commit(&Event::HoldLiftAsked { hold: id.to_string(), model: row.model_text(tenant.slug()), reason })
        .await?;
    hold_get(ctx, &tenant, id).await
}

/// Takes back, or turns down, that somebody asked for a hold to be lifted.
///
/// # Errors
/// When nobody has asked.
pub async fn hold_lift_withdraw(ctx: &Ctx, tenant: &str, id: HoldId) -> Result<Hold> {
    let tenant = authz::tenant(ctx, tenant, Action::HoldManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let row = locked(&mut tx, id).await?;
    if row.asked_by.is_none() {
        return Err(nobody_asked());
    }
    queries::lift_withdraw(&mut tx, id).await?;
    tx.commit(&Event::HoldLiftWithdrawn { hold: id.to_string(), model: row.model_text(tenant.slug()) })
        .await?;
    hold_get(ctx, &tenant, id).await
}

/// Lifts a hold that another person asked to lift.
///
/// # Errors
/// When nobody has asked, it was the caller, or both are the agency's and the
/// client placed it.
pub async fn hold_lift_confirm(ctx: &Ctx, tenant: &str, id: HoldId) -> Result<Hold> {
    let tenant = authz::tenant(ctx, tenant, Action::HoldManage).await?;
    let caller = ctx.user()?.id.0;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let row = locked(&mut tx, id).await?;
    let (Some(asker), Some(by_client)) = (row.asked_by, row.asked_by_client) else {
        return Err(nobody_asked());
    };
    let asked = rules::Side { person: asker, client: by_client };
    let confirming = rules::Side { person: caller, client: is_client(&tenant) };
    rules::may_lift(row.by_client, &asked, &confirming).map_err(Error::conflict)?;
    queries::lift(&mut tx, id).await?;
    let event = Event::HoldLifted {
        hold: id.to_string(),
        model: row.model_text(tenant.slug()),
        asked_by: row.asked_by_name.unwrap_or_default(),
        reason: row.lift_reason.unwrap_or_default(),
    };
    tx.commit(&event).await?;
    hold_get(ctx, &tenant, id).await
}

/// A hold in force, under the tenant's lock.
async fn locked(tx: &mut TenantTx<'_>, id: HoldId) -> Result<queries::HoldRow> {
    lock_in_tx(tx).await?;
    let row = queries::hold(tx, id).await?.ok_or_else(|| Error::not_found("hold"))?;
    if row.is_lifted() {
        Err(Error::conflict("This hold is lifted already; nothing was changed."))
    } else {
        Ok(row)
    }
}

fn nobody_asked() -> Error {
    Error::refused(
        Code::Conflict,
        "Nobody has asked for this hold to be lifted. Ask first; another person confirms.",
    )
}
