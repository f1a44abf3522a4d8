//! Giving up stored objects that nobody needs: parts of pushes that were never
//! finished, parts that were dropped, files of versions that were swept.
//!
//! An object is marked when it is found unneeded. A day later it is looked at
//! again under its file's lock, and buried: from then on no row names it. Only
//! then is it erased from the store, under the same lock, so that a push that
//! wants it either comes before, and it is kept, or after, and writes it again.
//! Each step is a transaction of its own and can be repeated.

use super::queries;
use super::queries::garbage::{self, Buried};
use super::rules::Fate;
use crate::holds;
use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::Result;
use crate::kernel::store::PartKey;
use crate::kernel::tx::TenantTx;
use crate::tenancy;
use std::sync::Arc;
use weighhouse_types::audit::Event;
use weighhouse_types::permission::Action;

/// Objects listed in a tenant's turn, …
const LIST: usize = 10_000;
/// … and looked up at a time; the next turn goes on from there.
const LOOKED_UP: usize = 1000;
/// Transactions of the other steps in a tenant's turn.
const STEPS: usize = 200;

/// Collects in every tenant. What fails in one is logged, and waits for the
/// next turn.
///
/// # Errors
/// When the tenants cannot be listed.
pub async fn collect_all(app: &Arc<App>) -> Result<()> {
    let ctx = Ctx::worker(app);
    let mut slugs = tenancy::slugs_after(app, "").await?;
    while let Some(last) = slugs.last().cloned() {
        for slug in slugs {
            if let Err(error) = collect(&ctx, &slug).await {
                tracing::error!(%error, tenant = slug, "stored files were not collected");
            }
        }
        slugs = tenancy::slugs_after(app, &last).await?;
    }
    Ok(())
}

/// One turn of collection in a tenant, bounded.
///
/// # Errors
/// When database or store fail; what was done stays done.
pub async fn collect(ctx: &Ctx, tenant: &str) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::RetentionManage).await?;
    mark(ctx, &tenant).await?;
    for _ in 0..STEPS {
        if !bury(ctx, &tenant).await? {
            break;
        }
    }
    for _ in 0..STEPS {
        if !erase(ctx, &tenant).await? {
            break;
        }
    }
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    garbage::forget(&mut tx).await?;
    tx.commit_staging().await
}

/// Lists some objects and marks those that nobody needs.
async fn mark(ctx: &Ctx, tenant: &authz::Tenant) -> Result<()> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    let after = garbage::cursor(&mut tx).await?;
    tx.finish().await?;
    let listed = ctx.app().store.list(tenant.id(), after.as_deref(), LIST).await?;
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    for parts in listed.parts.chunks(LOOKED_UP) {
        garbage::mark(&mut tx, parts).await?;
    }
    garbage::cursor_set(&mut tx, listed.last.as_deref()).await?;
    tx.commit_staging().await
}

/// Looks again at some files whose objects were marked a day ago; says whether
/// there may be more.
async fn bury(ctx: &Ctx, tenant: &authz::Tenant) -> Result<bool> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    let Some(due) = due(&mut tx, tenant, garbage::Step::Marked).await? else {
        tx.finish().await?;
        return Ok(false);
    };
    let mut given_up = Buried::default();
    for blob in due {
        // Nobody sends, completes or names the file until this is over.
        queries::blob_lock(&mut tx, blob).await?;
        garbage::blob_row_lock(&mut tx, blob).await?;
        let looked = garbage::marked(&mut tx, blob).await?;
        let of = |fate| looked.iter().filter(move |marked| marked.fate() == fate);
        given_up.add(garbage::bury(&mut tx, blob, of(Fate::Bury)).await?);
        garbage::keep(&mut tx, blob, of(Fate::Keep)).await?;
        garbage::wait(&mut tx, blob, of(Fate::Wait)).await?;
    }
    let Buried { files, objects, bytes } = given_up;
    if objects == 0 {
        tx.commit_staging().await?;
    } else {
        tx.commit(&Event::BlobsCollected { files, objects, bytes }).await?;
    }
    Ok(true)
}

/// Erases buried objects of some files from the store; says whether there may
/// be more. One that the store does not let go of keeps no other back.
async fn erase(ctx: &Ctx, tenant: &authz::Tenant) -> Result<bool> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    let due = due(&mut tx, tenant, garbage::Step::Buried).await?;
    tx.finish().await?;
    let Some(blobs) = due else { return Ok(false) };
    let mut outcome = Ok(true);
    for blob in blobs {
        if let Err(error) = erase_file(ctx, tenant, blob).await {
            outcome = Err(error);
        }
    }
    outcome
}

async fn erase_file(ctx: &Ctx, tenant: &authz::Tenant, blob: [u8; 32]) -> Result<()> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    holds::lock_in_tx(&mut tx).await?;
    if holds::in_force_in_tx(&mut tx, tenant).await?.everything {
        return tx.finish().await;
    }
    queries::blob_lock(&mut tx, blob).await?;
    for (number, part) in garbage::buried(&mut tx, blob).await? {
        let key = PartKey { tenant: tenant.id(), blob, number, part };
        ctx.app().store.delete(&key).await?;
        garbage::erased(&mut tx, &key).await?;
    }
    tx.commit_staging().await
}

/// The files that a step is due for, with holds kept waiting; `None` where
/// there are none, or a hold on the tenant stops it.
async fn due(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    step: garbage::Step,
) -> Result<Option<Vec<[u8; 32]>>> {
    holds::lock_in_tx(tx).await?;
    if holds::in_force_in_tx(tx, tenant).await?.everything {
        return Ok(None);
    }
    let blobs = garbage::due(tx, step).await?;
    Ok((!blobs.is_empty()).then_some(blobs))
}
