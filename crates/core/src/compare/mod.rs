//! Versions side by side. What differs is decided in `types::compare`.

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use crate::{attestations, versions};
use weighhouse_types::compare::{Comparison, Side, compare, versions_asked};
use weighhouse_types::permission::Action;

/// Compares two to five versions of a tenant, of any models, with the first.
///
/// # Errors
/// When one of them is not there, or they are too few or too many.
pub async fn version_compare(ctx: &Ctx, tenant: &str, asked: &[String], all: bool) -> Result<Comparison> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let references = versions_asked(tenant.slug(), asked).map_err(|e| Error::invalid("version", e))?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handles = authz::versions(&mut tx, &references).await?;
    let found = versions::summaries_of(&mut tx, &handles).await?;
    let mut sides = Vec::with_capacity(found.len());
    for ((summary, context), handle) in found.into_iter().zip(&handles) {
        let evaluations = attestations::results_in_tx(&mut tx, handle, &context).await?;
        sides.push(Side { summary, context, evaluations });
    }
    tx.finish().await?;
    Ok(compare(sides, all))
}
