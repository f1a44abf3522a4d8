//! Writes the documents of what was changed.
//!
//! A document costs more than the change that it tells of, so changes do not
//! wait for it: workers write it within seconds, or the first search does.

use super::queries;
use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::Result;
use crate::kernel::tx::{PlatformTx, PortfolioTx, TenantTx};
use std::sync::Arc;
use weighhouse_types::permission::Action;

/// Changes whose documents are written in one transaction.
const BATCH: i64 = 1000;
/// Transactions for one tenant in one turn, so that none keeps the others waiting.
const BATCHES: u32 = 20;
/// Tenants that a search brings up to now before it looks; in a flood of
/// changes the others are a moment behind.
const SEARCHED: usize = 20;

/// Writes what is behind, of every tenant. What fails for one is logged and
/// waits for the next turn; any number may run at once.
///
/// # Errors
/// When the database fails before any tenant is looked at.
pub async fn index_all(app: &Arc<App>) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    let behind = queries::behind(tx.conn()?).await?;
    tx.finish().await?;
    let ctx = Ctx::worker(app);
    for slug in behind {
        let indexed = async {
            let tenant = authz::tenant(&ctx, &slug, Action::TenantRead).await?;
            index_tenant(&ctx, &tenant, BATCHES).await
        };
        if let Err(error) = indexed.await {
            tracing::error!(%error, tenant = slug, "what was changed is not found yet");
        }
    }
    Ok(())
}

/// Writes what is behind of a tenant, in so many transactions at most.
pub(crate) async fn index_tenant(ctx: &Ctx, tenant: &authz::Tenant, batches: u32) -> Result<()> {
    for _ in 0..batches {
        let mut tx = TenantTx::begin(ctx, tenant).await?;
        let done = queries::refresh(&mut tx, BATCH).await?;
        tx.commit_index().await?;
        if done < BATCH {
            break;
        }
    }
    Ok(())
}

/// Writes what is behind of the tenants that are searched: who has changed
/// something finds it.
pub(super) async fn index_what_is_behind(ctx: &Ctx, tenants: &[authz::Tenant]) -> Result<()> {
    let mut tx = PortfolioTx::begin(ctx, tenants).await?;
    let behind = queries::behind(tx.conn()?).await?;
    tx.finish().await?;
    let behind = tenants.iter().filter(|tenant| behind.iter().any(|slug| slug == tenant.slug()));
    for tenant in behind.take(SEARCHED) {
        index_tenant(ctx, tenant, 1).await?;
    }
    Ok(())
}
