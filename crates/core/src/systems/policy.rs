//! The tenant's policy about systems.

use super::queries;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use weighhouse_types::audit::Event;
use weighhouse_types::permission::Action;
use weighhouse_types::systems::{SystemPolicy, SystemPolicySet};

/// What is done about a promotion that would break a system.
///
/// # Errors
/// When the tenant is not visible.
pub async fn policy_get(ctx: &Ctx, tenant: &str) -> Result<SystemPolicy> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let policy = queries::policy(&mut tx).await?;
    tx.finish().await?;
    Ok(policy)
}

/// Sets what is done about a promotion that would break a system. It counts
/// from now on, for requests that are open too.
///
/// # Errors
/// When somebody changed it meanwhile.
pub async fn policy_set(ctx: &Ctx, tenant: &str, new: SystemPolicySet) -> Result<SystemPolicy> {
    let tenant = authz::tenant(ctx, tenant, Action::SystemPolicyManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    queries::policy_lock(&mut tx).await?;
    let before = queries::policy(&mut tx).await?;
    if new.revision.is_some_and(|seen| seen != before.revision) {
        let who = before.set_by.as_deref().unwrap_or("The operator");
        return Err(Error::conflict(format!(
            "{who} set it to ‘{}’ since you looked; nothing of yours was saved.",
            before.broken_systems
        )));
    }
    if new.broken_systems == before.broken_systems && before.revision > 0 {
        tx.finish().await?;
        return Ok(before);
    }
    let revision = before.revision.saturating_add(1);
    queries::policy_set(&mut tx, new.broken_systems, revision).await?;
    let policy = queries::policy(&mut tx).await?;
    let event = Event::SystemPolicySet {
        broken_systems: new.broken_systems,
        before: before.broken_systems,
        revision,
    };
    tx.commit(&event).await?;
    Ok(policy)
}
