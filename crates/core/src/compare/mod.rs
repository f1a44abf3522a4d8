//! Versions side by side. What differs is decided in `types::compare`.

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use crate::versions;
use serde_json::Value;
use weighhouse_types::compare::{Comparison, Side, compare, evaluations, versions_asked};
use weighhouse_types::permission::Action;
use weighhouse_types::versions::VersionSummary;

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
    tx.finish().await?;
    Ok(compare(found.into_iter().map(side).collect(), all))
}

fn side((summary, context): (VersionSummary, Value)) -> Side {
    Side { evaluations: evaluations(context.get("evaluation")), summary, context }
}
